"""Cells of exported tables, as a spreadsheet may open them without running anything."""

import re

# What a spreadsheet takes for a formula or a command, in full width too (as East Asian programs
# read them), and control characters; behind any marks, so that ``plain`` undoes ``safe`` exactly.
RISKY = re.compile(r"'*[=+\-@\uff1d\uff0b\uff0d\uff20\x00-\x1f\x7f-\x9f]")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def safe(text: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text; numbers stay numbers."""
    return f"'{text}" if RISKY.match(text) and not NUMBER.fullmatch(text) else text


def plain(cell: str) -> str:
    """The text that ``safe`` made this cell of: what was exported is imported as it was."""
    return cell[1:] if cell.startswith("'") and RISKY.match(cell) else cell
