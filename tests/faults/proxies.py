"""A proxy before PostgreSQL that lets a COMMIT through and loses its answer."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

PORT = "5432"


class Proxy:
    """Armed, it forwards the next COMMIT, waits for PostgreSQL's answer, and hangs up instead."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self._server = folder, server
        self.armed, self.lost = threading.Event(), 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / f".s.PGSQL.{PORT}"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            loses = threading.Event()
            threading.Thread(target=self._up, args=(client, server, loses), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server, loses), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, loses: threading.Event) -> None:
        try:
            while data := client.recv(65536):
                if self.armed.is_set() and data[:1] == b"Q" and b"COMMIT" in data:
                    self.armed.clear()
                    loses.set()
                server.sendall(data)
        except OSError:
            pass
        finally:
            _hang_up(server)

    def _down(self, client: socket.socket, server: socket.socket, loses: threading.Event) -> None:
        try:
            while data := server.recv(65536):
                if loses.is_set():
                    self.lost += 1
                    break
                client.sendall(data)
        except OSError:
            pass
        finally:
            _hang_up(client)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def proxy() -> Iterator[tuple[Proxy, str]]:
    """The proxy, and a DATABASE_URL that goes through it as the application's role."""
    database = connection.settings_dict
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    folder = Path(tempfile.mkdtemp(prefix="gpmp"))
    found = Proxy(folder, f"{host}/.s.PGSQL.{database['PORT'] or PORT}")
    try:
        yield found, f"postgres://{database['USER']}@/{database['NAME']}?host={folder}"
    finally:
        found.close()
        shutil.rmtree(folder, ignore_errors=True)
