"""Database rows -> engine.Market: the only place. One reading of the market, as of one moment.

A preview reads the open lots alone, and one requirement, posted or not.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Max, Q, QuerySet

from marketplace.domain.fx import FxRates
from marketplace.domain.names import comparable
from marketplace.domain.vocabulary import CarbonBasis, ListingState
from marketplace.models import CarbonStatement, Lot, LotCertificate, Organisation, Requirement
from marketplace.selectors import declines, grades, organisations, positions, rates
from marketplace.selectors.lots import LEFT, backed, valid_certificate
from marketplace.services.requirements import Demand
from matching import engine, requests
from matching.columns import (
    LOT_COLUMNS,
    LOT_VALUES,
    REQUIREMENT_COLUMNS,
    REQUIREMENT_SETS,
    REQUIREMENT_VALUES,
)

CHUNK = 5_000
NOTHING_BOUGHT: Mapping[str, int] = {"bought_kg": 0, "allowance": 0}
# What is offered changes with a row of one of these histories, which the database writes.
HISTORIES = (
    "LotEvent", "CarbonStatementEvent", "LotCertificateEvent", "CertificateEvent",
    "OrganisationEvent",
)  # fmt: skip


@dataclass(frozen=True)
class OfferedLot:
    """What publishing needs to know of a lot besides what the engine saw."""

    pk: int
    version: int
    fx_usd_per_unit: Decimal
    fx_date: date | None


@dataclass(frozen=True)
class AskingRequirement:
    pk: int
    version: int
    whole: bool


@dataclass(frozen=True)
class Snapshot:
    """Lots and requirements by the engine's keys; ``requests`` are the outbox rows it answers."""

    taken_at: datetime
    market: engine.Market
    lots: dict[str, OfferedLot]
    requirements: dict[str, AskingRequirement]
    requests: tuple[int, ...]


