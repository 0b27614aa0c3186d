"""Cells of exported tables, as a spreadsheet may open them without running anything."""


def safe(text: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
