"""Smelters and casthouses of the own organisation."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from marketplace.domain.countries import COUNTRIES
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import COUNTRY
from marketplace.models import Site
from marketplace.models.actors import Actor
from marketplace.services import authority
from marketplace.services.constraints import one_transaction

NO_SITE = gettext_noop("You have no such site.")
NAME_NEEDED = gettext_noop("Give a name of up to 200 characters.")
LOCODE_WRONG = gettext_noop("A UN/LOCODE has five letters or digits, such as CNQDG.")


@one_transaction
def create(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Site:
    authority.trader(by)
    name = str(raw.get("name", "")).strip()
    country = str(raw.get("country", "")).strip().upper()
    unlocode = "".join(str(raw.get("unlocode", "")).upper().split())
    errors = []
    if not 0 < len(name) <= 200:
        errors.append(FieldError("name", name[:200], "required", NAME_NEEDED))
    if country not in COUNTRIES:
        errors.append(FieldError("country", country[:20], "invalid", COUNTRY))
    if unlocode and not (len(unlocode) == 5 and unlocode.isascii() and unlocode.isalnum()):
        errors.append(FieldError("unlocode", unlocode[:20], "invalid", LOCODE_WRONG))
    if errors:
        raise InvalidInput(errors)
    return Site.objects.create(
        organisation=by.organisation, name=name, country=country, unlocode=unlocode
    )


def named(by: Actor, value: object) -> Site | None:
    """The named site of the own organisation, or None for an empty value."""
    text = str(value or "").strip()
    if not text:
        return None
    try:
        found = Site.objects.filter(organisation=by.organisation, public_id=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput([FieldError("site", text[:100], "unknown", NO_SITE)])
    return found
