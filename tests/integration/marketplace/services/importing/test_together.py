"""Many lots on one certificate: drawn together, and to the kilogram as if one by one."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.domain.vocabulary import LedgerAccount
from marketplace.models import LedgerPosting, Lot
from marketplace.services import backing, lots
from tests.factories import market as made
from tests.factories.offers import books_balance
from tests.factories.sheets import confirmed, reasons
from tests.integration.marketplace.services.importing.conftest import Place

pytestmark = pytest.mark.django_db


def allocated(place: Place) -> int:
    place.certificate.refresh_from_db()
    return place.certificate.allocated_kg


def test_a_certificate_is_written_once_for_many_lots(place: Place) -> None:
    job = place.lots(*(place.row(f"L{number}", quantity_t="2.5") for number in range(30)))
    with CaptureQueriesContext(connection) as asked:
        job = confirmed(place.producer, job)
    assert job.state == "IMPORTED"
    written = [one for one in asked if one["sql"].startswith('UPDATE "marketplace_certificate"')]
    assert len(written) == 1
    assert allocated(place) == 75_000
    drawn = LedgerPosting.objects.filter(target=LedgerAccount.LISTED.value)
    assert sorted(drawn.values_list("kg", flat=True)) == [2_500] * 30
    books_balance()


def test_where_there_is_not_enough_each_is_judged_by_itself(place: Place) -> None:
    """Checked at 12,000 t; 11,900 t are drawn since: of 60, 50 and 40 t the second does not fit."""
    rows = [
        place.row(name, quantity_t=tonnes)
        for name, tonnes in (("A", "60"), ("B", "50"), ("C", "40"))
    ]
    job = place.lots(*rows)
    made.lot(place.producer, place.certificate, quantity_t="11900")
    job = confirmed(place.producer, job, good_rows_only=True)
    assert job.state == "IMPORTED"
    assert set(Lot.objects.exclude(reference="").values_list("reference", flat=True)) == {"A", "C"}
    assert allocated(place) == 12_000_000
    ((column, _value, words),) = reasons(job)[3]
    assert column == "quantity_t" and "40 t left" in words
    books_balance()


def test_all_or_nothing_stays_all_or_nothing(place: Place) -> None:
    job = place.lots(place.row("A", quantity_t="60"), place.row("B", quantity_t="50"))
    made.lot(place.producer, place.certificate, quantity_t="11900")
    job = confirmed(place.producer, job)
    assert job.state == "REFUSED"
    assert not Lot.objects.exclude(reference="").exists()
    assert allocated(place) == 11_900_000
    books_balance()


def test_a_lot_that_fails_draws_nothing(place: Place) -> None:
    with transaction.atomic(), backing.together():
        for fails in (False, True, False):
            values = made.lot_values(place.certificate, quantity_t="10")
            try:
                with backing.undone_on_failure(), transaction.atomic():
                    lots.publish(by=place.producer.actor, raw=values, now=timezone.now())
                    if fails:
                        raise ValueError
            except ValueError:
                continue
    assert allocated(place) == 20_000
    assert Lot.objects.count() == 2
    books_balance()
