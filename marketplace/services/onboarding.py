"""How a person who signed up brings their organisation to the market."""

from collections.abc import Mapping
from datetime import datetime

from marketplace.domain.errors import Conflict, FieldError, InvalidInput, gettext_noop
from marketplace.domain.vocabulary import Role
from marketplace.models import Membership, Organisation, User
from marketplace.selectors import terms as current
from marketplace.services import organisations, terms
from marketplace.services.constraints import one_transaction

YES = ("on", "yes", "true", "True", True)
TERMS_NEEDED = gettext_noop("The market is open to who accepts its terms.")
ONE_AT_A_TIME = gettext_noop("An organisation of yours still waits for its verification.")


@one_transaction
def found(*, by: User, raw: Mapping[str, object], now: datetime) -> Organisation:
    """A new organisation with its first owner and the terms they accepted.

    ``raw``: name, country, is_producer, is_buyer, accept_terms, and terms_version as it was read.
    It waits for an admin's verification. Raises InvalidInput at each wrong value; Conflict where
    another of the same owner waits, or the terms changed meanwhile.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    own = Membership.objects.filter(user=by, role=Role.OWNER.value)
    if own.filter(organisation__verified_at__isnull=True).exists():
        raise Conflict(ONE_AT_A_TIME)
    version = str(raw.get("terms_version", ""))
    if version != current.version():
        raise Conflict(terms.CHANGED)
    organisation = _created(raw, now)
    organisations.add_member(organisation=organisation, user=by, role=Role.OWNER)
    terms.record(organisation=organisation, user=by, version=version, now=now)
    return organisation


def _created(raw: Mapping[str, object], now: datetime) -> Organisation:
    """With the refusal of unaccepted terms beside those of the other values."""
    errors = []
    if raw.get("accept_terms") not in YES:
        errors.append(FieldError("accept_terms", "", "required", TERMS_NEEDED))
    sides = {name: raw.get(name) in YES for name in ("is_producer", "is_buyer")}
    if not any(sides.values()):
        errors.append(FieldError("is_producer", "", "required", organisations.NO_SIDE))
    name, country = str(raw.get("name", "")), str(raw.get("country", ""))
    errors += organisations.faults(name=name, country=country)
    if errors:
        raise InvalidInput(errors)
    return organisations.create(
        name=name,
        country=country,
        is_producer=sides["is_producer"],
        is_buyer=sides["is_buyer"],
        now=now,
    )
