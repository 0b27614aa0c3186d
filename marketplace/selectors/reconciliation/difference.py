"""One disagreement in the books, and how SQL statements tell them."""

from dataclasses import dataclass

from django.db import connection
from psycopg2 import sql


@dataclass(frozen=True)
class Difference:
    """``counter`` and ``ledger`` are what the two sources say: kilograms, or else words.

    ``rule`` says which of them should have been equal; ``id`` is the primary key.
    """

    what: str
    id: int
    rule: str
    counter: int | str
    ledger: int | str

    @property
    def difference_kg(self) -> int | None:
        """Kilograms of the ledger less those of the counter; None where neither is a mass."""
        if isinstance(self.counter, int) and isinstance(self.ledger, int):
            return self.ledger - self.counter
        return None

    def __str__(self) -> str:
        told = f"{self.what} {self.id}: {self.rule}: {self.counter} / {self.ledger}"
        kg = self.difference_kg
        return told if kg is None else f"{told}, difference {kg:+d} kg"


def in_kilograms(*parts: str) -> list[Difference]:
    """Rows of (what, id, rule, counter, ledger) in kilograms; the parts make one statement."""
    return [
        Difference(what, pk, rule, int(str(counter)), int(str(ledger)))
        for what, pk, rule, counter, ledger in _rows("".join(parts))
    ]


def in_words(statement: str | sql.Composable) -> list[Difference]:
    """Rows of (what, id, rule, what is, what should be)."""
    return [
        Difference(what, pk, rule, str(found), str(expected))
        for what, pk, rule, found, expected in _rows(statement)
    ]


def _rows(statement: str | sql.Composable) -> list[tuple[str, int, str, object, object]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
