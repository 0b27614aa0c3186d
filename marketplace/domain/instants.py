"""How an instant is written for people: its day and minute, with the offset of its zone."""

from datetime import datetime, timedelta


def written(moment: datetime) -> str:
    """An aware instant in its own zone: "2026-11-27 20:00 UTC+08:00"; plain "UTC" without offset.

    The offset is written, not an abbreviation: CST is China's and Chicago's.
    """
    return f"{moment:%Y-%m-%d %H:%M} {offset(moment)}"


def offset(moment: datetime) -> str:
    """The zone's distance from UTC at that instant: "UTC+08:00", "UTC-03:30", "UTC"."""
    distance = moment.utcoffset() or timedelta()
    minutes = int(distance.total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
