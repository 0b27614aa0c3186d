"""A hand-set clock and a small world for the tests of rounds."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.models import Lot, Requirement
from matching import services
from tests.factories import market as made

# The last noon that has passed: pages and API read these worlds by the real clock.
NOON = (datetime.now(UTC) - timedelta(hours=12)).replace(hour=12, minute=0, second=0, microsecond=0)


class Clock:
    """Stands still until told otherwise."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **time: float) -> None:
        self.at += timedelta(**time)


class World:
    """An admin, a producer with a certificate, a buyer, and nothing for sale yet."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.admin = made.admin(now=clock())
        self.producer = made.trader(side="producer", by=self.admin, now=clock())
        self.buyer = made.trader(side="buyer", by=self.admin, now=clock())
        self.certificate = made.certificate(self.producer, by=self.admin, now=clock())

    def lot(self, **raw: object) -> Lot:
        return made.lot(self.producer, self.certificate, now=self.clock(), **raw)

    def requirement(self, **raw: object) -> Requirement:
        return made.requirement(self.buyer, now=self.clock(), **raw)


def ask(clock: Clock) -> timedelta | None:
    """Have the worker's step done: a round when something changed; how long to wait if any."""
    return services.run_on_change(row_id=None, clock=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock)


@pytest.fixture
def market(world: World) -> World:
    """200 t that fit; 900 t too high in carbon alone, 300 t that ask too much."""
    world.lot(quantity_t="200")
    world.lot(quantity_t="900", ci_smelter_s1s2="4.400")
    world.lot(quantity_t="300", ask_premium="30")
    return world
