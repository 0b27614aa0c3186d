"""Organisations and their people."""

from datetime import datetime
from uuid import UUID

from marketplace.domain.countries import COUNTRIES
from marketplace.domain.errors import FieldError, InvalidInput, NotFound, gettext_noop
from marketplace.domain.fields import COUNTRY
from marketplace.domain.names import comparable as name_key
from marketplace.domain.vocabulary import Role
from marketplace.models import Membership, Organisation, OrganisationGroup, User
from marketplace.services import authority, outbox
from marketplace.services.constraints import one_transaction

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
    errors = []
    if not 0 < len(name_key(name)) <= 200:
        errors.append(FieldError("name", name[:200], "required", NAME_NEEDED))
    code = country.strip().upper()
    if code not in COUNTRIES:
        errors.append(FieldError("country", country[:20], "invalid", COUNTRY))
    if errors:
        raise InvalidInput(errors)
    return Organisation.objects.create(
        name=name.strip(),
        name_key=name_key(name),
        country=code,
        group=group,
        is_producer=is_producer,
        is_buyer=is_buyer,
        is_demo=is_demo,
    )


@one_transaction
def verify(*, public_id: UUID, by: User, now: datetime) -> Organisation:
    """Let an organisation trade. A market admin who is one of its members may not."""
    organisation = Organisation.objects.select_for_update().filter(public_id=public_id).first()
    if organisation is None:
        raise NotFound
    authority.impartial_admin(by, organisation)
    if organisation.verified_at is None:
        organisation.verified_at, organisation.verified_by = now, by
        organisation.save(update_fields=["verified_at", "verified_by"])
        outbox.request_round(now=now)
    return organisation


@one_transaction
def add_member(*, organisation: Organisation, user: User, role: Role) -> Membership:
    return Membership.objects.create(organisation=organisation, user=user, role=role.value)
