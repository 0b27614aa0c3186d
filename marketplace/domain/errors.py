"""Expected failures. Each has a stable code; pages, API, files and logs translate them once.

Messages are English templates marked for translation. ``gettext_noop`` is only a marker that
message extraction knows; the outer layers translate the template and then fill in ``params``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field


def gettext_noop(message: str) -> str:
    return message


@dataclass(frozen=True)
class FieldError:
    """One refused value: field, what was given, which rule (``code``), and the words for it."""

    field: str
    value: str
    code: str
    message: str
    params: Mapping[str, str] = dataclass_field(default_factory=dict)

    def __str__(self) -> str:
        return self.message.format(**self.params)


class DomainError(Exception):
    """Base of every expected failure."""

    code = "domain_error"
    message = gettext_noop("This is not possible.")

    def __init__(self, message: str | None = None, **params: str) -> None:
        self.message = message or self.message
        self.params = params
        super().__init__(self.message.format(**params))


class InvalidInput(DomainError):
    """The input breaks rules; every broken rule is listed, not only the first."""

    code = "invalid_input"
    message = gettext_noop("Some values break a rule.")

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__()
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "; ".join(f"{error.field}: {error}" for error in self.errors)


class NotAllowed(DomainError):
    """The caller may see the thing but may not do this with it."""

    code = "not_allowed"
    message = gettext_noop("You are not allowed to do this.")


class NotFound(DomainError):
    """Absent, or foreign: the two are never told apart."""

    code = "not_found"
    message = gettext_noop("There is no such thing here.")


class Conflict(DomainError):
    """The state changed meanwhile, or does not allow this step."""

    code = "conflict"
    message = gettext_noop("This changed meanwhile. Look at the current state and try again.")


class Paused(Conflict):
    """An admin has paused trading, for the market or for an organisation."""

    code = "trading_paused"
    message = gettext_noop("Trading is paused at the moment.")
