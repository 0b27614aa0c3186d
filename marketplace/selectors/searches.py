"""Saved searches of the own organisation, and what each finds among the lots open to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.forms import Form

from marketplace.models import Lot, SavedSearch, SearchHit
from marketplace.models.actors import Actor
from marketplace.selectors import lots
from marketplace.selectors.filters import LotFilter
from marketplace.selectors.finding import one_of

MOST = 20


@dataclass(frozen=True)
class Saved:
    """A search, and how many lots it finds that were not there, or not so, at the last look."""

    search: SavedSearch
    new: int


def own(actor: Actor) -> QuerySet[SavedSearch]:
    """By name."""
    found = SavedSearch.objects.filter(organisation=actor.organisation)
    return found.select_related("organisation").order_by("name_key", "pk")


def own_one(actor: Actor, public_id: UUID) -> SavedSearch:
    """NotFound for foreign ones as for absent ones."""
    return one_of(own(actor), public_id)


def with_news(actor: Actor, today: date) -> list[Saved]:
    return [Saved(one, unseen(one, today).count()) for one in own(actor)]


def narrowing(raw: Mapping[str, object]) -> dict[str, str]:
    """Those of the raw values that narrow the list of open lots, as text."""
    given = {name: str(raw.get(name) or "").strip() for name in LotFilter.base_filters}
    return {name: text for name, text in given.items() if text}


def filter_form(query: Mapping[str, str]) -> Form:
    """The filter as the list of open lots shows it."""
    form: Form = LotFilter(query, Lot.objects.none()).form
    return form


def found_by(search: SavedSearch, today: date) -> QuerySet[Lot]:
    """Nothing where the filter is one that this version does not know any more."""
    rows = lots.open_to(search.organisation, today)
    narrowed = LotFilter(search.query, rows)
    found: QuerySet[Lot] = narrowed.qs if narrowed.is_valid() else rows.none()
    return found


def unseen(search: SavedSearch, today: date) -> QuerySet[Lot]:
    seen = SearchHit.objects.filter(
        search=search, lot=OuterRef("pk"), lot_version=OuterRef("version"),
        found_at__lte=search.seen_at,
    )  # fmt: skip
    return found_by(search, today).exclude(Exists(seen))


def unknown(search: SavedSearch, today: date) -> QuerySet[Lot]:
    """What it finds and has not noted in this version."""
    noted = SearchHit.objects.filter(
        search=search, lot=OuterRef("pk"), lot_version=OuterRef("version")
    )
    return found_by(search, today).exclude(Exists(noted))


def untold(search: SavedSearch, today: date) -> QuerySet[SearchHit]:
    """Noted, not told of, and still as they were when they were found."""
    return SearchHit.objects.filter(
        search=search, told_at__isnull=True, lot_version=F("lot__version"),
        lot__in=found_by(search, today).order_by().values("pk"),
    )  # fmt: skip
