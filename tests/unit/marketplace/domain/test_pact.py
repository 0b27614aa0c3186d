"""Events of PACT v3: what is one, and what answers it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace.domain.pact import Kind, Unreadable, answer, asked, compose, read

UUID = "079e425a-464f-528d-341d-4a944a1dfd70"


def event(kind: Kind = Kind.CREATED, **more: Any) -> dict[str, Any]:
    found = {
        "type": kind.type, "specversion": "1.0", "id": "e-1", "source": "//partner.example",
        "time": "2026-11-27T08:00:00Z", "data": {"geography": ["CN"]},
    }  # fmt: skip
    return {**found, **more}


SOUND = [
    event(),
    event(Kind.PUBLISHED, data={"pfIds": [UUID]}),
    event(Kind.FULFILLED, data={"requestEventId": "r", "pfs": [{"id": UUID}]}),
    event(Kind.REJECTED, data={"requestEventId": "r", "error": {"code": "NotFound"}}),
]


@pytest.mark.parametrize("body", SOUND, ids=[kind.value for kind in (
    Kind.CREATED, Kind.PUBLISHED, Kind.FULFILLED, Kind.REJECTED)])  # fmt: skip
def test_each_kind_is_read(body: dict[str, Any]) -> None:
    found = read(body)
    assert found.kind.type == body["type"]
    assert (found.id, found.data) == (body["id"], body["data"])


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ([], "object"),
        (event(type="x"), "type"),
        (event(specversion="1"), "specversion"),
        (event(id=""), "id"),
        (event(id="a\n"), "id"),
        (event(source=7), "source"),
        (event(time=None), "time"),
        (event(data=[]), "data"),
        (event(Kind.PUBLISHED, data={"pfIds": [7]}), "pfIds"),
        (event(Kind.PUBLISHED, data={"pfIds": ["no"]}), "pfIds"),
        (event(Kind.FULFILLED, data={"pfs": []}), "requestEventId"),
        (event(Kind.FULFILLED, data={"requestEventId": "r", "pfs": []}), "pfs"),
        (event(Kind.REJECTED, data={"requestEventId": "r"}), "error"),
    ],
)
def test_anything_else_says_what_is_wrong(body: object, word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        read(body)


def test_criteria_of_a_request_are_lists_or_single_values() -> None:
    assert asked({"geography": ["CN"], "status": "Active", "productId": None}) == {
        "geography": ["CN"],
        "status": ["Active"],
    }


def test_what_is_found_fulfils_a_request_and_nothing_rejects_it() -> None:
    kind, data = answer("r", [{"id": UUID}])
    assert (kind, data) == (Kind.FULFILLED, {"requestEventId": "r", "pfs": [{"id": UUID}]})
    kind, data = answer("r", [])
    assert (kind, data["error"]["code"]) == (Kind.REJECTED, "NotFound")
    now = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    made = compose(kind, name="e-2", source="//market.example", data=data, now=now)
    assert read(made).data == data
