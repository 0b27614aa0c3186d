"""From a JSON body to the raw values that services take: only shape is judged here."""

from typing import Any

from rest_framework import serializers

from marketplace.api.fields import PublicIds
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop

LIST_FIELDS = (serializers.ListField, PublicIds)
UNKNOWN = gettext_noop("There is no such field, or it cannot be set.")
NOT_TEXT = gettext_noop("Give one value: text, a number or null.")
NOT_FLAG = gettext_noop("Give true or false.")
NOT_LIST = gettext_noop("Give a list of texts.")
BAD_TEXT = gettext_noop("The text has characters that cannot be stored.")


class NoValues(serializers.Serializer[Any]):
    """For operations that say all by their address."""


def raw_values(body: Any, columns: type[serializers.Serializer[Any]]) -> dict[str, object]:
    """Raw text by column; lists stay lists. Every unknown field and wrong shape is named.

    ``body`` is an object already: the parser takes nothing else, and no body is an empty one.
    """
    known = dict(columns().fields.items())
    errors = [
        FieldError(name, _echo(value), "unknown_field", UNKNOWN)
        for name, value in body.items()
        if name not in known
    ]
    values: dict[str, object] = {}
    for name, value in body.items():
        if name not in known:
            continue
        found = _raw(name, value, known[name])
        if isinstance(found, FieldError):
            errors.append(found)
        else:
            values[name] = found
    if errors:
        raise InvalidInput(errors)
    return values


def _raw(
    name: str, value: Any, field: "serializers.Field[Any, Any, Any, Any]"
) -> str | list[str] | FieldError:
    is_list, is_flag = isinstance(field, LIST_FIELDS), isinstance(field, serializers.BooleanField)
    if isinstance(value, list) and is_list:
        if not all(isinstance(item, str) for item in value):
            return FieldError(name, _echo(value), "not_a_list", NOT_LIST)
        refused = next((item for item in value if not storable(item)), None)
        return value if refused is None else FieldError(name, "", "bad_text", BAD_TEXT)
    if value is None:
        return ""
    # Only where a yes or no is asked for: a country would read "no" as Norway.
    if isinstance(value, bool) and is_flag:
        return "yes" if value else "no"
    if not isinstance(value, str):
        return FieldError(name, _echo(value), *_misshapen(is_list=is_list, is_flag=is_flag))
    return value if storable(value) else FieldError(name, "", "bad_text", BAD_TEXT)


def _misshapen(*, is_list: bool, is_flag: bool) -> tuple[str, str]:
    if is_list:
        return "not_a_list", NOT_LIST
    return ("not_a_flag", NOT_FLAG) if is_flag else ("not_a_value", NOT_TEXT)


def storable(text: str) -> bool:
    """PostgreSQL takes neither NUL nor half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _echo(value: Any) -> str:
    return value if isinstance(value, str) and storable(value) else ""
