"""Events of PACT v3, as CloudEvents: read strictly, answered by one of the same kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from marketplace.domain.footprints import instant, moment

PREFIX, SUFFIX = "org.wbcsd.pact.ProductFootprint.", "Event.3"
CLOUD_EVENTS = "application/cloudevents+json"
LONGEST_ID = 200
NOT_FOUND = {"code": "NotFound", "message": "No footprint that you may read meets the criteria."}


class Kind(StrEnum):
    CREATED = "RequestCreated"
    FULFILLED = "RequestFulfilled"
    REJECTED = "RequestRejected"
    PUBLISHED = "Published"

    @property
    def type(self) -> str:
        return f"{PREFIX}{self.value}{SUFFIX}"


class Unreadable(Exception):
    """Why an event is refused, for its sender to read."""


@dataclass(frozen=True)
class Event:
    kind: Kind
    id: str
    data: Mapping[str, Any]


def read(body: object) -> Event:
    """Raises Unreadable with the first thing that is wrong."""
    if not isinstance(body, dict):
        raise Unreadable("The body has to be a JSON object.")
    kind = next((one for one in Kind if one.type == body.get("type")), None)
    if kind is None:
        raise Unreadable("type is none of the four events of version 3.")
    if body.get("specversion") != "1.0":
        raise Unreadable("specversion has to be 1.0.")
    name = body.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID or not name.isprintable():
        raise Unreadable(f"id has to be a text of up to {LONGEST_ID} characters.")
    if not isinstance(body.get("source"), str) or not body["source"]:
        raise Unreadable("source has to be a text.")
    if moment(body.get("time")) is None:
        raise Unreadable("time has to be an instant such as 2026-11-27T08:00:00Z.")
    data = body.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data has to be an object.")
    _check(kind, data)
    return Event(kind, name, data)


def _check(kind: Kind, data: Mapping[str, Any]) -> None:
    if kind is Kind.PUBLISHED:
        ids = data.get("pfIds")
        if not isinstance(ids, list) or not ids or not all(map(_is_uuid, ids)):
            raise Unreadable("data.pfIds has to be a list of UUIDs.")
    if kind in (Kind.FULFILLED, Kind.REJECTED) and not isinstance(data.get("requestEventId"), str):
        raise Unreadable("data.requestEventId has to name the request.")
    if kind is Kind.FULFILLED and not (isinstance(data.get("pfs"), list) and data["pfs"]):
        raise Unreadable("data.pfs has to be a list with at least one footprint.")
    if kind is Kind.REJECTED and not isinstance(data.get("error"), dict):
        raise Unreadable("data.error has to be an object.")


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def asked(data: Mapping[str, Any]) -> dict[str, list[object]]:
    """The criteria of a request: lists, or single values."""
    return {
        name: value if isinstance(value, list) else [value]
        for name, value in data.items()
        if value is not None
    }


def compose(
    kind: Kind, *, name: str, source: str, data: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        "type": kind.type,
        "specversion": "1.0",
        "id": name,
        "source": source,
        "time": instant(now),
        "data": data,
    }


def answer(request_id: str, footprints: Sequence[Mapping[str, Any]]) -> tuple[Kind, dict[str, Any]]:
    """The one answer to a request: what was found, or that nothing was."""
    if footprints:
        return Kind.FULFILLED, {"requestEventId": request_id, "pfs": list(footprints)}
    return Kind.REJECTED, {"requestEventId": request_id, "error": NOT_FOUND}
