"""Opening proposals: whole bundles of what a round matched, or nothing of a bundle."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from marketplace.domain.bundles import Part, Position, holds
from marketplace.domain.vocabulary import CertificateState, LedgerAccount, ListingState
from marketplace.models import (
    Certificate,
    LedgerPosting,
    Lot,
    LotCertificate,
    Organisation,
    Proposal,
    ProposalStep,
    Requirement,
)
from marketplace.selectors import organisations, positions
from marketplace.services import ledger, locks, market, news
from marketplace.services.constraints import one_transaction


@dataclass(frozen=True)
class BundleMember:
    """One match: kilograms, milli t CO2e/t, premium in 1/10000 USD/t, and the versions compared."""

    lot_id: int
    requirement_id: int
    quantity_kg: int
    lot_version: int
    requirement_version: int
    ci_milli: int
    premium_usd_e4: int
    fx_usd_per_unit: Decimal
    fx_date: date | None


@dataclass(frozen=True)
class Opened:
    """What became of a member: its proposal, or why there is none."""

    lot_id: int
    requirement_id: int
    proposal_id: int | None
    dropped_because: str = ""


@dataclass
class Floor:
    """Everything under lock: what is left is counted here while bundles are taken in."""

    lots: dict[int, Lot]
    requirements: dict[int, Requirement]
    trading: set[int]
    unbacked: set[int]
    positions: dict[int, Position]
    known: dict[tuple[int, int], int]

    def take(self, bundle: Sequence[BundleMember]) -> str:
        """Reserve the whole bundle; else reserve nothing and say why."""
        taken: list[BundleMember] = []
        for member in bundle:
            why = self._refusal(member)
            if why:
                return self._give_back(taken, why)
            self._move(member, member.quantity_kg)
            taken.append(member)
        return "" if self._holds(bundle) else self._give_back(taken, "BUNDLE_BROKEN")

    def _give_back(self, taken: Sequence[BundleMember], why: str) -> str:
        for member in taken:
            self._move(member, -member.quantity_kg)
        return why

    def _holds(self, bundle: Sequence[BundleMember]) -> bool:
        """Whether it keeps the least volume and the average, beside what is open already."""
        wanted = self.requirements[bundle[0].requirement_id]
        rule, position = positions.rule(wanted), self.positions[wanted.pk]
        parts = [Part(member.quantity_kg, member.ci_milli) for member in bundle]
        if not holds(rule, position, parts):
            return False
        above = position.contracted_excess + max(0, rule.excess(parts))
        self.positions[wanted.pk] = Position(position.contracted_kg, above)
        return True

    def _move(self, member: BundleMember, kg: int) -> None:
        self.lots[member.lot_id].reserved_kg += kg
        self.requirements[member.requirement_id].reserved_kg += kg

    def _refusal(self, member: BundleMember) -> str:
        lot = self.lots.get(member.lot_id)
        wanted = self.requirements.get(member.requirement_id)
        if lot is None or lot.state != ListingState.OPEN or lot.version != member.lot_version:
            return "LOT_CHANGED"
        if wanted is None or wanted.state != ListingState.OPEN:
            return "REQUIREMENT_CHANGED"
        if wanted.version != member.requirement_version:
            return "REQUIREMENT_CHANGED"
        if not {lot.organisation_id, wanted.organisation_id} <= self.trading:
            return "ORGANISATION_NOT_TRADING"
        if lot.pk in self.unbacked:
            return "CERTIFICATE_NOT_VALID"
        if lot.available_kg < member.quantity_kg:
            return "LOT_SHORT"
        return "REQUIREMENT_FILLED" if wanted.open_kg < member.quantity_kg else ""


@one_transaction
def open_bundles(
    *,
    round_number: int,
    engine_version: str,
    bundles: Sequence[Sequence[BundleMember]],
    now: datetime,
) -> list[Opened]:
    """Open proposals under lock, each bundle whole or not at all; a repeat finds its first answer.

    What changed since the snapshot is dropped with its bundle: see ``Opened.dropped_because``.
    """
    floor = _floor(round_number, [member for bundle in bundles for member in bundle], now)
    answers: list[Opened] = []
    new: list[tuple[uuid.UUID, BundleMember]] = []
    for bundle in bundles:
        if all((member.lot_id, member.requirement_id) in floor.known for member in bundle):
            continue
        why, name = floor.take(bundle), uuid.uuid4()
        if why:
            answers += [Opened(one.lot_id, one.requirement_id, None, why) for one in bundle]
        else:
            new += [(name, member) for member in bundle]
    opened = _write(floor, new, round_number, engine_version, now)
    pairs = {
        **floor.known,
        **{(one.lot_id, one.requirement_id): one.pk for one in opened},
    }
    return answers + [Opened(lot, wanted, pk) for (lot, wanted), pk in pairs.items()]


def _floor(round_number: int, members: Sequence[BundleMember], now: datetime) -> Floor:
    parties = _parties(members)
    locks.hold_organisations(parties)
    lots = locks.lots(member.lot_id for member in members)
    requirements = locks.requirements(member.requirement_id for member in members)
    trading = Organisation.objects.filter(organisations.answering(), pk__in=parties)
    asked = {(member.lot_id, member.requirement_id) for member in members}
    opened = Proposal.objects.filter(round_number=round_number, lot__in=lots)
    return Floor(
        lots=lots,
        requirements=requirements,
        trading=set(trading.values_list("pk", flat=True)),
        unbacked=unbacked_lots(lots, now.date()),
        positions=positions.of(requirements.values()),
        known={
            (lot, wanted): pk
            for lot, wanted, pk in opened.values_list("lot_id", "requirement_id", "pk")
            if (lot, wanted) in asked
        },
    )


def _parties(members: Sequence[BundleMember]) -> set[int]:
    lots = Lot.objects.filter(pk__in={member.lot_id for member in members})
    wanted = Requirement.objects.filter(pk__in={member.requirement_id for member in members})
    owners = lots.values_list("organisation_id", flat=True)
    return set(owners) | set(wanted.values_list("organisation_id", flat=True))


def unbacked_lots(lot_ids: dict[int, Lot] | Sequence[int], today: date) -> set[int]:
    """Lots of which a tonnage certificate is missing, not verified, or not valid on the day."""
    drawn = LotCertificate.objects.filter(lot__in=lot_ids, draws_tonnes=True)
    valid = Certificate.objects.filter(
        state=CertificateState.VERIFIED.value,
        valid_from__lte=today,
        valid_to__gte=today,
    )
    bad = set(drawn.exclude(certificate__in=valid).values_list("lot_id", flat=True))
    return bad | (set(lot_ids) - set(drawn.values_list("lot_id", flat=True)))


def _write(
    floor: Floor,
    new: Sequence[tuple[uuid.UUID, BundleMember]],
    round_number: int,
    engine_version: str,
    now: datetime,
) -> list[Proposal]:
    if not new:
        return []
    settings = market.settings()
    shared = {
        "round_number": round_number,
        "engine_version": engine_version,
        "terms_version": settings.terms_version,
        "created_at": now,
        "expires_at": now + timedelta(hours=settings.proposal_hours),
    }
    opened = Proposal.objects.bulk_create(
        _proposal(floor, member, name, shared) for name, member in new
    )
    ProposalStep.objects.bulk_create(
        ProposalStep(proposal=one, verb="proposed", from_version=0, at=now) for one in opened
    )
    touched_lots = {one.lot_id for one in opened}
    touched_requirements = {one.requirement_id for one in opened}
    Lot.objects.bulk_update([floor.lots[pk] for pk in sorted(touched_lots)], ["reserved_kg"])
    Requirement.objects.bulk_update(
        [floor.requirements[pk] for pk in sorted(touched_requirements)], ["reserved_kg"]
    )
    LedgerPosting.objects.bulk_create(_reservations(opened, now))
    news.opened((one.pk for one in opened), now=now)
    return opened


def _proposal(
    floor: Floor, member: BundleMember, bundle: uuid.UUID, shared: Mapping[str, Any]
) -> Proposal:
    lot, wanted = floor.lots[member.lot_id], floor.requirements[member.requirement_id]
    return Proposal(
        lot=lot,
        requirement=wanted,
        bundle=bundle,
        quantity_kg=member.quantity_kg,
        boundary=wanted.boundary,
        ci_milli=member.ci_milli,
        ask_premium=lot.ask_premium,
        premium_unit=lot.premium_unit,
        premium_usd_e4=member.premium_usd_e4,
        fx_usd_per_unit=member.fx_usd_per_unit,
        fx_date=member.fx_date,
        window_start=max(lot.window_start, wanted.window_start),
        window_end=min(lot.window_end, wanted.window_end),
        lot_version=lot.version,
        requirement_version=wanted.version,
        **shared,
    )


def _reservations(opened: Sequence[Proposal], now: datetime) -> Iterator[LedgerPosting]:
    drawn = ledger.drawn_on([one.lot_id for one in opened])
    for one in opened:
        for certificate_id in drawn[one.lot_id]:
            yield LedgerPosting(
                certificate_id=certificate_id,
                lot_id=one.lot_id,
                proposal=one,
                source=LedgerAccount.LISTED.value,
                target=LedgerAccount.RESERVED.value,
                kg=one.quantity_kg,
                posted_at=now,
            )
