"""Lots and requirements, each imported its own way, through the same services as their forms."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from marketplace.domain import imports
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.lots import COLUMNS as LOT_TERMS
from marketplace.domain.names import comparable
from marketplace.domain.requirements import COLUMNS as REQUIREMENT_TERMS
from marketplace.domain.sheets import LOTS, REQUIREMENTS
from marketplace.domain.terms import LotTerms, RequirementTerms
from marketplace.domain.vocabulary import ImportKind
from marketplace.models import Lot, Organisation, Requirement
from marketplace.models.actors import Actor
from marketplace.selectors import lots as own_lots
from marketplace.selectors import market_rows, organisations, sites
from marketplace.selectors import requirements as own_requirements
from marketplace.services import authority, closing, locks, lots, requirements
from marketplace.services.importing.listings import Cells, Listings
from marketplace.services.importing.papers import Papers

UNKNOWN_SITE = gettext_noop("You have no such site.")
UNPROVEN = gettext_noop("No valid certificate of yours verifies every carbon value of this row.")


class Lots(Listings):
    sheet, related = LOTS, market_rows.LOT_RELATED

    def __init__(self, by: Actor, now: datetime) -> None:
        authority.producer(by)
        super().__init__(by, now)
        self.papers = Papers(by)
        self.sites = {comparable(one.name): str(one.public_id) for one in sites.own(by)}

    def counterparts(self) -> QuerySet[Organisation]:
        return organisations.buyers_for(self.by)

    def own(self) -> QuerySet[Lot]:
        return own_lots.own(self.by)

    def cells_of(self, stored: Lot) -> dict[str, str]:
        return market_rows.of_lot(stored, self.today)

    def values(self, cells: Cells, stored: Lot | None, errors: list[FieldError]) -> dict[str, Any]:
        raw: dict[str, Any] = {name: text for name, text in cells.items() if name in LOT_TERMS}
        papers = self.papers.named(cells, stored, errors)
        raw["certificates"] = [str(one.public_id) for one in papers]
        raw["produced_from"], raw["produced_to"] = self.papers.produced(papers, stored)
        barred = stored.excluded_buyers.all() if stored else ()
        raw["excluded_buyers"] = self.named(cells, "excluded_buyers", barred, errors)
        raw["site"] = self._site(cells, errors)
        return raw

    def is_same(self, cells: Cells, raw: Mapping[str, Any], stored: Lot) -> bool:
        links = {str(link.certificate.public_id) for link in stored.certificate_links.all()}
        barred = sorted(str(one.public_id) for one in stored.excluded_buyers.all())
        site = str(stored.site.public_id) if stored.site else ""
        terms_are = imports.is_same(cells, self.cells_of(stored), self._terms)
        linked = (set(raw["certificates"]), raw["excluded_buyers"], raw["site"])
        return terms_are and linked == (links, barred, site)

    def check_terms(self, cells: Cells) -> None:
        self._terms(cells)

    def lock(self, changed: Collection[UUID]) -> None:
        pks = list(self.own().filter(public_id__in=changed).values_list("pk", flat=True))
        closing.lock_open(Q(lot__in=pks), lots=pks)
        locks.certificates(self.drawn())

    def drawn(self) -> dict[int, int]:
        return self.papers.drawn()

    def take(self, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        self.papers.take(before, after)

    def store(self, raw: Mapping[str, Any], stored: Lot | None, version: int | None) -> Lot:
        if stored is None:
            return lots.publish(by=self.by, raw=raw, now=self.now)
        return lots.edit(
            by=self.by, public_id=stored.public_id, raw=raw, version=version, now=self.now
        )

    def check_proof(self, cells: Cells, stored: Lot) -> None:
        if imports.claims_verified(cells) and not market_rows.is_proven(stored, self.today):
            raise InvalidInput([FieldError("ci_verified", "yes", "not_verified", UNPROVEN)])

    def _terms(self, cells: Cells) -> LotTerms:
        return imports.lot_terms(cells, self.today, self.fx)

    def _site(self, cells: Cells, errors: list[FieldError]) -> str:
        name = cells.get("site", "").strip()
        found = self.sites.get(comparable(name), "") if name else ""
        if name and not found:
            errors.append(FieldError("site", name[:100], "unknown", UNKNOWN_SITE))
        return found


class Requirements(Listings):
    sheet, related = REQUIREMENTS, market_rows.REQUIREMENT_RELATED

    def __init__(self, by: Actor, now: datetime) -> None:
        authority.buyer(by)
        super().__init__(by, now)

    def counterparts(self) -> QuerySet[Organisation]:
        return organisations.producers_for(self.by)

    def own(self) -> QuerySet[Requirement]:
        return own_requirements.own(self.by)

    def cells_of(self, stored: Requirement) -> dict[str, str]:
        return market_rows.of_requirement(stored)

    def values(
        self, cells: Cells, stored: Requirement | None, errors: list[FieldError]
    ) -> dict[str, Any]:
        raw: dict[str, Any] = {
            name: text for name, text in cells.items() if name in REQUIREMENT_TERMS
        }
        for column in ("allowed_producers", "excluded_producers"):
            also = getattr(stored, column).all() if stored else ()
            raw[column] = self.named(cells, column, also, errors)
        # The file has no column for these: they stay.
        raw["accepted_incoterms"] = stored.accepted_incoterms if stored else ()
        raw["accepted_duty_statuses"] = stored.accepted_duty_statuses if stored else ()
        return raw

    def is_same(self, cells: Cells, raw: Mapping[str, Any], stored: Requirement) -> bool:
        terms_are = imports.is_same(cells, self.cells_of(stored), self._terms)
        return terms_are and all(
            raw[column] == sorted(str(one.public_id) for one in getattr(stored, column).all())
            for column in ("allowed_producers", "excluded_producers")
        )

    def check_terms(self, cells: Cells) -> None:
        self._terms(cells)

    def lock(self, changed: Collection[UUID]) -> None:
        pks = list(self.own().filter(public_id__in=changed).values_list("pk", flat=True))
        closing.lock_open(Q(requirement__in=pks), requirements=pks)

    def check_proof(self, cells: Cells, stored: Requirement) -> None:
        """A requirement states no carbon values of its own."""

    def drawn(self) -> dict[int, int]:
        return {}

    def take(self, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """A requirement draws on no certificate."""

    def store(
        self, raw: Mapping[str, Any], stored: Requirement | None, version: int | None
    ) -> Requirement:
        if stored is None:
            return requirements.post(by=self.by, raw=raw, now=self.now)
        return requirements.edit(
            by=self.by, public_id=stored.public_id, raw=raw, version=version, now=self.now
        )

    def _terms(self, cells: Cells) -> RequirementTerms:
        return imports.requirement_terms(cells, self.today, self.fx)


def of_kind(kind: str, by: Actor, now: datetime) -> Listings:
    """NotAllowed and Paused, as the form says it, for who may not list or post."""
    return Lots(by, now) if kind == ImportKind.LOTS.value else Requirements(by, now)
