"""A buyer's comparison: which deals, which tonnes, which year, against which baseline."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from marketplace.domain.comparison import Total
from marketplace.models import CarbonBaseline
from marketplace.selectors import comparisons
from marketplace.services import cancellations
from tests.factories import market as made
from tests.factories import parameters
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NEXT_YEAR: dict[str, Any] = {"window_start": "2027-01-10", "window_end": "2027-03-10"}


@pytest.fixture
def pair() -> Pair:
    parameters.seed()
    return Pair(NOW)


def bought(pair: Pair, tonnes: int = 300, **raw: object) -> Any:
    lot = pair.lot(**raw)
    return pair.deal(tonnes, lot=lot, wanted=pair.requirement(**raw))


def test_shipped_tonnes_in_their_year_else_contracted_ones_in_that_of_the_window(
    pair: Pair,
) -> None:
    shipped = pair.deliver(bought(pair), "299.5")
    above = pair.deliver(bought(pair), "303")
    planned = bought(pair, **NEXT_YEAR)
    rows = comparisons.purchases(pair.buyer.actor)
    told = [(one.number, one.year, one.is_delivered, one.compared.metal.kg) for one in rows]
    assert told == [
        (planned.number, 2027, False, 300_000),
        (above.number, 2026, True, 300_000),
        (shipped.number, 2026, True, 299_500),
    ]
    assert comparisons.totals(rows) == [
        Total(2027, "SMELTER_S1S2", 1, 300_000, 2_190_000, 0),
        Total(2026, "SMELTER_S1S2", 2, 599_500, 4_376_350, 0),
    ]
    found = type(shipped).objects.get(pk=shipped.pk)
    assert comparisons.of_deal(found) == rows[2].compared
    proposed = comparisons.of_proposal(planned.proposal)
    assert proposed.difference_kg == 2_190_000


def test_boundaries_stay_apart(pair: Pair) -> None:
    bought(pair)
    cradle: dict[str, object] = {"boundary": "CRADLE_TO_GATE"}
    wanted = pair.requirement(max_ci="9.000", **cradle)
    lot = pair.lot(ci_cradle_to_gate="6.000")
    pair.deal(100, lot=lot, wanted=wanted)
    found = comparisons.totals(comparisons.purchases(pair.buyer.actor))
    assert [(one.year, one.boundary, one.count) for one in found] == [
        (2026, "CRADLE_TO_GATE", 1),
        (2026, "SMELTER_S1S2", 1),
    ]


def test_cancelled_deals_and_those_of_others_are_no_part_of_it(pair: Pair) -> None:
    deal = bought(pair)
    stranger = made.trader(side="buyer", by=pair.admin, now=NOW)
    assert comparisons.purchases(stranger.actor) == []
    assert comparisons.purchases(pair.producer.actor) == []
    cancellations.decide(by=pair.admin, public_id=deal.public_id, reason="Fraud", now=NOW)
    assert comparisons.purchases(pair.buyer.actor) == []


def test_the_baseline_of_the_deals_day_stays_when_a_new_one_comes(pair: Pair) -> None:
    bought(pair)

    def read() -> tuple[int | None, int]:
        (total,) = comparisons.totals(comparisons.purchases(pair.buyer.actor))
        return total.difference_kg, total.without_baseline

    before = read()
    later = CarbonBaseline.objects.get(boundary="SMELTER_S1S2")
    later.pk, later.valid_from, later.ci_milli = None, date(2026, 11, 25), 9_000
    later.save()
    assert read() == before == (2_190_000, 0)
    CarbonBaseline.objects.filter(valid_from=date(2026, 1, 1)).delete()
    assert read() == (0, 1)


def test_two_queries_whatever_the_number_of_deals(
    pair: Pair, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        bought(pair)
    with django_assert_num_queries(2):
        assert len(comparisons.purchases(pair.buyer.actor)) == 3
