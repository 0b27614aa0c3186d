"""What both sides of a proposal are told of it, each without the other's secrets."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from marketplace.domain import fields
from marketplace.domain.vocabulary import Event, ProposalState, Side
from marketplace.domain.webhooks import EventType
from marketplace.models import Approval, Lot, Proposal, Requirement
from marketplace.services import events
from marketplace.services.events import Happened
from marketplace.services.notifications import Notice, tell_many

ENDS = {
    ProposalState.DECLINED: EventType.PROPOSAL_DECLINED,
    ProposalState.EXPIRED: EventType.PROPOSAL_EXPIRED,
    ProposalState.WITHDRAWN: EventType.PROPOSAL_WITHDRAWN,
}


def opened(proposals: Iterable[int], *, now: datetime) -> None:
    """Each producer hears of its own proposals, the buyer once of each bundle."""
    bundles: dict[UUID, list[Proposal]] = {}
    notices, made = [], _with_parties(proposals)
    events.record([_happened(one, EventType.PROPOSAL_CREATED) for one in made], now=now)
    for one in made:
        bundles.setdefault(one.bundle, []).append(one)
        other = one.requirement.organisation.name
        notices.append(_opened([one], one.lot.organisation_id, other, f"producer:{one.pk}"))
    for bundle, members in bundles.items():
        names = sorted({one.lot.organisation.name for one in members})
        buyer = members[0].requirement.organisation_id
        notices.append(_opened(members, buyer, ", ".join(names), f"buyer:{bundle}"))
    tell_many(notices, now=now)


def approval_asked(asked: Approval, *, kg: int, readers: Collection[int], now: datetime) -> None:
    """To those of the own organisation who may accept as the second."""
    who, one = asked.asked_by, asked.proposal
    notice = Notice(
        organisations=[asked.organisation_id],
        event=Event.APPROVAL_ASKED,
        key=f"approval.asked:{asked.pk}:{who.pk}",
        params={
            "who": who.name or who.email,
            "tonnes": fields.tonnes(kg),
            "until": one.expires_at.isoformat(),
        },
        path=_path(one),
        readers=readers,
    )
    tell_many([notice], now=now)


def accepted(proposals: Sequence[Proposal], side: Side, *, now: datetime) -> None:
    """To the other side of each; systems of both sides hear of it."""
    told = _with_parties(one.pk for one in proposals)
    side_name = side.value.lower()
    events.record(
        [_happened(one, EventType.PROPOSAL_ACCEPTED, side=side_name) for one in told], now=now
    )
    tell_many(
        [
            Notice(
                organisations=[reader],
                event=Event.PROPOSAL_ACCEPTED,
                key=f"proposal.accepted:{one.pk}:{side.value}",
                params={"tonnes": fields.tonnes(one.quantity_kg), "other": other},
                path=_path(one),
            )
            for one in told
            for reader_side, reader, other in _readers(one)
            if reader_side is not side
        ],
        now=now,
    )


def ended(proposals: Sequence[Proposal], *, now: datetime) -> None:
    """To both sides, without a reason: that of a decline belongs to the side that declined."""
    if not proposals:
        return
    told = _with_parties(one.pk for one in proposals)
    events.record([_happened(one, ENDS[ProposalState(one.state)]) for one in told], now=now)
    tell_many(
        [
            Notice(
                organisations=[reader],
                event=Event.PROPOSAL_ENDED,
                key=f"proposal.ended:{one.pk}",
                params={
                    "tonnes": fields.tonnes(one.quantity_kg),
                    "other": other,
                    "how": one.state,
                },
                path=_path(one),
            )
            for one in told
            for _side, reader, other in _readers(one)
        ],
        now=now,
    )


def lots_paused(lots: Sequence[Lot], *, now: datetime) -> None:
    events.record([events.of_listing(lot, EventType.LOT_PAUSED) for lot in lots], now=now)
    tell_many(
        [
            _paused(
                lot.organisation_id,
                f"{fields.tonnes(lot.quantity_kg)} t {lot.grade}",
                f"lot:{lot.pk}:{lot.version}",
                f"/lots/{lot.public_id}",
            )
            for lot in lots
        ],
        now=now,
    )


def requirements_paused(requirements: Sequence[Requirement], *, now: datetime) -> None:
    events.record(
        [events.of_listing(wanted, EventType.REQUIREMENT_PAUSED) for wanted in requirements],
        now=now,
    )
    tell_many(
        [
            _paused(
                wanted.organisation_id,
                f"{fields.tonnes(wanted.volume_kg)} t {', '.join(wanted.grades)}".strip(),
                f"requirement:{wanted.pk}:{wanted.version}",
                f"/requirements/{wanted.public_id}",
            )
            for wanted in requirements
        ],
        now=now,
    )


def _happened(one: Proposal, event: EventType, **more: str) -> Happened:
    side = more.get("side", "")
    return Happened(
        event=event,
        organisations={one.lot.organisation_id, one.requirement.organisation_id},
        of=one.public_id,
        key=f"{event.value}:{one.pk}{f':{side}' if side else ''}",
        more=more,
    )


def _opened(members: Sequence[Proposal], reader: int, other: str, key: str) -> Notice:
    first = members[0]
    return Notice(
        organisations=[reader],
        event=Event.PROPOSAL_OPENED,
        key=f"proposal.opened:{key}",
        params={
            "tonnes": fields.tonnes(sum(one.quantity_kg for one in members)),
            "product": first.lot.product_form,
            "other": other,
            "until": first.expires_at.isoformat(),
        },
        path=_path(first),
    )


def _paused(owner: int, listing: str, key: str, path: str) -> Notice:
    return Notice(
        organisations=[owner],
        event=Event.LISTING_PAUSED,
        key=f"listing.paused:{key}",
        params={"listing": listing},
        path=path,
    )


def _with_parties(proposals: Iterable[int]) -> list[Proposal]:
    found = Proposal.objects.filter(pk__in=list(proposals)).order_by("pk")
    return list(
        found.select_related("lot__organisation", "requirement__organisation").defer(
            "requirement__max_premium", "requirement__internal_carbon_price"
        )
    )


def _readers(one: Proposal) -> Iterable[tuple[Side, int, str]]:
    """Each side: its organisation, and the other's name."""
    producer, buyer = one.lot.organisation, one.requirement.organisation
    return ((Side.PRODUCER, producer.pk, buyer.name), (Side.BUYER, buyer.pk, producer.name))


def _path(one: Proposal) -> str:
    return f"/proposals/{one.public_id}"
