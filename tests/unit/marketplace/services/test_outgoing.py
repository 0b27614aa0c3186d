"""Calls to foreign addresses: judged where they connect, and over by their deadline."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from marketplace.services import outgoing
from tests.factories.listeners import Listener, listening, slowly
from tests.figures import attack

pytestmark = attack("C8")

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def post(url: str, seconds: float = 5) -> outgoing.Answer:
    return outgoing.post(url, body=b"{}", headers={"x-told": "1"}, seconds=seconds)


def test_the_loopback_hears_nothing(listener: Listener) -> None:
    port = listener.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"):  # noqa: S104
        answer = post(f"http://{host}:{port}")
        assert answer.status is None, host
        assert answer.error.startswith(("refused", "no connection")), host
    assert listener.heard == []


def test_a_name_that_changes_its_address_is_judged_where_it_connects(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server says a public address first and the loopback afterwards."""
    asked: list[str] = []
    plain = socket.getaddrinfo

    def rebinding(host: str, port: int, *args: Any, **named: Any) -> Any:
        asked.append(host)
        return plain("127.0.0.1" if len(asked) > 1 else "192.0.2.1", port, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    port = listener.url.rpartition(":")[2]
    for _each in range(3):
        assert post(f"http://rebound.example:{port}").error == "refused: not a public address"
    assert listener.heard == []


def test_one_forbidden_address_among_public_ones_forbids_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def several(_host: str, port: int, *_args: Any, **_named: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    found = ["8.8.8.8", "10.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", several)
    assert post("https://mixed.example/").error == "refused: not a public address"


def test_an_allowed_network_is_called_and_redirects_are_not_followed(
    listener: Listener, settings: Any
) -> None:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    listener.will(302, Location=listener.url)
    answer = post(listener.url)
    assert (answer.status, answer.is_good) == (302, False)
    (heard,) = listener.heard
    assert heard.headers["x-told"] == "1"
    assert heard.body == b"{}"


def test_seconds_to_wait_are_read_and_dates_are_not(listener: Listener, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    listener.will(503, Retry_After="120")
    assert post(listener.url).retry_after == 120
    listener.will(503, Retry_After="Fri, 27 Nov 2026 00:00:00 GMT")
    assert post(listener.url).retry_after is None


def test_who_does_not_answer_is_left(listener: Listener, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    listener.first = slowly(3)
    began = time.monotonic()
    assert post(listener.url, seconds=0.5).error == "no answer within 0.5 s"
    assert time.monotonic() - began < 2


def test_who_sends_a_byte_now_and_then_is_left_as_well(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    with dripping() as url:
        began = time.monotonic()
        assert post(url, seconds=1).error == "no answer within 1 s"
        assert time.monotonic() - began < 3


def test_who_drips_through_the_handshake_of_tls_too(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    with dripping(b"\x16\x03\x03\x40\x00") as url:
        began = time.monotonic()
        answer = post(url.replace("http:", "https:"), seconds=1)
        assert answer.error == "no answer within 1 s"
        assert time.monotonic() - began < 3


def test_nobody_there_is_said(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").error.startswith("no connection")


def test_a_large_answer_is_not_read_to_its_end(listener: Listener, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    listener.will(200, Content_Length=str(10**9))
    began = time.monotonic()
    post(listener.url, seconds=1)
    assert time.monotonic() - began < 3


@contextmanager
def dripping(start: bytes = b"HTTP/1.1 200 OK\r\nX: ") -> Iterator[str]:
    """A server that never comes to an end."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)

    def drip() -> None:
        connection, _address = server.accept()
        with connection:
            try:
                connection.sendall(start)
                while not over.wait(0.2):
                    connection.sendall(b"a")
            except OSError:
                return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        over.set()
        thread.join()
        server.close()
