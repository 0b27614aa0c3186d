"""A requirement's columns: what is read exactly, what is refused, and in which words."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import InvalidInput
from marketplace.domain.fx import FxRates
from marketplace.domain.requirements import parse_requirement
from marketplace.domain.terms import RequirementTerms
from marketplace.domain.vocabulary import CarbonBasis, ProductForm, Scheme, SchemesRule
from tests.factories.columns import REQUIREMENT

AS_OF = date(2026, 11, 24)


def parsed(**columns: Any) -> RequirementTerms:
    return parse_requirement({**REQUIREMENT, **columns}, as_of=AS_OF, fx=FxRates({}))


def refused(**columns: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parsed(**columns)
    assert all("{" not in str(error) for error in caught.value.errors)
    return {error.field: error.code for error in caught.value.errors}


def test_an_ordinary_requirement_becomes_exact_numbers() -> None:
    terms = parsed(
        grades="P1020A|Al99.70|P1020A",
        required_schemes=["ASI_COC", "EPD"],
        schemes_rule="any",
        internal_carbon_price="87.5",
        allowed_origins="cn|NO",
        tolerance_pct="2",
        verified_ci_only=True,
    )
    assert terms.product_forms == {ProductForm.INGOT, ProductForm.SOW}
    assert terms.grades == ("P1020A", "Al99.70")
    assert (terms.volume_kg, terms.max_ci_milli) == (500_000, 4_000)
    assert terms.required_schemes == {Scheme.ASI_COC, Scheme.EPD}
    assert terms.schemes_rule == SchemesRule.ANY
    assert terms.internal_carbon_price == Decimal("87.5")
    assert terms.allowed_origins == {"CN", "NO"}
    assert (terms.verified_ci_only, terms.accept_offsets) == (True, False)
    assert terms.ci_basis == CarbonBasis.PER_LOT


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("product_forms", "", "required"),
        ("product_forms", "INGOT|SPONGE", "unknown_code"),
        ("volume_t", "0", "out_of_range"),
        ("max_ci", "", "required"),
        ("max_ci", "4000", "out_of_range"),
        ("boundary", "", "required"),
        ("boundary", "CBAM_DIRECT", "not_comparable_boundary"),
        ("max_premium", "2600", "premium_out_of_range"),
        ("delivery_region", "", "required"),
        ("window_end", "2026-12-01", "window_unordered"),
        ("grades", "x" * 51, "too_long"),
        ("internal_carbon_price", "501", "out_of_range"),
        ("internal_carbon_price", "5.55", "too_many_decimals"),
        ("tolerance_pct", "11", "out_of_range"),
        ("allowed_origins", "CN|XX", "unknown_country"),
        ("per_lot_cap_ci", "4.5", "cap_without_average"),
        ("budget", "1", "unknown_column"),
    ],
)
def test_a_bad_value_is_refused_at_its_column(column: str, value: Any, code: str) -> None:
    assert refused(**{column: value}) == {column: code}


def test_a_cap_per_lot_is_not_below_the_average() -> None:
    found = refused(ci_basis="PORTFOLIO_AVERAGE", per_lot_cap_ci="3.999")
    assert found["per_lot_cap_ci"] == "cap_below_limit"
    terms = parsed(ci_basis="PORTFOLIO_AVERAGE", per_lot_cap_ci="4.250")
    assert terms.per_lot_cap_milli == 4_250


def test_a_country_may_stand_in_both_lists() -> None:
    terms = parsed(allowed_origins="CN|NO", excluded_origins="CN")
    assert terms.excluded_origins == {"CN"}


@given(st.dictionaries(st.sampled_from([*REQUIREMENT, "grades"]), st.text(max_size=30)))
def test_no_text_crashes_the_parser(columns: dict[str, str]) -> None:
    try:
        parsed(**columns)
    except InvalidInput as error:
        assert error.errors
