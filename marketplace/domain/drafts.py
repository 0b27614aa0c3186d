"""An unfinished form, read as far as it goes: what is refused counts as if it were not there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from marketplace.domain.errors import FieldError, InvalidInput

Terms = TypeVar("Terms")
# Each pass replaces what the one before refused; rules between columns may need a second look.
PASSES = 5


@dataclass(frozen=True)
class Draft(Generic[Terms]):
    """``refused``: the first refusal of each column that does not count."""

    terms: Terms
    refused: tuple[FieldError, ...] = ()

    @property
    def hindered(self) -> frozenset[str]:
        return frozenset(one.field for one in self.refused)


def as_far_as(
    read: Callable[[Mapping[str, object]], Terms],
    raw: Mapping[str, object],
    neutral: Mapping[str, Mapping[str, object]],
) -> Draft[Terms]:
    """What ``read``, the parser of ``raw``, gives when refused columns are replaced.

    ``neutral``: column -> the columns that stand in when it is refused, itself and perhaps others;
    a column that is not there is left empty. Raises InvalidInput when replacing does not help.
    """
    given, refused = dict(raw), dict[str, FieldError]()
    for _pass in range(PASSES):
        try:
            return Draft(read(given), tuple(refused.values()))
        except InvalidInput as error:
            for one in error.errors:
                refused.setdefault(one.field, one)
                given |= neutral.get(one.field, {one.field: ""})
    return Draft(read(given), tuple(refused.values()))
