"""The commands of dev.py. Each installs what it needs, says what it does, and cleans up."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from devtools import attacks, catalogue, demo, servers
from devtools.environment import PYTHON, ROOT, VENV, SetupError, ensure

REQUIREMENTS, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
KEY_FOR_TESTS = "no secret: only for tests and linters on this machine, more than fifty characters"
GATED = ("matching/engine", "marketplace/domain")
# Workers that tests start run the kernels as production does, and do not wait for a compiler.
COMPILED = {"NUMBA_DISABLE_JIT": "0"}
# On all cores, a file at a time: each process has its own database and its own Redis.
SIDE_BY_SIDE = ["-p", "tests.lanes", "-n", "auto", "--dist", "loadfile"]
BROWSER = "tests/browser"
TOGETHER = [*(f"tests/{name}" for name in ("unit", "integration", "concurrency", "abuse")), BROWSER]
# What counts how many of its requests were disturbed runs alone, the other faults two at a time:
# they wait more than they work.
FAULTS = "tests/faults"
UNDISTURBED = [f"{FAULTS}/test_database.py", f"{FAULTS}/test_load.py"]
OTHER_FAULTS = [FAULTS, *(f"--ignore={file}" for file in UNDISTURBED)]
BEFORE_TESTS: list[list[object]] = [
    [PYTHON, "manage.py", "collectstatic", "--no-input"],
    [PYTHON, "-c", "from matching import engine; engine.warm_up()"],
]


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        return _list()
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"dev.py knows no command {name!r}.", file=sys.stderr)
        _list()
        return 2
    # SIGTERM ends a command as Ctrl-C does: everything it started stops with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return COMMANDS[name](rest)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str]) -> int:
    """start the marketplace with a demo market; Ctrl-C stops it (PORT=8123 moves it)"""
    ensure(*servers.required_files(REQUIREMENTS))
    return demo.run()


def manage(arguments: list[str]) -> int:
    """any command of manage.py, on the database of `run` (whether it is running or not)"""
    ensure(*servers.required_files(REQUIREMENTS))
    with demo.surroundings() as found:
        return _call([PYTHON, "manage.py", *arguments], found)


def test(arguments: list[str]) -> int:
    """run the tests on real PostgreSQL and Redis; arguments go to pytest"""
    ensure(*servers.required_files(DEVELOPMENT))
    with servers.running(None) as urls, tempfile.TemporaryDirectory(prefix="gpm-t-") as folder:
        found = urls | _for_tests(Path(folder))
        if any(_quiet(step, found | COMPILED) for step in BEFORE_TESTS):
            return 1
        if arguments:
            return _call([PYTHON, "-m", "pytest", *arguments], found)
        command = [PYTHON, "-m", "pytest", "--cov", "--cov-report="]
        failed = _call([*command, *SIDE_BY_SIDE, *TOGETHER], found)
        # Without measuring: their servers start faster, and the gates hold without them.
        for more in ([*SIDE_BY_SIDE, *OTHER_FAULTS], UNDISTURBED):
            failed = failed or _call([PYTHON, "-m", "pytest", *more], found)
        return failed or _coverage_gates(found)


def test_browser(arguments: list[str]) -> int:
    """walk through the site as producer, buyer and admin: each language, width and colours"""
    return test([BROWSER, "--every-look", *arguments])


def test_faults(arguments: list[str]) -> int:
    """attack the real parts at full numbers: docs/reliability.md (LETTERS, --resume; B14: 1 h)"""
    return _attack(attacks.FAULTS, arguments)


def test_abuse(arguments: list[str]) -> int:
    """try what may not be read, written or broken: docs/security.md (LETTERS, --resume)"""
    return _attack(attacks.ABUSE, arguments)


def _attack(series: attacks.Series, arguments: list[str]) -> int:
    ensure(*servers.required_files(DEVELOPMENT))

    def pytest(more: Sequence[str], environment: dict[str, str]) -> int:
        with servers.running(None) as urls, _settings_for_tests() as settings:
            found = urls | settings
            if any(_quiet(step, found | COMPILED) for step in BEFORE_TESTS):
                return 1
            return _call([PYTHON, "-m", "pytest", *more], found | environment)

    with tempfile.TemporaryDirectory(prefix="gpm-f-") as folder:
        return attacks.attack_all(series, arguments, pytest, Path(folder))


@contextmanager
def _settings_for_tests() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="gpm-t-") as folder:
        yield _for_tests(Path(folder))


def lint(arguments: list[str]) -> int:
    """style, types, layers, templates, migrations, API schema, deployment settings"""
    ensure(*servers.required_files(DEVELOPMENT))
    with servers.running(None) as urls, tempfile.TemporaryDirectory(prefix="gpm-t-") as folder:
        found = urls | _for_tests(Path(folder))
        schema = Path(folder) / "openapi.yaml"
        steps = _lint_steps(schema)
        # The longest stands first: the others share what it leaves of the machine.
        with ThreadPoolExecutor(max_workers=2) as pool:
            codes = pool.map(lambda name: _step(name, steps[name], found), steps)
            failed = [name for name, code in zip(steps, codes, strict=True) if code]
    if failed:
        print(f"\nlint: {', '.join(failed)} failed", file=sys.stderr)
        return 1
    print("lint: all passed")
    return 0


def bench(arguments: list[str]) -> int:
    """measure the matching engine (ratios within one run; the machine's speed is not the point)"""
    ensure(*servers.required_files(DEVELOPMENT))
    return _call([PYTHON, "-m", "tests.benchmarks", *arguments], {"SECRET_KEY": KEY_FOR_TESTS})


def bench_pages(arguments: list[str]) -> int:
    """measure the list pages on the demo market x 100: queries, server time, bytes (8 min)"""
    return _in_a_demo("tests.benchmarks.pages", "--times=100")


def bench_imports(arguments: list[str]) -> int:
    """measure files of 1,000 to 20,000 lots: check, import, check again"""
    return _in_a_demo("tests.benchmarks.imports")


def _in_a_demo(module: str, *options: str) -> int:
    """Run a benchmark in a database of its own with the demo market."""
    ensure(*servers.required_files(DEVELOPMENT))
    with servers.running(None) as urls, _settings_for_tests() as settings:
        found = urls | settings | {"DEMO": "1"} | COMPILED
        demo.prepare(found, *options)
        return _call([PYTHON, "-m", module], found)


def screens(arguments: list[str]) -> int:
    """take pictures of the demo's main pages into docs/screens (needs Chromium)"""
    ensure(*servers.required_files(DEVELOPMENT))
    with demo.address() as address:
        return _call([PYTHON, "-m", "devtools.screens", address], {})


def messages(arguments: list[str]) -> int:
    """take new texts into the Chinese catalogue and compile it (needs GNU gettext)"""
    ensure(*servers.required_files(REQUIREMENTS))
    return catalogue.renew()


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "test": test,
    "test-browser": test_browser,
    "test-faults": test_faults,
    "test-abuse": test_abuse,
    "lint": lint,
    "bench": bench,
    "bench-pages": bench_pages,
    "bench-imports": bench_imports,
    "screens": screens,
    "messages": messages,
    "manage": manage,
}


