"""A system that listens on the loopback: it keeps what it heard, and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Heard:
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """``answers`` are taken one by one, the last one for ever: a status, or (status, headers)."""

    url: str
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(204, {})])
    heard: list[Heard] = field(default_factory=list)
    # Before each answer, such as a wait.
    first: Callable[[], object] = lambda: None

    def will(self, *statuses: int, **headers: str) -> None:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self.answers = [(status, named) for status in statuses]

    def next(self) -> tuple[int, dict[str, str]]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def listening() -> Iterator[Listener]:
    found = Listener("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            names = {name.lower(): value for name, value in self.headers.items()}
            found.heard.append(Heard(names, self.rfile.read(length)))
            found.first()
            status, headers = found.next()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Tests read ``heard``."""

    with serving(Handler) as address:
        found.url = f"{address}/hooks"
        yield found


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Its address on the loopback; a thread answers each caller."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def slowly(seconds: float, then: Callable[[], object] = bool) -> Callable[[], object]:
    """Wait, and do something."""

    def wait() -> None:
        time.sleep(seconds)
        then()

    return wait
