"""What participants may read of rounds: that they ran, and why their own rows stayed open."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from marketplace.domain.errors import NotFound
from marketplace.domain.vocabulary import ProposalState
from marketplace.models import Lot, OutboxRow, Proposal, Requirement
from marketplace.models.actors import Actor
from marketplace.selectors import lots, proposals, requirements
from matching import reasons
from matching.models import MatchingRound, Shortfall
from matching.reasons import Reason

HOLDING = (ProposalState.PROPOSED.value, ProposalState.DEAL.value)


@dataclass(frozen=True)
class WhyNot:
    """The newest round's word on one's own lot or requirement; no reasons if it left none open."""

    round: MatchingRound | None
    open_kg: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class RequirementMatches:
    """``average_ci_milli``: over what was compared at the requirement's present boundary."""

    requirement: Requirement
    proposals: Sequence[Proposal]
    average_ci_milli: Decimal | None
    why_not: WhyNot

    @property
    def matched_kg(self) -> int:
        return sum(found.quantity_kg for found in self.proposals)


@dataclass(frozen=True)
class LotMatches:
    lot: Lot
    proposals: Sequence[Proposal]
    why_not: WhyNot

    @property
    def matched_kg(self) -> int:
        return sum(found.quantity_kg for found in self.proposals)


@dataclass(frozen=True)
class Progress:
    """Of a round that was asked for; ``round`` None while no worker has taken it up."""

    round: MatchingRound | None
    is_over: bool


def progress(asked: OutboxRow) -> Progress:
    """The round that answers the request; a round that failed is tried again until it is over."""
    found = MatchingRound.objects.filter(requests__contains=[asked.pk]).order_by("-pk").first()
    return Progress(found, asked.done_at is not None or asked.dead_at is not None)


def published_rounds() -> QuerySet[MatchingRound]:
    """Newest first."""
    return MatchingRound.objects.filter(state=MatchingRound.State.PUBLISHED).order_by("-pk")


def latest_round() -> MatchingRound | None:
    return published_rounds().first()


def published_round(public_id: UUID) -> MatchingRound:
    """NotFound for rounds that were not published: participants hear of no others."""
    found = published_rounds().filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def requirement_matches(actor: Actor, public_id: UUID) -> RequirementMatches:
    """The own requirement's open proposals and deals, and why not more. NotFound if foreign."""
    requirement = requirements.own_one(actor, public_id)
    held = _holding(actor, Q(requirement=requirement), "lot__certificate_links")
    compared = [one for one in held if one.boundary == requirement.boundary]
    why_not = shortfall_for(actor, requirement)
    return RequirementMatches(requirement, held, _average(compared), why_not)


def lot_matches(actor: Actor, public_id: UUID) -> LotMatches:
    """The own lot's open proposals and deals, and why not more. NotFound for foreign ones."""
    lot = lots.own_one(actor, public_id)
    return LotMatches(lot, _holding(actor, Q(lot=lot)), shortfall_for(actor, lot))


def shortfall_for(actor: Actor, owned: Lot | Requirement) -> WhyNot:
    """Why the newest published round left kilograms of one's own lot or requirement open."""
    newest = latest_round()
    if isinstance(owned, Lot):
        found = _shortfall(newest, Q(lot=owned))
        if not lots.backed(timezone.now().date()).filter(pk=owned.pk).exists():
            return WhyNot(newest, owned.available_kg, reasons.of_lot(reasons.UNBACKED, {}))
        told = reasons.of_lot(found.reason, found.failing_first) if found else ()
        return WhyNot(newest, owned.available_kg, told)
    found = _shortfall(newest, Q(requirement=owned))
    told = (
        reasons.of_requirement(
            found.reason, found.failing_first, may_see_asks=lots.may_see_asks(actor)
        )
        if found
        else ()
    )
    return WhyNot(newest, owned.open_kg, told)


def _shortfall(newest: MatchingRound | None, of: Q) -> Shortfall | None:
    return None if newest is None else newest.shortfalls.filter(of).first()


def _holding(actor: Actor, of: Q, *related: str) -> list[Proposal]:
    held = proposals.own(actor).filter(of, state__in=HOLDING).prefetch_related(*related)
    return list(held.order_by("-created_at", "pk"))


def _average(held: Sequence[Proposal]) -> Decimal | None:
    """Tonnage-weighted carbon intensity in milli t CO2e/t."""
    total = sum(found.quantity_kg for found in held)
    if not total:
        return None
    return Decimal(sum(found.quantity_kg * found.ci_milli for found in held)) / total
