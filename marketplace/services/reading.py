"""Raw lists of public ids, as text with | or as a sequence."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from marketplace.domain.errors import FieldError, gettext_noop
from marketplace.domain.fields import as_list
from marketplace.models import Organisation

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