def take(*, now: datetime) -> Snapshot:
    """Read the market in one read-only transaction: every row as of the same moment.

    Only verified organisations' open lots and requirements with kilograms left take part, and of
    the lots only those whose tonnage certificates are all verified and valid on the day.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        answered = tuple(requests.waiting().order_by("pk").values_list("pk", flat=True))
        return _read(now, answered)


def _read(now: datetime, answered: tuple[int, ...]) -> Snapshot:
    today = now.date()
    fx = rates.snapshot(today)
    lots = list(_lots(_open_lots(today), today, fx))
    wanted = list(_requirements(_open_requirements(), fx))
    market = engine.Market.build(
        lots=[row for row, _party in lots],
        requirements=[row for row, _party in wanted],
        as_of=today,
        blocked_pairs=_refused_pairs(now),
    )
    return Snapshot(
        taken_at=now,
        market=market,
        lots={row.key: party for row, party in lots},
        requirements={row.key: party for row, party in wanted},
        requests=answered,
    )


def offers(today: date, fx: FxRates, forms: Collection[str]) -> list[engine.LotRow]:
    """The lots of some product forms that a round of this moment would look at."""
    offered = _open_lots(today).filter(product_form__in=forms)
    return [row for row, _party in _lots(offered, today, fx)]


def last_changes() -> tuple[int | None, ...]:
    """The newest row of each history behind ``offers``; changes whenever those may have."""
    return tuple(
        apps.get_model("marketplace", name).objects.aggregate(newest=Max("pk"))["newest"]
        for name in HISTORIES
    )


def posted(requirement: Requirement, fx: FxRates) -> engine.RequirementRow:
    """With what is still open of it: ``volume_kg`` is below 1 where nothing is."""
    ((row, _party),) = _requirements(Requirement.objects.filter(pk=requirement.pk), fx)
    return row


def drafted(
    buyer: Organisation,
    demand: Demand,
    now: datetime,
    fx: FxRates,
    bought: Mapping[str, int] = NOTHING_BOUGHT,
) -> engine.RequirementRow:
    """Terms that nobody posted, as a round would see them."""
    wanted: dict[str, Any] = {
        **demand.columns,
        **bought,
        "pk": 0,
        "version": 0,
        "organisation_id": buyer.pk,
        "organisation__group_id": buyer.group_id,
        "reserved_kg": 0,
        "posted_at": now,
    }
    wanted["grades"] = _grades(wanted["grades"], grades.synonyms())
    allowed, barred = ([(one.pk,) for one in many] for many in (demand.allowed, demand.excluded))
    return _requirement(wanted, allowed, barred, fx)[0]


def _lots(
    offered: QuerySet[Lot], today: date, fx: FxRates
) -> Iterator[tuple[engine.LotRow, OfferedLot]]:
    carbon = _grouped(
        CarbonStatement.objects.filter(lot__in=offered)
        .annotate(
            proven=ExpressionWrapper(
                valid_certificate(today, "evidence__"), output_field=BooleanField()
            )
        )
        .values_list("lot_id", "boundary", "ci_milli", "proven")
        .iterator(CHUNK)
    )
    schemes = _grouped(
        LotCertificate.objects.filter(valid_certificate(today), lot__in=offered)
        .values_list("lot_id", "scheme")
        .iterator(CHUNK)
    )
    excluded = _grouped(
        Lot.excluded_buyers.through.objects.filter(lot__in=offered)
        .values_list("lot_id", "organisation_id")
        .iterator(CHUNK)
    )
    for lot in offered.order_by("pk").values(*LOT_COLUMNS).iterator(CHUNK):
        pk = lot["pk"]
        yield _lot(lot, carbon[pk], schemes[pk], excluded[pk], fx)


def _lot(
    lot: dict[str, Any],
    carbon: Sequence[tuple[Any, ...]],
    schemes: Sequence[tuple[Any, ...]],
    excluded: Sequence[tuple[Any, ...]],
    fx: FxRates,
) -> tuple[engine.LotRow, OfferedLot]:
    left = lot["quantity_kg"] - lot["reserved_kg"] - lot["sold_kg"] - lot["returned_kg"]
    rate = fx.rate(lot["premium_unit"])
    row = engine.LotRow(
        key=key(lot["pk"]),
        producer=party(lot["organisation_id"]),
        group=group(lot["organisation__group_id"], lot["organisation_id"]),
        grade=lot["grade_key"],
        available_kg=left,
        # The rest of a partly sold lot may be taken whole even below its minimum take.
        min_take_kg=min(lot["min_take_kg"], left),
        carbon_milli={boundary: ci for boundary, ci, _proven in carbon},
        ci_verified=frozenset(boundary for boundary, _ci, proven in carbon if proven),
        schemes=frozenset(scheme for (scheme,) in schemes),
        energy_source=lot["energy_source"] or None,
        delivery_regions=frozenset(lot["delivery_regions"]),
        ask_e4=fx.usd_e4(lot["ask_premium"], lot["premium_unit"]),
        excluded_buyers=frozenset(party(buyer) for (buyer,) in excluded),
        **{name: lot[name] for name in LOT_VALUES},
    )
    return row, OfferedLot(
        lot["pk"], lot["version"], rate or Decimal(0), fx.dated(lot["premium_unit"])
    )


def _requirements(
    asking: QuerySet[Requirement], fx: FxRates
) -> Iterator[tuple[engine.RequirementRow, AskingRequirement]]:
    allowed, barred = (
        _grouped(
            many.through.objects.filter(requirement__in=asking)
            .values_list("requirement_id", "organisation_id")
            .iterator(CHUNK)
        )
        for many in (Requirement.allowed_producers, Requirement.excluded_producers)
    )
    names, allowances = grades.synonyms(), positions.allowances(asking)
    for wanted in asking.order_by("pk").values(*REQUIREMENT_COLUMNS).iterator(CHUNK):
        pk = wanted["pk"]
        wanted["grades"] = _grades(wanted["grades"], names)
        wanted["allowance"] = allowances.get(pk, 0)
        yield _requirement(wanted, allowed[pk], barred[pk], fx)


def _grades(accepted: Iterable[str], names: Mapping[str, str]) -> frozenset[str]:
    found = (comparable(grade) for grade in accepted)
    return frozenset(names.get(grade, grade) for grade in found)


def _requirement(
    wanted: dict[str, Any],
    allowed: Sequence[tuple[Any, ...]],
    barred: Sequence[tuple[Any, ...]],
    fx: FxRates,
) -> tuple[engine.RequirementRow, AskingRequirement]:
    as_stored: dict[str, Any] = {name: wanted[name] for name in REQUIREMENT_VALUES}
    as_stored |= {name: frozenset(wanted[name]) for name in REQUIREMENT_SETS}
    row = engine.RequirementRow(
        key=key(wanted["pk"]),
        buyer=party(wanted["organisation_id"]),
        group=group(wanted["organisation__group_id"], wanted["organisation_id"]),
        volume_kg=wanted["volume_kg"] - wanted["reserved_kg"] - wanted["bought_kg"],
        grades=wanted["grades"],
        max_premium_e4=fx.usd_e4(wanted["max_premium"], wanted["premium_unit"]),
        contracted_kg=wanted["bought_kg"],
        allowance=wanted["allowance"],
        allowed_producers=frozenset(party(one) for (one,) in allowed),
        excluded_producers=frozenset(party(one) for (one,) in barred),
        **as_stored,
    )
    whole = not wanted["partial_ok"] or wanted["ci_basis"] == CarbonBasis.PORTFOLIO_AVERAGE
    return row, AskingRequirement(wanted["pk"], wanted["version"], whole)


def key(pk: int) -> str:
    """The engine's name of a row: as text it sorts like the number."""
    return f"{pk:012d}"


def party(organisation: int) -> str:
    return f"o{organisation}"


def group(of_group: int | None, organisation: int) -> str:
    """Members of one group never match each other; an organisation alone is a group of its own."""
    return party(organisation) if of_group is None else f"g{of_group}"


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """Rows by their first column, which is left out."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for owner, *values in rows:
        found[owner].append(tuple(values))
    return found


def _open_lots(today: date) -> QuerySet[Lot]:
    return backed(today).filter(
        LEFT,
        organisations.answering("organisation__"),
        state=ListingState.OPEN.value,
        organisation__matching_paused_at__isnull=True,
    )


def _open_requirements() -> QuerySet[Requirement]:
    """Where nothing partial is taken, an open bundle is answered first: it may fill it all."""
    return Requirement.objects.filter(
        Q(partial_ok=True) | Q(reserved_kg=0),
        organisations.answering("organisation__"),
        state=ListingState.OPEN.value,
        organisation__matching_paused_at__isnull=True,
        volume_kg__gt=F("reserved_kg") + F("bought_kg"),
    )


def _refused_pairs(now: datetime) -> frozenset[tuple[str, str]]:
    return frozenset((key(lot), key(wanted)) for lot, wanted in declines.apart(now))
