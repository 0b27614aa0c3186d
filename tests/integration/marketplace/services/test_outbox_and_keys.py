"""The outbox rings after the commit; keys open the API until they are revoked."""

import io
from datetime import UTC, datetime

import pytest
from django.db import transaction

from marketplace.domain.errors import InvalidInput, NotAllowed
from marketplace.models import ApiKey, OutboxRow
from marketplace.services import keys, outbox, rates, users
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setattr(outbox, "ring", lambda task, row_id: heard.append(row_id))
    return heard


def test_the_doorbell_rings_after_the_commit_only(rung: list[int]) -> None:
    with transaction.atomic():
        row = outbox.add(task=outbox.ROUND, now=NOW)
        assert rung == []

    assert rung == [row.pk]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.add(task=outbox.ROUND, now=NOW)
        raise ZeroDivisionError
    assert len(rung) == OutboxRow.objects.count() == 1


def test_a_key_is_kept_as_a_hash_and_opens_until_revoked() -> None:
    admin = made.admin(now=NOW)
    trader = made.trader(side="buyer", by=admin, now=NOW)
    key = keys.issue(user=trader.user, organisation=trader.organisation, now=NOW)

    assert keys.authenticate(key=key, now=NOW) == trader.actor
    assert key.startswith("gpm_")
    row = ApiKey.objects.get()
    assert key not in (row.key_sha256, row.prefix)
    keys.revoke(public_id=row.public_id, by=trader.user, now=NOW)
    assert keys.authenticate(key=key, now=NOW) is None
    assert keys.authenticate(key="gpm_x_y", now=NOW) is None
    with pytest.raises(NotAllowed):
        keys.issue(user=trader.user, organisation=None, now=NOW)


def test_one_address_one_user_however_it_is_typed() -> None:
    users.create_user(email="ann@mill.example", password="correct horse battery", name="Ann")

    with pytest.raises(InvalidInput) as refused:
        users.create_user(email=" ANN@mill.example", password="correct horse battery", name="A")

    assert [error.field for error in refused.value.errors] == ["email"]


def test_an_import_of_rates_with_a_bad_row_stores_nothing() -> None:
    admin = made.admin(now=NOW)
    table = b"currency,usd_per_unit,date\nEUR,1.08,2026-11-23\nEUR,-1,2026-11-24\n"

    with pytest.raises(InvalidInput) as refused:
        rates.import_csv(file=io.BytesIO(table), by=admin, now=NOW)

    assert [error.field for error in refused.value.errors] == ["3: usd_per_unit"]
    assert rates.import_csv(file=io.BytesIO(table[:-19]), by=admin, now=NOW) == 1
