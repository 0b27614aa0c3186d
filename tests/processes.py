"""Worker and web server as processes of their own, on the tests' database and Redis."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from devtools.children import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
# The tests' own process runs the engine's kernels plain; these run them as production does.
COMPILED = {"NUMBA_DISABLE_JIT": "0"}
QUICK = {"OUTBOX_SWEEP_SECONDS": "1", "HEARTBEAT_SECONDS": "1", "ROUND_LEASE_SECONDS": "3"}


class Process:
    """One process group; ``kill`` is a SIGKILL of all of it, as a lost machine would be."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process, self._log = process, log

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def signal(self, number: int) -> None:
        """To the main process alone, as a supervisor or an operator sends it."""
        if self.is_running:
            self.process.send_signal(number)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def running(
    *options: str, beat: bool = True, environment: dict[str, str] | None = None, **more: str
) -> Iterator[Process]:
    """A worker that takes over, sweeps and beats within seconds, so that tests need not wait.

    With DOOM in its environment it kills itself at that moment: see tests/faults/doomed.py.
    """
    environment = {**(environment or {}), **more}
    with tempfile.TemporaryDirectory(prefix="gpmw") as folder:
        command = [*_python(environment), "celery", "-A", "marketplace", "worker"]
        command += ["--concurrency=2", "--loglevel=INFO", *options]
        command += ["--beat", f"--schedule={folder}/beat"] if beat else []
        with _started(command, Path(folder) / "worker.log", {**QUICK, **environment}) as worker:
            yield worker


@contextmanager
def site(**environment: str) -> Iterator[str]:
    """The web server that production runs; yields its address once it answers."""
    with served(tls=None, **environment) as (address, _web):
        yield address


@contextmanager
def served(*, tls: Path | None = None, **environment: str) -> Iterator[tuple[str, Process]]:
    """The web server's address and its process. ``tls``: certificate and key in one file."""
    port = _free_port()
    address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="gpmw") as folder:
        command = [*_python(environment), "gunicorn", "marketplace.wsgi", "--threads=8"]
        command += ["--bind", f"127.0.0.1:{port}"]
        command += [f"--certfile={tls}", f"--keyfile={tls}"] if tls else []
        with _started(command, Path(folder) / "web.log", environment) as web:
            wait_for(lambda: _answers(f"{address}/healthz", tls), worker=web)
            yield address, web


def _python(environment: dict[str, str]) -> list[str]:
    doomed = ["tests.faults.doomed"] if "DOOM" in environment else []
    return [sys.executable, "-m", *doomed]


def unmeasured() -> dict[str, str]:
    """The environment without what would have a process measure its coverage: they start faster."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


@contextmanager
def _started(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[Process]:
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**unmeasured(), **_addresses(), **COMPILED, **environment},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            # A run that is stopped leaves no server behind.
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
    found = Process(process, log)
    try:
        yield found
    finally:
        found.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str, tls: Path | None) -> bool:
    trust = ssl.create_default_context(cafile=tls) if tls else None
    try:
        with urllib.request.urlopen(address, timeout=2, context=trust):
            return True
    except OSError:
        return False


def wait_for(
    what: Callable[[], object], *, seconds: float = 30, worker: Process | None = None
) -> None:
    """Return when ``what`` is true; fail with the worker's log when it does not come true."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen in {seconds} s\n{worker.log if worker else ''}")
        time.sleep(0.05)


def _addresses() -> dict[str, str]:
    database = connection.settings_dict
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    user, password = database["USER"], database["PASSWORD"]
    login = f"{user}:{quote(password)}" if password else user
    port = f"&port={database['PORT']}" if database["PORT"] else ""
    return {
        "DATABASE_URL": f"postgres://{login}@/{database['NAME']}?host={quote(host)}{port}",
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "EMAIL_URL": "dummymail://",
    }
