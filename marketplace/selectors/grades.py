"""Grades under their several names."""

import unicodedata
from collections.abc import Mapping

from marketplace.models import GradeSynonym


def comparable(grade: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", grade).casefold().split())


def synonyms() -> Mapping[str, str]:
    """Comparable name -> comparable grade, as an admin keeps them."""
    rows = GradeSynonym.objects.values_list("name_key", "grade")
    return {name: comparable(grade) for name, grade in rows}


def key(grade: str) -> str:
    """What two grades are compared by: the grade that a name stands for."""
    text = comparable(grade)
    found = GradeSynonym.objects.filter(name_key=text).values_list("grade", flat=True).first()
    return comparable(found) if found else text
