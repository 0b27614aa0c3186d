"""Rounds and bundles: what is contracted and what is open bound what the next round may match."""

import pytest

from marketplace.models import Deal, Lot, Proposal, Requirement
from marketplace.services import lots, proposals
from matching import snapshots
from tests.factories import market as made
from tests.integration.matching.conftest import Clock, World, ask

pytestmark = pytest.mark.django_db(transaction=True)


def accepted(world: World, *, by_producer: int) -> None:
    """The buyer accepts the open bundle, the producer its first lots."""
    members = list(Proposal.objects.filter(state="PROPOSED").order_by("lot_id"))
    now = world.clock()
    proposals.accept(by=world.buyer.actor, public_id=members[0].public_id, now=now)
    for one in members[:by_producer]:
        proposals.accept(by=world.producer.actor, public_id=one.public_id, now=now)


def row(requirement: Requirement, clock: Clock) -> tuple[int, int]:
    seen = snapshots.take(now=clock()).market.requirements
    (found,) = (one for one in seen if one.key == snapshots.key(requirement.pk))
    return found.contracted_kg, found.allowance


def test_the_worked_example_comes_as_one_bundle(world: World, clock: Clock) -> None:
    """domain.md, scenario 4."""
    world.lot(quantity_t="600", ci_smelter_s1s2="3.600")
    world.lot(quantity_t="400", ci_smelter_s1s2="4.500", ask_premium="10")
    world.requirement(volume_t="1000", ci_basis="PORTFOLIO_AVERAGE")
    ask(clock)
    assert Proposal.objects.values("bundle").distinct().count() == 1
    assert sorted(Proposal.objects.values_list("quantity_kg", flat=True)) == [400_000, 600_000]
    accepted(world, by_producer=2)
    assert Deal.objects.count() == 2


def test_what_is_contracted_below_the_limit_may_be_used_later(world: World, clock: Clock) -> None:
    world.lot(quantity_t="600", ci_smelter_s1s2="3.600")
    wanted = world.requirement(volume_t="1000", ci_basis="PORTFOLIO_AVERAGE")
    ask(clock)
    accepted(world, by_producer=1)
    assert row(wanted, clock) == (600_000, 240_000_000)

    world.lot(quantity_t="300", ci_smelter_s1s2="4.500")
    clock.forward(seconds=10)
    ask(clock)

    newest = Proposal.objects.latest("pk")
    assert (newest.state, newest.quantity_kg, newest.ci_milli) == ("PROPOSED", 300_000, 4_500)
    assert row(wanted, clock) == (600_000, 90_000_000)


def test_an_open_bundle_of_all_or_nothing_is_settled_first(world: World, clock: Clock) -> None:
    world.lot(quantity_t="990")
    wanted = world.requirement(volume_t="1000", partial_ok="no", tolerance_pct="2")
    ask(clock)
    assert Proposal.objects.get().quantity_kg == 990_000
    assert snapshots.take(now=clock()).requirements == {}
    accepted(world, by_producer=1)
    wanted.refresh_from_db()
    assert wanted.state == "CLOSED"


def lot_again(world: World, lot: Lot, **raw: object) -> None:
    values = made.lot_values(world.certificate, today=world.clock().date(), **raw)
    key = lot.public_id
    lots.edit(by=world.producer.actor, public_id=key, raw=values, version=None, now=world.clock())


def refused(clock: Clock) -> bool:
    return bool(snapshots.take(now=clock()).market.blocked_pairs)


@pytest.mark.parametrize(
    ("changes", "apart"),
    [
        ({"ask_premium": "19"}, False),
        ({"ask_premium": "19", "ci_smelter_s1s2": "3.201"}, True),
        ({"ask_premium": "20", "ci_smelter_s1s2": "3.199"}, False),
        ({"ask_premium": "20.01", "ci_smelter_s1s2": "3.199"}, True),
        ({"ask_premium": "0.5", "premium_unit": "USC_LB"}, True),
        ({"ask_premium": "19", "ci_smelter_s1s2": "", "ci_cradle_to_gate": "3.100"}, True),
        ({"brand": "Anew"}, True),
    ],
)
def test_for_a_buyer_who_declined_a_pair_comes_back_when_it_is_better(
    world: World, clock: Clock, changes: dict[str, object], apart: bool
) -> None:
    lot = world.lot()
    world.requirement()
    ask(clock)
    key = Proposal.objects.get().public_id
    proposals.decline(by=world.buyer.actor, public_id=key, reason="Too dear", now=clock())
    assert refused(clock)
    lot_again(world, lot, **changes)
    assert refused(clock) is apart


@pytest.mark.parametrize(("ask_premium", "apart"), [("21", False), ("20", True), ("19", True)])
def test_for_a_producer_who_declined_a_higher_ask_is_better(
    world: World, clock: Clock, ask_premium: str, apart: bool
) -> None:
    lot = world.lot()
    world.requirement()
    ask(clock)
    key = Proposal.objects.get().public_id
    proposals.decline(by=world.producer.actor, public_id=key, reason="Too cheap", now=clock())
    lot_again(world, lot, ask_premium=ask_premium, brand="Anew")
    assert refused(clock) is apart


def test_a_decline_is_forgotten_after_the_days_of_the_settings(world: World, clock: Clock) -> None:
    world.lot()
    world.requirement()
    ask(clock)
    key = Proposal.objects.get().public_id
    proposals.decline(by=world.buyer.actor, public_id=key, reason="Too dear", now=clock())
    clock.forward(days=13, hours=23)
    assert refused(clock)
    clock.forward(hours=1)
    assert not refused(clock)
