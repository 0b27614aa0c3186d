"""Organisations and their people."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from marketplace.domain.countries import COUNTRIES
from marketplace.domain.errors import Conflict, FieldError, InvalidInput, NotFound, gettext_noop
from marketplace.domain.fields import COUNTRY
from marketplace.domain.names import comparable as name_key
from marketplace.domain.vocabulary import Event, Role
from marketplace.models import Membership, Organisation, OrganisationGroup, User
from marketplace.services import (
    authority,
    closing,
    deals,
    locks,
    notifications,
    outbox,
    reading,
    settling,
)
from marketplace.services.closing import Step
from marketplace.services.constraints import one_transaction

SUSPENDED = gettext_noop("This organisation is suspended already.")
NOT_SUSPENDED = gettext_noop("This organisation is not suspended.")
ONE_SUSPENDED = gettext_noop("One of the two organisations is suspended.")
NO_SIDE = gettext_noop("Producer, buyer or both.")
NAME_NEEDED = gettext_noop("Give a name of up to 200 characters.")


@one_transaction
def create(
    *,
    name: str,
    country: str,
    is_producer: bool,
    is_buyer: bool,
    group: OrganisationGroup | None = None,
    is_demo: bool = False,
    now: datetime,
) -> Organisation:
    """A new organisation, not verified yet."""
    if errors := faults(name=name, country=country):
        raise InvalidInput(errors)
    return Organisation.objects.create(
        name=name.strip(),
        name_key=name_key(name),
        country=country.strip().upper(),
        group=group,
        is_producer=is_producer,
        is_buyer=is_buyer,
        is_demo=is_demo,
    )


def faults(*, name: str, country: str) -> list[FieldError]:
    """What is wrong with a new organisation's name and country."""
    errors = []
    if not 0 < len(name_key(name)) <= 200:
        errors.append(FieldError("name", name[:200], "required", NAME_NEEDED))
    if country.strip().upper() not in COUNTRIES:
        errors.append(FieldError("country", country[:20], "invalid", COUNTRY))
    return errors


@one_transaction
def verify(*, public_id: UUID, by: User, now: datetime) -> Organisation:
    """Let an organisation trade. A market admin who is one of its members may not."""
    organisation = _locked(public_id, by)
    if organisation.verified_at is None:
        organisation.verified_at, organisation.verified_by = now, by
        organisation.save(update_fields=["verified_at", "verified_by"])
        _tell(organisation, "VERIFIED", "", now)
        outbox.request_round(now=now)
    return organisation


@one_transaction
def suspend(*, public_id: UUID, by: User, reason: str, now: datetime) -> Organisation:
    """Stop an organisation's trade: its open proposals end, its deals are flagged, all are told.

    Its people may still read, on the site and by their keys. Its reason is its own affair: the
    other sides read only that one of the two is suspended.
    """
    reason = reading.reason(reason)
    organisation = _locked(public_id, by)
    if organisation.suspended_at is not None:
        raise Conflict(SUSPENDED)
    organisation.suspended_at, organisation.suspended_reason = now, reason
    organisation.save(update_fields=["suspended_at", "suspended_reason"])
    of_it = Q(lot__organisation=organisation) | Q(requirement__organisation=organisation)
    step = Step("withdrawn", now, by, reason=ONE_SUSPENDED)
    settling.withdraw_all(closing.lock_open(of_it), step)
    deals.flag_parties(organisation_ids=[organisation.pk], reason=ONE_SUSPENDED, now=now)
    _tell(organisation, "SUSPENDED", reason, now)
    outbox.request_round(now=now)
    return organisation


@one_transaction
def reinstate(*, public_id: UUID, by: User, now: datetime) -> Organisation:
    """Lift a suspension. Flags on its deals stay until an admin has looked at each."""
    organisation = _locked(public_id, by)
    if organisation.suspended_at is None:
        raise Conflict(NOT_SUSPENDED)
    organisation.suspended_at, organisation.suspended_reason = None, ""
    organisation.save(update_fields=["suspended_at", "suspended_reason"])
    _tell(organisation, "REINSTATED", "", now)
    outbox.request_round(now=now)
    return organisation


@one_transaction
def add_member(*, organisation: Organisation, user: User, role: Role) -> Membership:
    return Membership.objects.create(organisation=organisation, user=user, role=role.value)


def _locked(public_id: UUID, by: User) -> Organisation:
    """Before any lot: whoever opens proposals of it holds it as well, and waits or has finished."""
    pk = Organisation.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound
    organisation = locks.organisations([pk])[pk]
    authority.impartial_admin(by, organisation)
    return organisation


def _tell(organisation: Organisation, what: str, why: str, now: datetime) -> None:
    notifications.tell(
        organisations=[organisation.pk],
        event=Event.ORGANISATION_DECIDED,
        key=f"organisation.{what.lower()}:{organisation.pk}:{now.isoformat()}",
        params={"what": what, "why": why},
        path="/dashboard",
        now=now,
    )
