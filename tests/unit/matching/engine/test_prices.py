"""Marginal premiums by carbon: the worked example, monotone, and true when a lot is added."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given

from matching import engine
from matching.engine import Market, PricePoint, Product
from tests.factories.engine import DAY, GATE, SMELTER, lot, market, requirement, worked_example
from tests.strategies import plain_markets

LEVELS = range(500, 7_001, 500)
NEWCOMER = lot("NEW", producer="new", group="new", available_kg=1)


def curve(found: Market, **wanted: object) -> list[PricePoint]:
    asked: dict[str, object] = {"product_form": "INGOT", "grade": "p1020a", "boundary": SMELTER}
    asked |= {"levels_milli": LEVELS} | wanted
    return engine.curve(found, engine.solve(found), **asked)  # type: ignore[arg-type]


def test_the_worked_example_of_the_documentation() -> None:
    found = worked_example()
    clean, middle, dirty = curve(found, levels_milli=[2_000, 4_000, 5_000])
    # Y still wants 50 t at 30 USD; above its limit Z would pay 22; beyond 4.000 nobody takes it.
    assert (clean.lowest_e4, clean.highest_e4) == (300_000, 300_000)
    assert (middle.lowest_e4, middle.highest_e4) == (220_000, 220_000)
    assert (dirty.lowest_e4, dirty.highest_e4, dirty.requirements) == (None, None, 0)
    assert (middle.requirements, middle.buyers, middle.wanted_kg) == (2, 1, 600_000)
    assert (middle.lots, middle.producers, middle.offered_kg) == (2, 1, 800_000)
    assert not middle.indicative


def test_an_even_market_has_an_interval() -> None:
    (point,) = curve(market(lot(), requirement()), levels_milli=[4_000])
    assert (point.lowest_e4, point.highest_e4) == (200_000, 250_000)


def test_others_products_boundaries_and_parties_without_a_rate_are_left_out() -> None:
    found = market(
        lot("A", product_form="SLAB"), lot("B", carbon_milli={GATE: 2_000}), lot("C", ask_e4=None),
        requirement("R1", grades=frozenset({"6060"})), requirement("R2", boundary=GATE),
        requirement("R3", max_premium_e4=None),
    )  # fmt: skip
    (point,) = curve(found, levels_milli=[4_000])
    assert (point.lots, point.requirements, point.highest_e4) == (0, 0, None)


def test_an_average_in_a_searched_part_is_indicative() -> None:
    found = market(
        lot("clean", carbon_milli={SMELTER: 3_600}, available_kg=600_000),
        lot("dirty", carbon_milli={SMELTER: 4_500}, available_kg=900_000, ask_e4=100_000),
        requirement(volume_kg=1_000_000, ci_basis="PORTFOLIO_AVERAGE"),
    )
    clean, dirty = curve(found, levels_milli=[3_000, 5_000])
    assert clean.indicative
    assert clean.highest_e4 is not None and dirty.highest_e4 is not None
    assert clean.highest_e4 > dirty.highest_e4


@given(plain_markets())
def test_premiums_never_rise_with_carbon(found: Market) -> None:
    points = [point for point in curve(found) if point.highest_e4 is not None]
    for cleaner, dirtier in pairwise(points):
        assert (cleaner.highest_e4 or 0) >= (dirtier.highest_e4 or 0)
        assert (cleaner.lowest_e4 or 0) >= (dirtier.lowest_e4 or 0)
    for point in points:
        assert (point.lowest_e4 or 0) <= (point.highest_e4 or 0)


@given(plain_markets(5))
def test_a_kilogram_below_the_interval_sells_and_one_above_does_not(found: Market) -> None:
    for point in curve(found, levels_milli=[2_000, 4_000]):
        if point.lowest_e4 is None or point.highest_e4 is None:
            continue
        for ask, sells in ((point.lowest_e4 - 1, True), (point.highest_e4 + 1, False)):
            newcomer = replace(NEWCOMER, carbon_milli={SMELTER: point.ci_milli}, ask_e4=ask)
            again = engine.solve(Market.build([*found.lots, newcomer], found.requirements, DAY))
            assert any(one.lot == "NEW" for one in again.matches) == sells


def test_curves_tell_of_each_wanted_product_what_its_own_curve_tells() -> None:
    found = worked_example()
    result = engine.solve(found)

    (told,) = engine.curves(found, result).items()

    product, points = told
    assert product == Product("INGOT", "p1020a", SMELTER)
    levels = [point.ci_milli for point in points]
    assert levels == list(range(levels[0], levels[-1] + 1, 500))
    assert points == curve(found, levels_milli=levels)
    assert points[-1].highest_e4 is None and points[-2].highest_e4 is not None


def test_any_grade_is_every_grade_on_offer_and_the_most_wanted_are_told() -> None:
    """41 products of 1 to 41 t: the one with the least is left out; any grade wants them all."""
    lots = [
        lot(f"L{place}", grade=f"g{place:02d}", carbon_milli={SMELTER: 3_000, GATE: 6_000})
        for place in range(1, 42)
    ]
    named = [
        requirement(f"R{place}", grades=frozenset({f"g{place:02d}"}), volume_kg=place * 1_000)
        for place in range(1, 42)
    ]
    found = market(*lots, *named, requirement("ANY", grades=frozenset(), volume_kg=500))

    told = engine.curves(found, engine.solve(found))

    assert list(told) == [Product("INGOT", f"g{place:02d}", SMELTER) for place in range(2, 42)]
    assert all(points[0].wanted_kg == 500 + int(product.grade[1:]) * 1_000
               for product, points in told.items())  # fmt: skip


def test_nothing_wanted_is_no_curve() -> None:
    found = market(lot())
    assert engine.curves(found, engine.solve(found)) == {}
