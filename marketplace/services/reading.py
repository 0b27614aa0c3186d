"""Raw lists of public ids, as text with | or as a sequence."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from marketplace.domain.errors import FieldError, gettext_noop
from marketplace.models import Organisation

UNKNOWN = gettext_noop("There is no such organisation.")


def listed(value: object) -> list[str]:
    if value is None:
        return []
    parts: Iterable[object] = value.split("|") if isinstance(value, str) else _sequence(value)
    return [text for part in parts if (text := str(part).strip())]


def uuids(texts: Iterable[str]) -> list[UUID | None]:
    return [_uuid(text) for text in texts]


def organisations(
    raw: Mapping[str, object], name: str, errors: list[FieldError]
) -> list[Organisation]:
    """The named organisations; unknown ids are added to ``errors``."""
    texts = listed(raw.get(name))
    ids = uuids(texts)
    found = list(Organisation.objects.filter(public_id__in=[one for one in ids if one]))
    known = {one.public_id for one in found}
    errors += [
        FieldError(name, text[:100], "unknown", UNKNOWN)
        for text, one in zip(texts, ids, strict=True)
        if one not in known
    ]
    return found


def _sequence(value: object) -> Iterable[object]:
    return value if isinstance(value, Iterable) else [value]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
