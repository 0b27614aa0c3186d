"""What is wrong with a table: in which line and column, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.domain.errors import DomainError, gettext_noop

WHOLE = "file"


@dataclass(frozen=True)
class Problem:
    """``line`` 0 and ``column`` "file": the table as a whole."""

    line: int
    message: str
    column: str = WHOLE
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message.format(**self.params)


class BadTable(DomainError):
    """Not a table that can be read: every problem found with it."""

    code = "bad_table"
    message = gettext_noop("This file cannot be read as a table.")

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)
