"""The match monitor."""

from matching.admin import matches, rounds

__all__ = ["matches", "rounds"]
