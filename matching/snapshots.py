"""Database rows -> engine.Market: the only place. One reading of the market, as of one moment."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from marketplace.domain.vocabulary import CertificateState, ListingState, ProposalState
from marketplace.models import (
    CarbonStatement,
    Lot,
    LotCertificate,
    Proposal,
    Requirement,
)
from marketplace.selectors import rates
from matching import engine, requests

CHUNK = 5_000


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
    """``lots`` and ``requirements`` by the engine's keys; ``requests`` are the outbox rows it answers."""

    taken_at: datetime
    market: engine.Market
    lots: dict[str, OfferedLot]
    requirements: dict[str, AskingRequirement]
    requests: tuple[int, ...]


def take(*, now: datetime) -> Snapshot:
    """Read the market in one read-only transaction: every row as of the same moment.

    Only verified organisations' open lots and requirements with kilograms left take part, and of the lots
    only those whose tonnage certificates are all verified and valid on the day.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        answered = tuple(requests.waiting().order_by("pk").values_list("pk", flat=True))
        return _read(now, answered)
