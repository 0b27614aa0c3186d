"""What one side may write to the other: plain text, in lines."""

import unicodedata

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop

LONGEST = 4_000
EMPTY = gettext_noop("Write something first.")
TOO_LONG = gettext_noop("Write at most 4,000 characters.")
CONTROL = gettext_noop("Control characters are not accepted.")
# Invisible marks that turn text around make a sentence read otherwise than it was written.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def read(text: str) -> str:
    """The text with plain line ends, without space around it. Raises InvalidInput."""
    told = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
    if not told:
        raise _refused("required", EMPTY)
    if len(told) > LONGEST:
        raise _refused("too_long", TOO_LONG)
    if any(_is_control(one) for one in told):
        raise _refused("control_character", CONTROL)
    return told


def _is_control(one: str) -> bool:
    return one in TURNING or (one not in "\n\t" and unicodedata.category(one) == "Cc")


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput([FieldError("text", "", code, message)])
