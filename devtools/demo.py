"""`dev.py run`: the marketplace as production runs it, with a demo market, until Ctrl-C."""

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from devtools import servers
from devtools.children import Child
from devtools.environment import PYTHON, ROOT, SetupError

DATA = ROOT / ".data"
RUNNING = DATA / "running.json"
HOST, DEFAULT_PORT, PORTS_TO_TRY = "127.0.0.1", 8000, 20
READY_SECONDS = 60


def run() -> int:
    with surroundings() as found:
        if RUNNING.exists():
            raise SetupError(
                "The marketplace is running already: see the terminal it was started in."
            )
        try:
            with served(found) as children:
                announce(found)
                watch(children)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
    return 0


@contextmanager
def address() -> Iterator[str]:
    """Where the demo answers; it is started for as long as this lasts unless `run` has it up."""
    with surroundings() as found:
        if RUNNING.exists():
            yield found["SITE_URL"]
            return
        with served(found):
            print(manage(found, "wait_for_round"), end="")
            yield found["SITE_URL"]


@contextmanager
def served(found: dict[str, str]) -> Iterator[list[Child]]:
    """Web server, worker and beat; ``found`` gets the address."""
    port = free_port()
    found["SITE_URL"] = f"http://{HOST}:{port}"
    RUNNING.write_text(json.dumps(found))
    try:
        prepare(found)
        with ExitStack() as stack:
            children = start(found, port, stack)
            wait_until_ready(children, port)
            yield children
    finally:
        RUNNING.unlink(missing_ok=True)


@contextmanager
def surroundings() -> Iterator[dict[str, str]]:
    """The environment of the demo: its servers, started here unless `run` has them up already."""
    DATA.mkdir(exist_ok=True)
    with (DATA / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield _of_the_running_one()
            return
        RUNNING.unlink(missing_ok=True)
        with servers.running(DATA / "postgres") as addresses:
            yield addresses | _settings()


def _of_the_running_one() -> dict[str, str]:
    for _attempt in range(50):
        if RUNNING.exists():
            return dict(json.loads(RUNNING.read_text()))
        time.sleep(0.1)
    raise SetupError("Another dev.py command is using .data: wait until it ends.")


def _settings() -> dict[str, str]:
    key = DATA / "secret-key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(50))
    return {
        "SECRET_KEY": key.read_text(),
        "HTTPS": "0",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "STATIC_ROOT": str(DATA / "static"),
        "MEDIA_ROOT": str(DATA / "media"),
        # People who look at a demo do not wait ten seconds for a sweep.
        "OUTBOX_SWEEP_SECONDS": "3",
        "DEMO": "1",
    }


def free_port() -> int:
    """PORT when it is free, else an error; without PORT the first free one from 8000 on."""
    named = os.environ.get("PORT")
    if named is not None:
        if not named.isdigit() or not 0 < int(named) < 65536:
            raise SetupError(f"PORT={named} is not a port: a number from 1 to 65535.")
        if not _is_free(int(named)):
            raise SetupError(
                f"Port {named} is taken by another program: name another with PORT=..."
            )
        return int(named)
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY):
        if _is_free(port):
            if port != DEFAULT_PORT:
                print(f"Port {DEFAULT_PORT} is taken by another program: using {port}.")
            return port
    raise SetupError(f"No free port from {DEFAULT_PORT} on: name one with PORT=...")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def prepare(found: dict[str, str], *options: str) -> None:
    """Migrate as the owner, then everything else as the application's role."""
    owner = {**found, "DATABASE_URL": found["DATABASE_OWNER_URL"]}
    print("Preparing the database ...", flush=True)
    manage(owner, "migrate", "--no-input")
    manage(owner, "grant_app_role")
    manage(found, "collectstatic", "--no-input")
    print("Loading the demo market ...", flush=True)
    manage(found, "load_demo", *options)


def manage(found: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [PYTHON, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **found},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"`manage.py {' '.join(arguments)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def start(found: dict[str, str], port: int, stack: ExitStack) -> list[Child]:
    """Web server, worker and beat, each a process of its own as in production."""
    celery = [PYTHON, "-m", "celery", "-A", "marketplace"]
    commands: dict[str, list[object]] = {
        "web": [
            PYTHON, "-m", "gunicorn", "marketplace.wsgi", "--bind", f"{HOST}:{port}",
            "--workers", "2", "--threads", "4",
        ],
        "worker": [*celery, "worker", "--loglevel=INFO", "--concurrency=2"],
        "beat": [*celery, "beat", "--loglevel=INFO", f"--schedule={DATA / 'beat'}", "--pidfile="],
    }  # fmt: skip
    logs = DATA / "logs"
    logs.mkdir(exist_ok=True)
    children = []
    for name, command in commands.items():
        log = logs / f"{name}.log"
        log.write_bytes(b"")
        environment = {**os.environ, **found}
        child = Child(name, command, log, ending=signal.SIGTERM, cwd=ROOT, env=environment)
        stack.callback(child.stop)
        children.append(child)
    return children


def wait_until_ready(children: list[Child], port: int) -> None:
    """Ready means: the pages answer, and a worker has been heard of."""
    print("Starting web server, worker and beat ...", flush=True)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        _end_if_one_died(children)
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    tails = "\n".join(f"--- {child.name}\n{child.tail()}" for child in children)
    raise SetupError(f"Not ready after {READY_SECONDS} s:\n{tails}")


def announce(found: dict[str, str]) -> None:
    print("Waiting for the first matching round ...", flush=True)
    print(manage(found, "wait_for_round"), end="")
    site = found["SITE_URL"]
    print(f"\nThe marketplace is at {site}/ (admin: {site}/admin/)\n")
    print(manage(found, "load_demo", "--logins"))
    print(f"Logs are in {DATA / 'logs'}, data in {DATA}. Ctrl-C stops everything.", flush=True)


def watch(children: list[Child]) -> None:
    while True:
        _end_if_one_died(children)
        time.sleep(0.5)


def _end_if_one_died(children: list[Child]) -> None:
    for child in children:
        if not child.is_running:
            raise child.died()
