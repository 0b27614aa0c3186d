"""A partner's system on the loopback: it gives out tokens, and keeps the events that it hears."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.factories.listeners import serving


@dataclass
class Partner:
    """``statuses``: of answers to events, taken one by one, the last one for ever."""

    url: str = ""
    token: object = "a-token"
    statuses: list[int] = field(default_factory=lambda: [200])
    asked: list[dict[str, str]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def partner() -> Iterator[Partner]:
    found = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.asked.append({"path": self.path, **headers})
            if self.path == "/auth/token":
                return self.answer(200, json.dumps({"access_token": found.token}).encode())
            found.heard.append(json.loads(body))
            status = found.statuses.pop(0) if len(found.statuses) > 1 else found.statuses[0]
            return self.answer(status, b"")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Tests read ``heard``."""

    with serving(Handler) as found.url:
        yield found
