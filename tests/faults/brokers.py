"""A Redis of a test's own, which may be stopped, started, frozen and emptied."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from devtools.redis import binary


class Broker:
    def __init__(self, folder: Path) -> None:
        self._socket, self._folder = folder / "redis.sock", folder
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def start(self) -> None:
        command = [binary(), "--port", "0", "--unixsocket", str(self._socket)]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < until, "Redis did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._server is not None:
            self.thaw()
            self._server.terminate()
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """It still accepts connections (the kernel does), and never answers."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def broker() -> Iterator[Broker]:
    # A socket's path has at most 107 bytes: pytest's own folders are longer.
    folder = Path(tempfile.mkdtemp(prefix="gpmr"))
    found = Broker(folder)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)
