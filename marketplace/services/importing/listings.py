"""What an import of either kind does with its rows; ``kinds`` says what differs."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from marketplace.domain import imports
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import as_list, has_control
from marketplace.domain.names import comparable
from marketplace.domain.sheets import Sheet
from marketplace.models import Organisation
from marketplace.models.actors import Actor
from marketplace.selectors import rates

UNKNOWN_PARTY = gettext_noop("There is no such verified organisation on the other side.")
Cells = Mapping[str, str]
Changes = dict[str, list[str]]


class Listings(ABC):
    """One kind of rows of one organisation, read at ``now``."""

    sheet: ClassVar[Sheet]
    related: ClassVar[Sequence[str]]

    def __init__(self, by: Actor, now: datetime) -> None:
        self.by, self.now, self.today = by, now, now.date()
        self.fx = rates.snapshot(self.today)
        self.parties = {one.name_key: str(one.public_id) for one in self.counterparts()}

    @abstractmethod
    def counterparts(self) -> QuerySet[Organisation]:
        """Whom a row may name."""

    @abstractmethod
    def own(self) -> QuerySet[Any]:
        """The own listings."""

    @abstractmethod
    def cells_of(self, stored: Any) -> dict[str, str]:
        """A stored listing as a row."""

    @abstractmethod
    def values(self, cells: Cells, stored: Any | None, errors: list[FieldError]) -> dict[str, Any]:
        """The row as raw columns for the services; what is named and unknown joins ``errors``."""

    @abstractmethod
    def is_same(self, cells: Cells, raw: Mapping[str, Any], stored: Any) -> bool:
        """Whether nothing would change; InvalidInput when a column breaks a rule."""

    @abstractmethod
    def check_terms(self, cells: Cells) -> None:
        """InvalidInput when a column breaks a rule."""

    @abstractmethod
    def store(self, raw: Mapping[str, Any], stored: Any | None, version: int | None) -> Any:
        """Publish it, or change what is stored if it still has that version."""

    @abstractmethod
    def lock(self, changed: Collection[UUID]) -> None:
        """Everything that saving may touch, in the one order, before the first row is saved."""

    @abstractmethod
    def check_proof(self, cells: Cells, stored: Any) -> None:
        """InvalidInput where the row says of its carbon values what the market does not know."""

    @abstractmethod
    def drawn(self) -> dict[int, int]:
        """Certificate -> kilograms that are drawn from it at this moment."""

    @abstractmethod
    def take(self, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Count what a row draws; InvalidInput when those before it left too little."""

    def attempt(self, cells: Cells, raw: Mapping[str, Any], stored: Any | None) -> Changes:
        """What saving the row would change, by column: before, after. It is undone at once.

        Each row by itself, so that nobody waits for a check of thousands of rows.
        """
        before, changes = self.drawn(), {}
        with transaction.atomic():
            saved = self.save(cells, raw, stored, stored.version if stored else None)
            if stored is not None:
                fresh = self.own().prefetch_related(*self.related).get(pk=saved.pk)
                pairs = zip(
                    self.cells_of(stored).items(), self.cells_of(fresh).values(), strict=True
                )
                changes = {name: [old, new] for (name, old), new in pairs if old != new}
            after = self.drawn()
            transaction.set_rollback(True)
        self.take(before, after)
        return changes

    def known(self, references: Iterable[str]) -> dict[str, Any]:
        """What is stored under these, by their comparable form: references, or ids of those that
        have none.
        """
        keys = {key for key in map(comparable, references) if key and not has_control(key)}
        ids = [found for found in map(_uuid, keys) if found]
        named = Q(reference_key__in=keys) | Q(reference_key="", public_id__in=ids)
        rows = self.own().filter(named).prefetch_related(*self.related)
        return {one.reference_key or str(one.public_id): one for one in rows}

    def read(self, cells: Cells, stored: Any | None) -> tuple[dict[str, Any], bool]:
        """Raw columns and whether they are what is stored; InvalidInput tells all that is wrong."""
        errors = imports.named(cells, self.sheet.key, imports.LONGEST_REFERENCE)
        errors += imports.own_party(cells, self.sheet.party, self.by.organisation.name)
        raw = self.values(cells, stored, errors)
        name = cells.get(self.sheet.key, "").strip()
        by_id = stored is not None and not stored.reference
        raw["reference"] = "" if by_id else name
        same = False
        try:
            if stored is None:
                self.check_terms(cells)
            else:
                same = self.is_same(cells, raw, stored)
        except InvalidInput as refused:
            errors += refused.errors
        if errors:
            raise InvalidInput(errors)
        return raw, same

    def save(
        self, cells: Cells, raw: Mapping[str, Any], stored: Any | None, version: int | None
    ) -> Any:
        """As ``store``; InvalidInput, and nothing stored, where verified values are not."""
        if not imports.claims_verified(cells):
            return self.store(raw, stored, version)
        with transaction.atomic():
            saved = self.store(raw, stored, version)
            self.check_proof(cells, self.own().prefetch_related(*self.related).get(pk=saved.pk))
        return saved

    def named(
        self, cells: Cells, column: str, also: Iterable[Organisation], errors: list[FieldError]
    ) -> list[str]:
        """Public ids of the named organisations; those that it names already may stay."""
        known = {**self.parties, **{one.name_key: str(one.public_id) for one in also}}
        names = as_list(cells.get(column))
        errors += [
            FieldError(column, name[:100], "unknown", UNKNOWN_PARTY)
            for name in names
            if comparable(name) not in known
        ]
        found = (known.get(comparable(name)) for name in names)
        return sorted({one for one in found if one})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
