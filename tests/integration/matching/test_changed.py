"""A preview of a requirement with a history: what is bought, open and declined counts for it."""

from typing import Any

import pytest

from marketplace.domain.errors import InvalidInput
from marketplace.models import Proposal, Requirement
from marketplace.services import proposals
from marketplace.services import requirements as services
from matching import previews
from tests.factories import market as made
from tests.integration.matching.conftest import Clock, World, ask

pytestmark = pytest.mark.django_db(transaction=True)

AVERAGE = {"volume_t": "1000", "ci_basis": "PORTFOLIO_AVERAGE"}


def accepted(world: World) -> None:
    for one in Proposal.objects.filter(state="PROPOSED"):
        for by in (world.buyer.actor, world.producer.actor):
            proposals.accept(by=by, public_id=one.public_id, now=world.clock())


def declined(world: World) -> Proposal:
    found = Proposal.objects.get(state="PROPOSED")
    proposals.decline(
        by=world.buyer.actor, public_id=found.public_id, reason="Not today.", now=world.clock()
    )
    return found


def changed(world: World, wanted: Requirement, **raw: object) -> previews.Preview:
    now = world.clock()
    wanted.refresh_from_db()
    values = made.requirement_values(today=now.date(), **raw)
    return previews.drafted(by=world.buyer.actor, raw=values, now=now, instead_of=wanted)


def of_posted(world: World, wanted: Requirement) -> previews.Preview | None:
    return previews.of_posted(by=world.buyer.actor, public_id=wanted.public_id, now=world.clock())


def test_what_is_bought_is_not_looked_for_again(world: World, clock: Clock) -> None:
    """300 t are bought of 1,000: a lot sold in 800 t only is too large for the other 700."""
    world.lot(quantity_t="300")
    wanted = world.requirement(volume_t="1000")
    ask(clock)
    accepted(world)
    world.lot(quantity_t="900", min_take_t="800")

    seen = changed(world, wanted, volume_t="1000")

    assert (seen.wanted.volume_kg, seen.wanted.contracted_kg) == (700_000, 300_000)
    (cost,) = seen.findings.costs
    assert (cost.code, cost.changes[0].words) == ("MIN_TAKE", "with 100 t more volume")
    assert changed(world, wanted, volume_t="1100").findings.fitting.kg == 900_000
    with pytest.raises(InvalidInput, match="bought already"):
        changed(world, wanted, volume_t="300")


def test_what_is_bought_below_the_average_leaves_room_as_in_a_round(
    world: World, clock: Clock
) -> None:
    """600 t at 3.600 are bought: 300 t at 4.500 keep an average of 4.000, before the round opens
    them, and of a form that would change it to 3.700 they do not.
    """
    world.lot(quantity_t="600", ci_smelter_s1s2="3.600")
    wanted = world.requirement(**AVERAGE)
    ask(clock)
    accepted(world)
    world.lot(quantity_t="300", ci_smelter_s1s2="4.500")

    def kept(seen: previews.Preview | None) -> int:
        assert seen is not None and seen.findings.reach is not None
        return seen.findings.reach.kg

    assert kept(of_posted(world, wanted)) == 300_000
    assert kept(changed(world, wanted, **AVERAGE)) == 300_000
    assert kept(changed(world, wanted, **AVERAGE, max_ci="3.700")) == 75_000
    other = changed(world, wanted, **AVERAGE, boundary="CRADLE_TO_GATE")
    assert other.wanted.allowance == 0, "no boundary counts for another"
    clock.forward(seconds=10)
    ask(clock)
    assert Proposal.objects.latest("pk").quantity_kg == 300_000


def test_open_proposals_are_not_counted_and_that_is_said(world: World, clock: Clock) -> None:
    world.lot(quantity_t="300")
    wanted = world.requirement(volume_t="1000")
    ask(clock)

    seen = changed(world, wanted, volume_t="1000")

    assert (seen.held_kg, seen.findings.fitting.kg, seen.wanted.volume_kg) == (
        300_000, 0, 1_000_000,
    )  # fmt: skip


@pytest.mark.parametrize("state", ["OPEN", "PAUSED"])
def test_what_was_declined_stays_apart_and_is_counted(
    world: World, clock: Clock, state: str
) -> None:
    world.lot(quantity_t="300")
    wanted = world.requirement(volume_t="1000")
    ask(clock)
    declined(world)
    Requirement.objects.update(state=state)

    for seen in (of_posted(world, wanted), changed(world, wanted, volume_t="900")):
        assert seen is not None
        assert (seen.findings.fitting.lots, seen.findings.apart) == (0, 1)


def test_what_was_cancelled_comes_back_with_a_change(world: World, clock: Clock) -> None:
    world.lot(quantity_t="300")
    wanted = world.requirement(volume_t="1000")
    ask(clock)
    proposals.cancel(
        public_id=Proposal.objects.get().public_id, by=world.admin, reason="A test.", now=clock()
    )

    posted, other = of_posted(world, wanted), changed(world, wanted, volume_t="900")

    assert posted is not None
    assert (posted.findings.fitting.lots, posted.findings.apart) == (0, 1)
    assert (other.findings.fitting.lots, other.findings.apart) == (1, 0)


def test_the_whole_or_nothing_waits_for_its_open_bundle(world: World, clock: Clock) -> None:
    world.lot(quantity_t="990")
    wanted = world.requirement(volume_t="1000", partial_ok="no", tolerance_pct="2")
    ask(clock)

    assert of_posted(world, wanted) is None


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"max_ci": "3.000"},
        {"volume_t": "1200"},
        {"max_premium": "15"},
        {"volume_t": "1200", "partial_ok": "no"},
        {"volume_t": "1500", "partial_ok": "no"},
        {"ci_basis": "PORTFOLIO_AVERAGE", "max_ci": "3.700", "volume_t": "1400"},
        {"min_lot_t": "350"},
        {"window_start": "2020-01-01", "window_end": "2020-02-01"},
        {"required_schemes": "CGMC_GREEN_POWER|EPD"},
    ],
)
def test_what_the_preview_says_is_what_the_next_round_does(
    world: World, clock: Clock, raw: dict[str, Any]
) -> None:
    world.lot(quantity_t="300", ci_smelter_s1s2="2.000", ask_premium="24")
    world.lot(quantity_t="400", ci_smelter_s1s2="3.900", ask_premium="12", min_take_t="100")
    world.lot(quantity_t="700", ci_smelter_s1s2="3.600")
    world.lot(quantity_t="900", ci_smelter_s1s2="3.600", ask_premium="26")
    now = clock()
    values = made.requirement_values(today=now.date(), **{"volume_t": "2000", **raw})
    said = previews.drafted(by=world.buyer.actor, raw=values, now=now)

    services.post(by=world.buyer.actor, raw=values, now=now)
    ask(clock)

    got = sum(Proposal.objects.values_list("quantity_kg", flat=True))
    assert got == expected(said)


def expected(said: previews.Preview) -> int:
    found = said.findings
    assert found.fitting.within is not None
    if found.short_of_kg:
        return 0
    if found.reach_within is not None:
        return found.reach_within.kg
    return min(said.wanted.volume_kg, found.fitting.within.kg)
