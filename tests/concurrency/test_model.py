"""Any order of steps, against a small model of the market that knows only arithmetic."""

from collections import Counter
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from marketplace.domain.errors import DomainError
from marketplace.models import Certificate, Lot, Proposal, Requirement
from marketplace.services import certificates, lots, proposals, requirements
from tests.concurrency.conftest import NOW, Market
from tests.concurrency.model import Firm, Offer, Wish
from tests.factories import market as made
from tests.factories.offers import books_balance
from tests.figures import LONG, Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)

CERTIFIED = 100
HOURS = 48
# Small amounts leave room for many, large ones hit the limits.
tonnes = st.integers(1, 15) | st.integers(1, 60)
which = st.integers(0, 9)


class Trading(RuleBasedStateMachine):
    """Each rule takes a step in the database and in the model; both must say the same."""

    market: Market
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.market, self.now = Market(certified=str(CERTIFIED)), NOW
        self.certificate, self.verified = self.market.certificate, True
        self.lots: list[Lot] = []
        self.wanted: list[Requirement] = []
        self.opened: list[Proposal] = []
        self.offers: list[Offer] = []
        self.wishes: list[Wish] = []
        self.firm: list[Firm] = []

    def teardown(self) -> None:
        Trading.reached.update(one.state for one in self.firm)
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def drawn(self) -> int:
        return sum(one.sold if one.state == "WITHDRAWN" else one.quantity for one in self.offers)

    def taken(self, possible: bool, step: Any) -> Any:
        """Take the step: it must succeed exactly when the model says that it may."""
        try:
            done = step()
        except DomainError as refused:
            assert not possible, f"refused: {refused}"
            return None
        assert possible, "was not refused"
        return done

    @initialize()
    def begin(self) -> None:
        """Something to trade, so that short runs see more than refusals."""
        for size in (20, 30):
            self.post_lot(size)
            self.post_requirement(size)
            self.match(len(self.lots) - 1, len(self.wanted) - 1, size)
        self.agree(0)

    @rule(size=tonnes)
    def post_lot(self, size: int) -> None:
        lot = self.taken(
            self.verified and self.drawn() + size <= CERTIFIED,
            lambda: self.market.lot(size, now=self.now),
        )
        if lot is not None:
            self.lots.append(lot)
            self.offers.append(Offer(size))

    @rule(size=tonnes)
    def post_requirement(self, size: int) -> None:
        self.wanted.append(self.market.requirement(size))
        self.wishes.append(Wish(size))

    @rule(at=which, size=tonnes)
    def edit_lot(self, at: int, size: int) -> None:
        """Any edit withdraws what is proposed on the lot, and opens a paused one again."""
        at %= len(self.lots)
        offer, key = self.offers[at], self.lots[at].public_id
        raw = made.lot_values(self.certificate, today=self.now.date(), quantity_t=str(size))
        same = offer.quantity == size and offer.state != "PAUSED"
        fits = offer.sold <= size and self.drawn() - offer.quantity + size <= CERTIFIED
        possible = self.verified and offer.state != "WITHDRAWN" and (same or fits)
        edited = self.taken(
            possible,
            lambda: lots.edit(
                by=self.market.producer.actor, public_id=key, raw=raw, version=None, now=self.now
            ),
        )
        if edited is None or same:
            return
        self.end(lambda one: one.lot == at, "WITHDRAWN")
        offer.quantity, offer.expiries = size, 0
        offer.state = "OPEN" if size > offer.sold else "CLOSED"

    @rule(at=which)
    def withdraw_lot(self, at: int) -> None:
        at %= len(self.lots)
        offer, key = self.offers[at], self.lots[at].public_id
        done = self.taken(
            offer.state in ("OPEN", "PAUSED"),
            lambda: lots.withdraw(by=self.market.producer.actor, public_id=key, now=self.now),
        )
        if done is not None:
            self.end(lambda one: one.lot == at, "WITHDRAWN")
            offer.state = "WITHDRAWN"

    @rule(at=which)
    def withdraw_requirement(self, at: int) -> None:
        at %= len(self.wanted)
        wish, key = self.wishes[at], self.wanted[at].public_id
        done = self.taken(
            wish.state in ("OPEN", "PAUSED"),
            lambda: requirements.withdraw(by=self.market.buyer.actor, public_id=key, now=self.now),
        )
        if done is not None:
            self.end(lambda one: one.wish == at, "WITHDRAWN")
            wish.state = "WITHDRAWN"

    @rule(lot=which, wish=which, size=tonnes)
    def match(self, lot: int, wish: int, size: int) -> None:
        lot, wish = lot % len(self.lots), wish % len(self.wanted)
        offer, wanted = self.offers[lot], self.wishes[wish]
        possible = (
            self.verified
            and offer.state == wanted.state == "OPEN"
            and size <= offer.left
            and size <= wanted.volume - wanted.reserved - wanted.bought
        )
        self.lots[lot].refresh_from_db()
        self.wanted[wish].refresh_from_db()
        why = self.market.open_one(self.lots[lot], self.wanted[wish], size, now=self.now)
        assert (why == "") == possible, why
        if possible:
            self.opened.append(Proposal.objects.order_by("-pk")[0])
            self.firm.append(Firm(lot, wish, size, self.now + timedelta(hours=HOURS)))
            offer.reserved += size
            wanted.reserved += size

    @rule(at=which, producer=st.booleans())
    def accept(self, at: int, producer: bool) -> None:
        at %= len(self.firm)
        one = self.firm[at]
        answered = one.producer if producer else one.buyer
        side = self.market.producer if producer else self.market.buyer
        done = self.taken(
            one.state == "PROPOSED" and not answered and one.until > self.now and self.verified,
            lambda: proposals.accept(
                by=side.actor, public_id=self.opened[at].public_id, now=self.now
            ),
        )
        if done is None:
            return
        offer, wish = self.offers[one.lot], self.wishes[one.wish]
        if producer:
            one.producer, offer.expiries = True, 0
        else:
            one.buyer, wish.expiries = True, 0
        if one.producer and one.buyer:
            one.state = "DEAL"
            offer.reserved, offer.sold = offer.reserved - one.tonnes, offer.sold + one.tonnes
            wish.reserved, wish.bought = wish.reserved - one.tonnes, wish.bought + one.tonnes
            offer.state = "CLOSED" if offer.sold == offer.quantity else offer.state
            wish.state = "CLOSED" if wish.bought == wish.volume else wish.state

    @rule(at=which)
    def agree(self, at: int) -> None:
        """Both sides, one after the other: deals are too rare by chance alone."""
        for producer in (True, False):
            self.accept(at, producer)

    @rule(at=which, producer=st.booleans())
    def decline(self, at: int, producer: bool) -> None:
        at %= len(self.firm)
        one = self.firm[at]
        answered = one.producer if producer else one.buyer
        side = self.market.producer if producer else self.market.buyer
        done = self.taken(
            one.state == "PROPOSED" and not answered and one.until > self.now,
            lambda: proposals.decline(
                by=side.actor, public_id=self.opened[at].public_id, reason="No", now=self.now
            ),
        )
        if done is not None:
            self.end(lambda other: other is one, "DECLINED")

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        """The clock goes on, and the sweep passes."""
        self.now += timedelta(hours=hours)
        proposals.expire_due(now=self.now)
        late = [one for one in self.firm if one.state == "PROPOSED" and one.until <= self.now]
        for one in late:
            sides: list[tuple[Offer | Wish, bool]] = [
                (self.offers[one.lot], one.producer),
                (self.wishes[one.wish], one.buyer),
            ]
            for listing, answered in sides:
                listing.expiries += not answered
                if listing.expiries >= 3 and listing.state == "OPEN":
                    listing.state = "PAUSED"
            self.end(lambda other, one=one: other is one, "EXPIRED")

    @rule()
    def revoke(self) -> None:
        done = self.taken(
            self.verified,
            lambda: certificates.revoke(
                public_id=self.certificate.public_id,
                by=self.market.admin,
                reason="Forged",
                now=self.now,
            ),
        )
        if done is not None:
            self.verified = False
            self.end(lambda one: True, "WITHDRAWN")

    def end(self, whose: Any, state: str) -> None:
        for one in self.firm:
            if one.state == "PROPOSED" and whose(one):
                one.state = state
                self.offers[one.lot].reserved -= one.tonnes
                self.wishes[one.wish].reserved -= one.tonnes

    @invariant()
    def both_say_the_same(self) -> None:
        for lot, offer in zip(self.lots, self.offers, strict=True):
            lot.refresh_from_db()
            assert (lot.quantity_kg, lot.reserved_kg, lot.sold_kg, lot.state) == (
                offer.quantity * 1_000, offer.reserved * 1_000, offer.sold * 1_000, offer.state
            )  # fmt: skip
            assert lot.available_kg == offer.left * 1_000
        for wanted, wish in zip(self.wanted, self.wishes, strict=True):
            wanted.refresh_from_db()
            assert (wanted.reserved_kg, wanted.bought_kg, wanted.state) == (
                wish.reserved * 1_000, wish.bought * 1_000, wish.state
            )  # fmt: skip
        for opened, one in zip(self.opened, self.firm, strict=True):
            opened.refresh_from_db(fields=["state"])
            assert opened.state == one.state
        certificate = Certificate.objects.get(pk=self.certificate.pk)
        assert certificate.allocated_kg == self.drawn() * 1_000


@attack("A9")
def test_the_market_does_what_its_model_does(market: Market, figures: Figures) -> None:
    examples, steps = times(8, 2_000 if LONG else 300), times(25, 50)

    class Checked(Trading):
        def teardown(self) -> None:
            books_balance()
            super().teardown()

    run_state_machine_as_test(
        Checked,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Trading.reached.keys() >= {"DEAL", "WITHDRAWN"}
    figures.say(
        f"hypothesis: {examples} runs x {steps} steps of post, edit, withdraw, match, accept, "
        "decline, wait, revoke against a model",
        "0 divergences, the ledger reconciles after each run",
        "proposals that ended as "
        + ", ".join(f"{state} {count}" for state, count in sorted(Trading.reached.items())),
    )
