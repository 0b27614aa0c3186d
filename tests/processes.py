"""A Celery worker with beat as a process of its own, on the tests' database and Redis."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
QUICK = {"OUTBOX_SWEEP_SECONDS": "1", "HEARTBEAT_SECONDS": "1", "ROUND_LEASE_SECONDS": "3"}


class Worker:
    """One worker process group; ``kill`` is a SIGKILL of all of it, as a lost machine would be."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process, self._log = process, log

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
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
def running(**environment: str) -> Iterator[Worker]:
    """A worker that takes over, sweeps and beats within seconds, so that tests need not wait."""
    with tempfile.TemporaryDirectory(prefix="gpmw") as folder:
        log = Path(folder) / "worker.log"
        command = [sys.executable, "-m", "celery", "-A", "marketplace", "worker"]
        command += ["--concurrency=2", "--loglevel=INFO", "--beat", f"--schedule={folder}/beat"]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **QUICK, **_addresses(), **environment},
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        worker = Worker(process, log)
        try:
            yield worker
        finally:
            worker.stop()


def wait_for(
    what: Callable[[], object], *, seconds: float = 30, worker: Worker | None = None
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
    }
