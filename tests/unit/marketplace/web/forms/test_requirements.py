"""The form of a requirement: what people type becomes what market files hold."""

import pytest

from marketplace.web.forms.requirements import RequirementForm


@pytest.mark.parametrize(
    "typed", ["CN,NO", "CN, NO", "CN，NO", "CN、NO", "CN；NO", "CN; NO", "CN|NO", "CN，、NO，"]
)
def test_lists_are_split_at_the_signs_of_either_keyboard(typed: str) -> None:
    raw = RequirementForm({"allowed_origins": typed, "grades": "P1020A"}).raw()
    parts = [part.strip() for part in str(raw["allowed_origins"]).split("|")]
    assert [part for part in parts if part] == ["CN", "NO"]
    assert raw["grades"] == "P1020A"
