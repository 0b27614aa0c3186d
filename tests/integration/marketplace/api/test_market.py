"""The figures of the market page in JSON, and missed demand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.domain.signals import Signal, monday
from marketplace.models import MarketFigure
from tests.factories import market as made
from tests.factories.api import Caller
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


def figure(kind: Signal, value: int, **more: object) -> None:
    day = monday(timezone.now().date()) - timedelta(weeks=1)
    known = {"boundary": "SMELTER_S1S2", "level_milli": 3_000, "begin": day, "end": day}
    MarketFigure.objects.create(signal=kind.value, value=value, shown_from=day, **(known | more))


def test_the_curve_says_bands_levels_and_weeks(pair: Pair) -> None:
    day = monday(timezone.now().date()) - timedelta(weeks=1)
    figure(Signal.PREMIUM, 20, begin=day - timedelta(weeks=2))
    figure(Signal.SUPPLY, 1_250_000)
    figure(Signal.TONNES, 400_000, boundary="", level_milli=None)
    told = Caller.of(pair.buyer).get("market/curve").json()
    (premium,) = told["premiums"]
    assert (premium["premium_from_usd_t"], premium["premium_below_usd_t"]) == (20, 25)
    assert (premium["ci_from"], premium["ci_below"]) == ("3.000", "4.000")
    (supply,) = told["supply"]
    assert (supply["rounded_t"], supply["end"]) == ("1250.000", day.isoformat())
    assert told["demand"] == []
    assert told["tonnes"][0]["rounded_t"] == "400.000"


def test_another_boundary_is_another_curve_and_no_other_is_known(pair: Pair) -> None:
    figure(Signal.PREMIUM, 20)
    caller = Caller.of(pair.buyer)
    assert caller.get("market/curve?boundary=CRADLE_TO_GATE").json()["premiums"] == []
    wrong = caller.get("market/curve?boundary=CBAM_DIRECT")
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["parameter"] == "boundary"
    assert "SMELTER_S1S2" in wrong.json()["errors"][0]["detail"]


def test_missed_demand_is_told_to_verified_producers_only(pair: Pair) -> None:
    figure(Signal.MISSED, 300_000, band_usd=10)
    (missed,) = Caller.of(pair.producer).get("market/missed").json()["missed"]
    assert (missed["limit_from_usd_t"], missed["limit_below_usd_t"]) == (10, 20)
    assert missed["rounded_t"] == "300.000"
    newcomer = made.trader(side="producer", by=pair.admin, verified=False)
    for trader in (pair.buyer, newcomer):
        assert Caller.of(trader).get("market/missed").status_code == 403
