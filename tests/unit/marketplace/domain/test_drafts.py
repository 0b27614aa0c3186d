"""An unfinished form is read as far as it goes."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain import drafts
from marketplace.domain.errors import FieldError, InvalidInput
from marketplace.domain.fx import FxRates
from marketplace.domain.requirements import parse_requirement
from marketplace.domain.terms import RequirementTerms

DAY = date(2026, 11, 24)
WHOLE = {
    "product_forms": "INGOT",
    "volume_t": "500",
    "max_ci": "4.000",
    "boundary": "SMELTER_S1S2",
    "max_premium": "25",
    "delivery_region": "EU",
    "window_start": "2026-12-01",
    "window_end": "2027-01-31",
}
NEUTRAL = {
    **{name: {name: value} for name, value in WHOLE.items()},
    "max_ci": {"max_ci": "25.000", "per_lot_cap_ci": ""},
}


def read(raw: Mapping[str, object]) -> RequirementTerms:
    return parse_requirement(raw, as_of=DAY, fx=FxRates({}))


def test_a_finished_form_is_read_as_it_is() -> None:
    draft = drafts.as_far_as(read, WHOLE, NEUTRAL)

    assert (draft.terms, draft.refused) == (read(WHOLE), ())


def test_what_is_refused_counts_as_if_it_were_not_there() -> None:
    raw = {**WHOLE, "volume_t": "", "tolerance_pct": "12", "min_renewable_pct": "75"}

    draft = drafts.as_far_as(read, raw, NEUTRAL)

    assert draft.hindered == {"volume_t", "tolerance_pct"}
    assert [one.code for one in draft.refused] == ["required", "out_of_range"]
    assert draft.terms == read({**WHOLE, "min_renewable_pct": "75"})


def test_a_stand_in_may_replace_what_belongs_to_it() -> None:
    """Without its limit a cap would be below the one that stands in."""
    raw = {**WHOLE, "ci_basis": "PORTFOLIO_AVERAGE", "max_ci": "", "per_lot_cap_ci": "4.250"}

    draft = drafts.as_far_as(read, raw, NEUTRAL)

    assert draft.hindered == {"max_ci"}
    assert (draft.terms.max_ci_milli, draft.terms.per_lot_cap_milli) == (25_000, None)


def test_what_no_stand_in_mends_is_refused() -> None:
    def never(raw: Mapping[str, object]) -> None:
        raise InvalidInput([FieldError("one", "", "wrong", "Never.")])

    with pytest.raises(InvalidInput):
        drafts.as_far_as(never, {}, {})


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), st.text(max_size=12)))
def test_any_text_leaves_something_to_read(typed: dict[str, str]) -> None:
    draft = drafts.as_far_as(read, {**WHOLE, **typed}, NEUTRAL)

    assert draft.hindered <= set(typed) | {"window_end"}
