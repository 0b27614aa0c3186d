"""Calls to addresses that others gave us: public internet only, checked where they connect.

A name is resolved once, every address it leads to is judged, and the connection goes to a judged
address: no later answer of a name server counts (no DNS rebinding). Redirects are not followed.
The whole call ends by a deadline, also when the other side sends a byte now and then.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpcore
from django.conf import settings

from marketplace.domain import webhooks

MOST_READ = 16_384


@dataclass(frozen=True)
class Answer:
    """``status`` None: there was no answer, and ``error`` says why, without the other's words.

    ``body``: its beginning, for a caller that asked for a token; never logged and never kept.
    """

    status: int | None
    error: str = ""
    retry_after: int | None = None
    body: bytes = field(default=b"", repr=False)

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Refused(httpcore.ConnectError):
    """The name leads to where nothing is sent."""


def post(url: str, *, body: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
    """Never raises for what the other side does."""
    ends = time.monotonic() + seconds
    backend = _Guarded()
    watch = threading.Timer(seconds, backend.cut)
    watch.start()
    try:
        return _posted(url, body, headers, backend, seconds)
    except Refused:
        return Answer(None, "refused: not a public address")
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        late = time.monotonic() >= ends or isinstance(error, httpcore.TimeoutException)
        return Answer(None, f"no answer within {seconds:g} s" if late else _kind(error))
    finally:
        watch.cancel()
        backend.close()


def _posted(
    url: str, body: bytes, headers: Mapping[str, str], backend: "_Guarded", seconds: float
) -> Answer:
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    told = list(headers.items())
    with (
        httpcore.ConnectionPool(ssl_context=_trust(), network_backend=backend) as pool,
        pool.stream(
            "POST",
            url,
            headers=told,
            content=body,
            extensions={"timeout": timeouts},
        ) as response,
    ):
        body = _read_some(response)
        wait = _retry_after(response.headers)
        return Answer(response.status, retry_after=wait, body=body)


def _kind(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    names = [type(error).__name__, *([type(cause).__name__] if cause else [])]
    return "no connection: " + ", ".join(dict.fromkeys(names))


def _read_some(response: httpcore.Response) -> bytes:
    """What is larger is cut off with the connection."""
    read = b""
    for chunk in response.iter_stream():
        read += chunk
        if len(read) > MOST_READ:
            break
    return read[:MOST_READ]


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Seconds only; a date is left to our own waits."""
    found = [value for name, value in headers if name.lower() == b"retry-after"]
    text = found[0].strip() if found else b""
    return int(text) if text.isdigit() and len(text) < 7 else None


@cache
def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.OUTGOING_CA_FILE or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Guarded(httpcore.NetworkBackend):
    """Connects to a judged address only. ``cut`` ends the connection from another thread."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()
        self._socket: socket.socket | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._plain.connect_tcp(
            _judged(host, port), port, timeout=timeout, local_address=local_address
        )
        # A duplicate: TLS takes the socket itself away.
        self._socket = stream.get_extra_info("socket").dup()
        return stream

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        raise Refused

    def cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


def _judged(host: str, port: int) -> str:
    """The first address that the name leads to; Refused if any of them may not be called."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("the name is not known") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for text in addresses:
        inside = settings.WEBHOOK_NETWORKS
        if not webhooks.may_be_called(ipaddress.ip_address(text), inside=inside):
            raise Refused
    return addresses[0]
