"""A lot's columns: what is read exactly, what is refused, and in which words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import InvalidInput
from marketplace.domain.fields import thousandths
from marketplace.domain.fx import FxRates
from marketplace.domain.lots import parse_lot
from marketplace.domain.terms import LotTerms
from marketplace.domain.vocabulary import Boundary, EnergySource, PremiumUnit, Region
from tests.factories.columns import LOT

AS_OF = date(2026, 11, 24)
FX = FxRates({"EUR": (Decimal("1.085"), AS_OF)})


def parsed(**columns: Any) -> LotTerms:
    return parse_lot({**LOT, **columns}, as_of=AS_OF, fx=FX)


def refused(**columns: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parsed(**columns)
    for error in caught.value.errors:
        assert str(error), error
        assert "{" not in str(error), error
    return {error.field: error.code for error in caught.value.errors}


def test_an_ordinary_lot_becomes_exact_numbers() -> None:
    terms = parsed(
        quantity_t="1450.125",
        energy_source="hydro",
        renewable_pct="99.5",
        delivery_regions="EU | cn",
        listed_at="2026-11-20T08:00:00+08:00",
        cn_code="7601 10 90",
        al_pct="99.70",
    )
    assert terms.quantity_kg == 1_450_125
    assert terms.carbon_milli == {Boundary.SMELTER_S1S2: 3_200}
    assert (terms.ask_premium, terms.premium_unit) == (Decimal("20.00"), PremiumUnit.USD_T)
    assert (terms.energy_source, terms.renewable_centi_pct) == (EnergySource.HYDRO, 9_950)
    assert terms.delivery_regions == {Region.EU, Region.CN}
    assert terms.listed_at == datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    assert (terms.cn_code, terms.al_centi_pct, terms.warnings) == ("76011090", 9_970, ())


def test_without_a_region_a_lot_goes_anywhere() -> None:
    assert parsed().delivery_regions == {Region.GLOBAL}


BAD: list[tuple[str, Any, str]] = [
    # Scenario 9 of the trade.
    ("ci_smelter_s1s2", "3200", "out_of_range"),
    ("ci_smelter_s1s2", "0", "out_of_range"),
    ("ci_smelter_s1s2", "-1", "out_of_range"),
    ("ci_smelter_s1s2", "NaN", "not_a_number"),
    ("ci_smelter_s1s2", "4,0", "not_a_number"),
    ("ci_smelter_s1s2", "", "carbon_needed"),
    ("quantity_t", "0", "out_of_range"),
    ("quantity_t", "-5", "out_of_range"),
    ("quantity_t", "1e12", "out_of_range"),
    ("quantity_t", "1e29", "out_of_range"),
    ("quantity_t", "9" * 29, "out_of_range"),
    ("quantity_t", "1e-22", "too_many_decimals"),
    ("quantity_t", "1e-400", "out_of_range"),
    ("ask_premium", "2600", "premium_out_of_range"),
    ("window_end", "2026-12-31", "window_unordered"),
    ("al_pct", "99.50", "below_grade"),
    # Scenario 3: nothing is rounded.
    ("ci_smelter_s1s2", "3.9996", "too_many_decimals"),
    ("quantity_t", "500.0001", "too_many_decimals"),
    ("ask_premium", "20.005", "too_many_decimals"),
    # Scenario 8: wire rod is not 7601.
    ("quantity_t", "Infinity", "not_a_number"),
    ("quantity_t", "1e400", "out_of_range"),
    ("quantity_t", True, "not_a_number"),
    ("quantity_t", "", "required"),
    ("quantity_t", "٣", "not_a_number"),
    ("product_form", "", "required"),
    ("product_form", "SPONGE", "unknown_code"),
    ("grade", "", "required"),
    ("grade", "x" * 51, "too_long"),
    ("brand", "two\nlines", "control_character"),
    ("origin_country", "", "required"),
    ("origin_country", "XX", "unknown_country"),
    ("delivery_regions", "EU|MOON", "unknown_code"),
    ("window_start", "", "required"),
    ("window_start", "01.02.2027", "not_a_date"),
    ("window_end", "2032-02-01", "window_too_long"),
    ("ask_premium", "-50.01", "premium_out_of_range"),
    ("premium_unit", "BTC_T", "unknown_code"),
    ("offsets_used", "maybe", "not_yes_or_no"),
    ("renewable_pct", "100.01", "out_of_range"),
    ("min_take_t", "501", "above_quantity"),
    ("ci_year", "1999", "out_of_range"),
    ("ci_year", "2027", "out_of_range"),
    ("listed_at", "2026-11-25T00:00:00Z", "in_future"),
    ("listed_at", "yesterday", "not_a_time"),
    ("cn_code", "76", "not_a_cn_code"),
    ("cn_code", "7601 20 40", "wrong_cn_code"),
    ("kolour", "green", "unknown_column"),
]


@pytest.mark.parametrize(("column", "value", "code"), BAD)
def test_a_bad_value_is_refused_at_its_column(column: str, value: Any, code: str) -> None:
    assert refused(**{column: value}) == {column: code}


def test_every_broken_rule_is_told_at_once() -> None:
    found = refused(quantity_t="0", ci_smelter_s1s2="3200", window_end="2026-01-01")
    assert set(found) == {"quantity_t", "ci_smelter_s1s2", "window_end"}


def test_recycled_content_is_at_most_the_whole() -> None:
    assert refused(recycled_pre_pct="60", recycled_post_pct="55") == {
        "recycled_post_pct": "recycled_above_whole"
    }
    assert parsed(recycled_pre_pct="60", recycled_post_pct="40").recycled_post_centi_pct == 4_000


def test_wire_rod_is_no_7601() -> None:
    assert refused(product_form="WIRE_ROD", grade="1350", cn_code="76011090") == {
        "cn_code": "wrong_cn_code"
    }
    assert parsed(product_form="WIRE_ROD", grade="1350", cn_code="7605").cn_code == "7605"


def test_boundaries_of_one_metal_do_not_contradict_each_other() -> None:
    assert refused(ci_cradle_to_gate="3.100") == {"ci_cradle_to_gate": "boundaries_contradict"}
    assert refused(ci_cbam_direct="3.300") == {"ci_smelter_s1s2": "boundaries_contradict"}
    assert parsed(ci_cradle_to_gate="5.2", ci_cbam_direct="1.6").carbon_milli == {
        Boundary.SMELTER_S1S2: 3_200,
        Boundary.CRADLE_TO_GATE: 5_200,
        Boundary.CBAM_DIRECT: 1_600,
    }


def test_cbam_alone_is_no_carbon_statement() -> None:
    assert refused(ci_smelter_s1s2="", ci_cbam_direct="1.6") == {"ci_smelter_s1s2": "carbon_needed"}


def test_what_is_unusual_is_a_warning() -> None:
    assert len(parsed(ask_premium="200.01").warnings) == 1
    assert len(parsed(ci_smelter_s1s2="1.299").warnings) == 1
    assert parsed(ci_smelter_s1s2="1.299", recycled_post_pct="50").warnings == ()


def test_a_premium_is_bounded_in_usd_where_a_rate_tells() -> None:
    assert refused(ask_premium="950", premium_unit="EUR_T") == {
        "ask_premium": "premium_out_of_range"
    }
    assert parsed(ask_premium="950", premium_unit="CNY_T").ask_premium == 950
    assert refused(ask_premium="100001", premium_unit="CNY_T") == {
        "ask_premium": "premium_out_of_range"
    }


@given(st.dictionaries(st.sampled_from([*LOT, "al_pct", "cn_code"]), st.text(max_size=30)))
def test_no_text_crashes_the_parser(columns: dict[str, str]) -> None:
    try:
        parsed(**columns)
    except InvalidInput as error:
        assert error.errors


@given(st.integers(1, 500_000_000))
def test_every_kilogram_is_read_exactly(kilograms: int) -> None:
    assert parsed(quantity_t=str(Decimal(kilograms) / 1000)).quantity_kg == kilograms


def test_a_refused_list_is_repeated_as_a_list() -> None:
    with pytest.raises(InvalidInput) as caught:
        parsed(delivery_regions=["EU", "MOON"])
    assert [(one.field, one.value) for one in caught.value.errors] == [
        ("delivery_regions", "EU|MOON")
    ]


def test_dates_of_a_spreadsheet_are_read_as_dates() -> None:
    day = date(2026, 12, 1)
    assert parsed(window_start=day).window_start == day


def test_a_smallest_portion_is_read_and_may_be_the_whole_lot() -> None:
    assert parsed().min_take_kg == 0
    assert parsed(min_take_t="500").min_take_kg == 500_000
    assert refused(quantity_t="x", min_take_t="500") == {"quantity_t": "not_a_number"}
    assert refused(origin_country="") == {"origin_country": "required"}


def test_kilograms_read_as_tonnes_exactly() -> None:
    assert [thousandths(kg) for kg in (0, 1, 999, 400_125)] == [
        "0.000",
        "0.001",
        "0.999",
        "400.125",
    ]


def test_a_reporting_year_is_a_year() -> None:
    assert parsed(ci_year="2025").ci_year == 2025
    assert refused(ci_year="20255") == {"ci_year": "out_of_range"}
