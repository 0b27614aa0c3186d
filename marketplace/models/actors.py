"""Who acts, and for which organisation: what every service asks for as ``by``."""

from dataclasses import dataclass

from marketplace.domain.vocabulary import Role
from marketplace.models.organisations import Organisation
from marketplace.models.users import User


@dataclass(frozen=True)
class Actor:
    """A signed-in user (or the owner of an API key) acting for one organisation."""

    user: User
    organisation: Organisation
    role: Role

    @property
    def may_trade(self) -> bool:
        return self.role in (Role.TRADER, Role.OWNER)
