"""One certificate typed in many ways is one certificate, and covers its tonnes once."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from marketplace.domain.errors import DomainError
from marketplace.models import Certificate, Lot
from marketplace.services import certificates
from tests.concurrency.conftest import NOW, Market
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.races import at_once
from tests.figures import Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)

SPELLINGS = (
    "CGMC-0001", "cgmc-0001", " CGMC-0001 ", "CGMC\u20130001", "CGMC\u20140001", "CGMC\u22120001",
    "CGMC\u20110001", "\uff23\uff27\uff2d\uff23-0001", "CGMC-\uff10\uff10\uff10\uff11",
    "CG\u200bMC-0001", "CGMC-00\u200d01", "\ufeffCGMC-0001", "CGMC -0001", "CGMC- 0001",
    "CGMC - 0001", "CGMC-001", "CGMC-1", "CGMC-00001", "\u0421GM\u0421-0001", "CGMC\uff0d0001",
)  # fmt: skip


def entered(holder: Trader, issuer: str, number: str) -> Certificate | DomainError:
    raw = {
        "scheme": "CGMC_GREEN_POWER", "issuer": issuer, "number": number, "certified_t": "10000",
        "valid_from": (NOW - timedelta(days=200)).date().isoformat(),
        "valid_to": (NOW + timedelta(days=100)).date().isoformat(),
    }  # fmt: skip
    try:
        return certificates.submit(by=holder.actor, raw=raw, document=None, now=NOW)
    except DomainError as refused:
        return refused


def checked(market: Market, certificate: Certificate) -> Certificate:
    return certificates.verify(public_id=certificate.public_id, by=market.admin, now=NOW)


@attack("A8")
def test_twenty_spellings_by_two_organisations_are_one_certificate(
    market: Market, figures: Figures
) -> None:
    rounds, listed = times(1, 10), 0
    for number_of_round in range(rounds):
        holders = [made.trader(side="producer", by=market.admin, now=NOW) for _each in range(2)]
        tried = at_once(
            [
                partial(entered, holder, f"CGMC {number_of_round}", number)
                for holder in holders
                for number in SPELLINGS
            ]
        )
        kept = [one for one in tried if isinstance(one, Certificate)]
        assert sorted(one.organisation_id for one in kept) == sorted(
            holder.organisation.pk for holder in holders
        )

        at_once([partial(checked, market, one) for one in kept])
        (good,) = Certificate.objects.filter(pk__in=[one.pk for one in kept], state="VERIFIED")
        holder = next(one for one in holders if one.organisation.pk == good.organisation_id)

        publish = partial(made.lot, holder, good, now=NOW, quantity_t="500")
        lots = [one for one in at_once([publish] * 30) if isinstance(one, Lot)]
        good.refresh_from_db()
        assert (len(lots), good.allocated_kg) == (20, 10_000_000)
        listed += len(lots)
    figures.say(
        f"{rounds} x: one number in {len(SPELLINGS)} spellings by two organisations at once, both "
        "verified at once, then 30 lots of 500 t at once on 10,000 t",
        f"one entry a holder, one verified holder, {listed} lots listed, never above 10,000 t",
    )


@attack("A8")
def test_control_read_then_write_loses_kilograms(market: Market) -> None:
    """Without the guarded update draws are lost, and the CHECK alone does not see that."""

    def read_then_write() -> None:
        with transaction.atomic():
            found = Certificate.objects.get(pk=market.certificate.pk)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.05)")
            Certificate.objects.filter(pk=found.pk).update(allocated_kg=found.allocated_kg + 1000)

    at_once([read_then_write] * 8)

    market.certificate.refresh_from_db()
    assert market.certificate.allocated_kg < 8_000
