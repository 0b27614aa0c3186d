"""Every event has its sentence, whatever its params lack."""

from typing import Any

import pytest

from marketplace.domain.vocabulary import Event
from marketplace.models import Notification
from marketplace.selectors import notices

FULL = {
    "tonnes": "1,450.125",
    "product": "INGOT",
    "other": "Harbour Cable",
    "until": "2026-11-27T13:00:00+01:00",
    "how": "EXPIRED",
    "listing": "Lot 12",
    "number": "GPM-2026-000012",
    "why": "A certificate of its lot was revoked.",
    "certificate": "CGMC-0001",
    "state": "REVOKED",
    "what": "SUSPENDED",
    "who": "Lin",
    "name": "Norwegian billet",
    "count": "3",
    "address": "https://erp.example/hooks",
}


def told(event: Event | str, **params: Any) -> str:
    return notices.sentence(Notification(event=str(event), params=params))


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_sentence_from_its_own_params(event: Event) -> None:
    own = {name: FULL[name] for name in notices.PARAMS[event]}

    text = told(event, **own)

    assert text.endswith(".")
    assert not any(mark in text for mark in "{}_")
    assert text != notices.label(event)


@pytest.mark.parametrize("event", Event)
def test_without_params_its_label_or_a_sentence_without_them_stands_there(event: Event) -> None:
    assert "{" not in told(event)
    assert told(event)


@pytest.mark.parametrize(
    ("event", "params", "text"),
    [
        (
            Event.PROPOSAL_ENDED,
            {"tonnes": "400", "other": "Mill", "how": "EXPIRED"},
            "The proposal over 400 t with Mill ended: no answer in time.",
        ),
        (
            Event.DEAL_FLAGGED,
            {"number": "7", "why": "A certificate of its lot was revoked."},
            "Something speaks against deal 7: A certificate of its lot was revoked.",
        ),
        (
            Event.DEAL_CANCELLED,
            {"number": "7", "why": "Wrong\n grade."},
            "Deal 7 is cancelled: Wrong grade.",
        ),
        (Event.DEAL_CANCELLED, {"number": "7", "why": ""}, "Deal 7 is cancelled."),
        (
            Event.CERTIFICATE_DECIDED,
            {"certificate": "C-1", "state": "REFUSED", "why": "No scan"},
            "Certificate C-1: refused. Reason: No scan.",
        ),
        (Event.MARKET_PAUSED, {"what": "TRADING_RESUMED"}, "Trading goes on."),
        (Event.PROPOSAL_ACCEPTED, {"tonnes": "{0.x}", "other": "{}"}, "{} accepted the proposal"),
    ],
)
def test_codes_and_words_read_as_a_trader_writes(
    event: Event, params: dict[str, str], text: str
) -> None:
    assert told(event, **params).startswith(text)


def test_an_instant_is_said_in_utc_and_odd_ones_as_they_are() -> None:
    for until, said in (
        (FULL["until"], "2026-11-27 12:00 UTC"),
        ("2026-11-27T12:00:00", "2026-11-27T12:00:00"),
        ("soon", "soon"),
    ):
        assert told(Event.PROPOSAL_OPENED, **{**FULL, "until": until}).endswith(f"until {said}.")


def test_an_event_of_another_version_does_not_break_the_page() -> None:
    assert told("MOON_LANDED", where="sea") == "MOON_LANDED"
