"""A producer and a buyer who send market files."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from marketplace.models import (
    Certificate,
    ImportJob,
    User,
)
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.sheets import (
    as_csv,
    checked,
    lot_row,
)

PAPER = "CGMC_GREEN_POWER:"


@dataclass
class Place:
    admin: User
    producer: Trader
    buyer: Trader
    certificate: Certificate

    @property
    def paper(self) -> str:
        return f"{PAPER}{self.certificate.number}"

    def row(self, number: str, **cells: str) -> dict[str, str]:
        return lot_row(number, self.paper, today=None, **cells)

    def lots(self, *rows: dict[str, str]) -> ImportJob:
        return checked(self.producer, "LOTS", as_csv(rows))

    def requirements(self, *rows: dict[str, str]) -> ImportJob:
        return checked(self.buyer, "REQUIREMENTS", as_csv(rows))


@pytest.fixture
def place() -> Place:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    buyer = made.trader(side="buyer", by=admin)
    return Place(admin, producer, buyer, made.certificate(producer, by=admin))
