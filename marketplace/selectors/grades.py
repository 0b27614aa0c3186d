"""Grades under their several names."""

from collections.abc import Mapping

from marketplace.domain import product
from marketplace.domain.names import comparable
from marketplace.models import GradeSynonym


def synonyms() -> Mapping[str, str]:
    """Comparable name -> comparable grade: the known ones, and those that an admin keeps."""
    rows = GradeSynonym.objects.values_list("name_key", "grade")
    return {**product.SYNONYMS, **{name: comparable(grade) for name, grade in rows}}


def key(grade: str) -> str:
    """What two grades are compared by: the grade that a name stands for."""
    text = comparable(grade)
    found = GradeSynonym.objects.filter(name_key=text).values_list("grade", flat=True).first()
    return comparable(found) if found else product.grade_key(grade)
