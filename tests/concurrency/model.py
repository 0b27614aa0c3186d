"""A market that knows only arithmetic, in tonnes: what the database is compared with."""

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Offer:
    """A lot of the model: tonnes."""

    quantity: int
    reserved: int = 0
    sold: int = 0
    state: str = "OPEN"
    expiries: int = 0

    @property
    def left(self) -> int:
        return 0 if self.state == "WITHDRAWN" else self.quantity - self.reserved - self.sold


@dataclass
class Wish:
    """A requirement of the model."""

    volume: int
    reserved: int = 0
    bought: int = 0
    state: str = "OPEN"
    expiries: int = 0


@dataclass
class Firm:
    """A proposal of the model: between places in the lists of lots and requirements."""

    lot: int
    wish: int
    tonnes: int
    until: datetime
    state: str = "PROPOSED"
    producer: bool = False
    buyer: bool = False
