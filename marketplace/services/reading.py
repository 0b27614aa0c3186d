"""Raw lists of public ids, as text with | or as a sequence."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import CONTROL, as_list, has_control
from marketplace.models import Organisation

NEEDS_REASON = gettext_noop("Say why: those concerned read it.")
REASON_LENGTH = 500
UNKNOWN = gettext_noop("There is no such organisation.")


def uuids(texts: Iterable[str]) -> list[UUID | None]:
    return [_uuid(text) for text in texts]


def organisations(
    raw: Mapping[str, object], name: str, errors: list[FieldError]
) -> list[Organisation]:
    """The named organisations; unknown ids are added to ``errors``."""
    texts = as_list(raw.get(name))
    ids = uuids(texts)
    found = list(Organisation.objects.filter(public_id__in=[one for one in ids if one]))
    known = {one.public_id for one in found}
    errors += [
        FieldError(name, text[:100], "unknown", UNKNOWN)
        for text, one in zip(texts, ids, strict=True)
        if one not in known
    ]
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def reason(text: str, needed: str = NEEDS_REASON) -> str:
    """Why somebody does something; lines may break in it. InvalidInput when empty or unstorable."""
    found = text.strip()[:REASON_LENGTH]
    if not found:
        raise InvalidInput([FieldError("reason", "", "required", needed)])
    if has_control("".join(found.split())):
        raise InvalidInput([FieldError("reason", "", "control_character", CONTROL)])
    return found
