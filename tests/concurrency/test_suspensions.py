"""An organisation is suspended while a round opens proposals of it: none of them stays open."""

import threading
from collections import Counter
from collections.abc import Iterable
from functools import partial

import pytest

from marketplace.models import Lot, Proposal, Requirement
from marketplace.services import bundles, locks, organisations
from tests.concurrency.conftest import NOW, Market
from tests.factories.races import at_once
from tests.figures import Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)


def suspend(market: Market) -> str:
    organisations.suspend(
        public_id=market.buyer.organisation.public_id, by=market.admin, reason="Audit", now=NOW
    )
    return "suspended"


def race(market: Market, lot: Lot, wanted: Requirement) -> str:
    """How the round's proposal ended: never opened (why), or in which state."""
    told, _suspended = at_once(
        [partial(market.open_one, lot, wanted, 10), partial(suspend, market)]
    )
    found = Proposal.objects.filter(lot=lot).first()
    return found.state if found else str(told)


@attack("A4")
def test_a_round_and_a_suspension_at_once(market: Market, figures: Figures) -> None:
    rounds, ended = times(10, 500), Counter[str]()
    for _round in range(rounds):
        ended[race(market, market.lot(10), market.requirement(10))] += 1
        organisations.reinstate(
            public_id=market.buyer.organisation.public_id, by=market.admin, now=NOW
        )
    assert set(ended) <= {"ORGANISATION_NOT_TRADING", "WITHDRAWN"}, ended
    figures.say(
        f"a round opens proposals of an organisation while it is suspended x {rounds}",
        ", ".join(f"{count} {state}" for state, count in sorted(ended.items())),
    )


@attack("A4")
def test_control_without_the_hold_a_proposal_of_a_suspended_one_stays_open(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round reads who trades, then the suspension looks for proposals and finds none."""
    has_read, is_suspended = threading.Event(), threading.Event()
    unbacked = bundles.unbacked_lots

    def slowly(*arguments: object) -> set[int]:
        has_read.set()
        is_suspended.wait(10)
        return unbacked(*arguments)  # type: ignore[arg-type]

    def suspended_between() -> None:
        has_read.wait(10)
        suspend(market)
        is_suspended.set()

    def nobody(_pks: Iterable[int]) -> None:
        """The lock that is taken away."""

    lot, wanted = market.lot(10), market.requirement(10)
    monkeypatch.setattr(locks, "hold_organisations", nobody)
    monkeypatch.setattr(bundles, "unbacked_lots", slowly)
    at_once([partial(market.open_one, lot, wanted, 10), suspended_between])
    assert Proposal.objects.get(lot=lot).state == "PROPOSED"
