"""Messages are plain text: lines stay, what cannot be seen is refused."""

import pytest

from marketplace.domain import messages
from marketplace.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Call me. \r\n\r\nThe truck is late.  ", "Call me.\n\nThe truck is late."),
        ("熔次号见附件。", "熔次号见附件。"),
        ("a\tb", "a\tb"),
        ("x" * 4_000, "x" * 4_000),
        ("<b>&", "<b>&"),
    ],
)
def test_kept(typed: str, kept: str) -> None:
    assert messages.read(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        (" \r\n ", "required"),
        ("x" * 4_001, "too_long"),
        ("a\x00b", "control_character"),
        ("a\x1b[31m", "control_character"),
        ("pay \u202etest", "control_character"),
    ],
)
def test_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        messages.read(typed)
    (error,) = refused.value.errors
    assert (error.field, error.code) == ("text", code)
