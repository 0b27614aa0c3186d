"""How somebody wants to read the site and its e-mails: their language and time zone."""

from collections.abc import Mapping

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.models import User
from marketplace.selectors import readers
from marketplace.services.constraints import one_transaction

NO_LANGUAGE = gettext_noop("The site does not speak this language.")
NO_ZONE = gettext_noop("There is no time zone of this name.")


@one_transaction
def choose(*, by: User, raw: Mapping[str, object]) -> User:
    """Keep ``language`` and ``time_zone``; empty means the browser's, and UTC.

    Raises InvalidInput, naming each of the two that is not known.
    """
    language, zone = str(raw.get("language", "")), str(raw.get("time_zone", ""))
    errors = []
    if language and language not in readers.languages():
        errors.append(FieldError("language", language[:20], "unknown", NO_LANGUAGE))
    if zone and zone not in readers.zones():
        errors.append(FieldError("time_zone", zone[:60], "unknown", NO_ZONE))
    if errors:
        raise InvalidInput(errors)
    by.language, by.time_zone = language, zone
    by.save(update_fields=["language", "time_zone"])
    return by


@one_transaction
def choose_language(*, by: User | None, language: str) -> str:
    """One of the site's languages, kept for who is signed in. Raises InvalidInput for another."""
    if language not in readers.languages():
        raise InvalidInput([FieldError("language", language[:20], "unknown", NO_LANGUAGE)])
    if by is not None:
        by.language = language
        by.save(update_fields=["language"])
    return language
