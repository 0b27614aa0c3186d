"""Systems that call at a steady pace, whatever becomes of their calls (an open loop)."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from django.utils import timezone

from marketplace.models import Certificate
from tests.factories import market as made
from tests.factories.api import key_of
from tests.factories.market import Trader

LISTS = ("product_forms", "grades", "certificates", "delivery_regions")


@dataclass(frozen=True)
class Call:
    """Status 0: no answer at all, and why. Seconds from when the call was due."""

    status: int
    seconds: float
    retry_after: str | None = None
    failure: str = ""


@dataclass
class System:
    """A trader's system: posts lots or requirements over HTTP with its key."""

    address: str
    trader: Trader
    certificate: Certificate | None = None
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=f"{self.address}/api/v1/",
            headers={"Authorization": f"Bearer {key_of(self.trader)}"},
            timeout=30,
        )

    def __enter__(self) -> "System":
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.close()

    def post_lot(self, **raw: object) -> httpx.Response:
        assert self.certificate is not None
        values = made.lot_values(self.certificate, today=timezone.now().date(), **raw)
        return self.client.post("lots", json=body(values))

    def post_requirement(self, key: str | None = None, **raw: object) -> httpx.Response:
        values = made.requirement_values(today=timezone.now().date(), **raw)
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post("requirements", json=body(values), headers=headers)

    def accept(self, proposal: str) -> httpx.Response:
        return self.client.post(f"proposals/{proposal}/accept", json={})

    def decline(self, proposal: str) -> httpx.Response:
        return self.client.post(f"proposals/{proposal}/decline", json={"reason": "Not now"})

    def read(self) -> httpx.Response:
        return self.client.get("proposals")


def body(values: dict[str, object]) -> dict[str, Any]:
    """The raw values of a form as the API's JSON takes them."""
    return {
        name: value.split("|") if name in LISTS and isinstance(value, str) else value
        for name, value in values.items()
    }


def paced(
    calls: Sequence[Callable[[], httpx.Response]], per_second: float, threads: int = 16
) -> list[Call]:
    """Make the calls at their pace; a call that is late because others hang counts as slow."""
    began, answers, guard = time.monotonic(), [], threading.Lock()

    def make(place: int, call: Callable[[], httpx.Response]) -> None:
        due = began + place / per_second
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            found = call()
            told = Call(found.status_code, time.monotonic() - due, found.headers.get("Retry-After"))
        except httpx.HTTPError as error:
            told = Call(0, time.monotonic() - due, failure=type(error).__name__)
        with guard:
            answers.append(told)

    with ThreadPoolExecutor(threads) as pool:
        for place, call in enumerate(calls):
            pool.submit(make, place, call)
    return answers