def _list() -> int:
    print("python3 dev.py COMMAND\n")
    for name, command in COMMANDS.items():
        print(f"  {name:<13} {command.__doc__}")
    return 0


def _for_tests(folder: Path) -> dict[str, str]:
    return {
        "SECRET_KEY": KEY_FOR_TESTS,
        "HTTPS": "0",
        # Tests sign their staff in without one, but where the second factor is the subject.
        "MFA_REQUIRED": "0",
        # Attacks and soaks ask as fast as they can; the limit is the subject of a test of its own.
        "API_REQUESTS_PER_MINUTE": "1000000",
        # Kernels run as plain Python: measured line by line, nothing compiled for tiny markets.
        "NUMBA_DISABLE_JIT": "1",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }


def _lint_steps(schema: Path) -> dict[str, list[list[object]]]:
    tool = VENV / "bin"
    manage_py: list[object] = [PYTHON, "manage.py"]
    deploy = [*manage_py, "check", "--deploy", "--fail-level=WARNING"]
    return {
        "mypy": [[tool / "mypy"]],
        "ruff": [[tool / "ruff", "check", "."], [tool / "ruff", "format", "--check", "."]],
        "own rules": [[PYTHON, "-m", "devtools.rules"]],
        "bandit": [[tool / "bandit", "-q", "-ll", "-r", "marketplace", "matching"]],
        "import-linter": [[tool / "lint-imports"]],
        "djlint": [[tool / "djlint", "marketplace", "matching", "--check", "--lint", "--quiet"]],
        "missing migrations": [[*manage_py, "makemigrations", "--check", "--dry-run"]],
        "API schema": [
            [*manage_py, "spectacular", "--validate", "--fail-on-warn", "--file", schema],
            ["diff", "-u", "docs/openapi.yaml", schema],
        ],
        "check --deploy": [["env", "HTTPS=1", *deploy]],
    }


def _step(name: str, commands: list[list[object]], found: dict[str, str]) -> int:
    print(f"lint: {name}", flush=True)
    return max(_quiet(command, found) for command in commands)


def _coverage_gates(found: dict[str, str]) -> int:
    """95 % of everything, 100 % of the engine and of the rules; silent when they hold."""
    gates: list[list[object]] = [["--fail-under=95"]]
    gates += [["--fail-under=100", f"--include={package}/*"] for package in GATED]
    return max(
        _quiet([PYTHON, "-m", "coverage", "report", "--skip-covered", *gate], found)
        for gate in gates
    )


def _quiet(command: list[object], found: dict[str, str]) -> int:
    """Run a command that has nothing to say unless it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=_environment(found),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode


def _call(command: list[object], found: dict[str, str]) -> int:
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=ROOT, env=_environment(found), check=False).returncode


def _environment(found: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **found}
