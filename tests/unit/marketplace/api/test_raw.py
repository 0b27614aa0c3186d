"""From JSON shapes to raw values."""

import pytest

from marketplace.api.fields import scaled
from marketplace.api.lot_shapes import LotColumns
from marketplace.api.raw import raw_values
from marketplace.api.requirements import RequirementColumns
from marketplace.domain.errors import InvalidInput


def test_values_keep_their_text_and_lists_stay_lists() -> None:
    body = {"quantity_t": "500.000", "offsets_used": False, "site": None, "certificates": ["a"]}
    assert raw_values(body, LotColumns) == {
        "quantity_t": "500.000",
        "offsets_used": "no",
        "site": "",
        "certificates": ["a"],
    }


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"state": "OPEN"}, "state", "unknown_field"),
        ({"sold_kg": "0"}, "sold_kg", "unknown_field"),
        ({"quantity_t": ["500"]}, "quantity_t", "not_a_value"),
        ({"grade": {"is": "P1020A"}}, "grade", "not_a_value"),
        ({"certificates": {"a": "b"}}, "certificates", "not_a_list"),
        ({"certificates": [["a"]]}, "certificates", "not_a_list"),
        ({"grade": False}, "grade", "not_a_value"),
        ({"certificates": True}, "certificates", "not_a_list"),
        ({"offsets_used": {"a": "b"}}, "offsets_used", "not_a_flag"),
        ({"grade": "P10\x0020A"}, "grade", "bad_text"),
        ({"grade": "\ud800"}, "grade", "bad_text"),
        ({"certificates": ["\x00"]}, "certificates", "bad_text"),
    ],
)
def test_a_wrong_shape_names_its_field(body: dict[str, object], field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        raw_values(body, LotColumns)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_false_is_not_norway() -> None:
    """ "no" is a country as well."""
    with pytest.raises(InvalidInput):
        raw_values({"excluded_origins": False}, RequirementColumns)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(500_000, 3, "500.000"), (5, 3, "0.005"), (0, 2, "0.00"), (-50_000, 4, "-5.0000")],
)
def test_integers_read_as_exact_decimals(value: int, places: int, text: str) -> None:
    assert scaled(value, places) == text
