"""A system that talks to the API with a key of its own."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from marketplace.models import Organisation, User
from marketplace.services import keys
from tests.factories.market import Trader


def key_of(trader: Trader) -> str:
    """A new key of the trader's, in plain text."""
    return keys.issue(user=trader.user, organisation=trader.organisation, now=timezone.now())


class Caller:
    """Sends JSON with its key; ``send`` takes the body as text, for bodies that are not JSON."""

    def __init__(self, user: User | None = None, organisation: Organisation | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            key = keys.issue(user=user, organisation=organisation, now=timezone.now())
            self.headers["Authorization"] = f"Bearer {key}"

    @classmethod
    def of(cls, trader: Trader) -> "Caller":
        return cls(trader.user, trader.organisation)

    def send(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            body,
            content_type="application/json",
            headers={**self.headers, **named},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, json.dumps(body or {}), **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PUT", path, json.dumps(body), **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, json.dumps(body), **headers)
