"""Smelters and casthouses of the own organisation."""

from collections.abc import Mapping
from datetime import datetime

from marketplace.domain.countries import COUNTRIES
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import COUNTRY
from marketplace.models import Site
from marketplace.models.actors import Actor
from marketplace.services import authority
from marketplace.services.constraints import one_transaction

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
