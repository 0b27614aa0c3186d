"""Imports at the same moment as each other, as their own confirmation, and as everything else."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from marketplace.domain.errors import Conflict
from marketplace.models import ImportJob, Lot, OutboxRow
from marketplace.selectors import imports as selectors
from marketplace.selectors import market_rows
from marketplace.services import imports, lots, progress
from marketplace.services.importing import listings
from tests.concurrency.conftest import NOW, Market
from tests.factories import market as made
from tests.factories.races import at_once
from tests.factories.sheets import as_csv, lot_row

pytestmark = pytest.mark.django_db(transaction=True)


def job_of(market: Market, *rows: dict[str, str]) -> ImportJob:
    content = as_csv(rows)
    file = imports.Upload("november.csv", len(content), [content])
    job = imports.upload(by=market.producer.actor, kind="LOTS", file=file, now=NOW)
    imports.check(row=OutboxRow.objects.get(task=selectors.CHECK), clock=lambda: NOW)
    return job


def confirming(market: Market, job: ImportJob) -> Callable[[], ImportJob]:
    return lambda: imports.confirm(
        by=market.producer.actor, public_id=job.public_id, good_rows_only=False, now=NOW
    )


def rows_of(market: Market, count: int) -> list[dict[str, str]]:
    paper = f"CGMC_GREEN_POWER:{market.certificate.number}"
    return [lot_row(f"L{number}", paper, today=NOW.date()) for number in range(count)]


def test_two_confirmations_at_once_are_one_import(market: Market) -> None:
    job = job_of(market, *rows_of(market, 3))
    answers = at_once([confirming(market, job)] * 2)
    assert sum(isinstance(one, Conflict) for one in answers) == 1
    assert OutboxRow.objects.filter(task=selectors.IMPORT).count() == 1


def test_control_without_the_guard_there_are_two(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unguarded(job: ImportJob, _before: object, after: Any, **columns: object) -> None:
        ImportJob.objects.filter(pk=job.pk).update(state=after.value, **columns)

    monkeypatch.setattr(imports, "_move", unguarded)
    job = job_of(market, *rows_of(market, 3))
    at_once([confirming(market, job)] * 2)
    assert OutboxRow.objects.filter(task=selectors.IMPORT).count() == 2


def two_workers(market: Market) -> list[object]:
    job = job_of(market, *rows_of(market, 20))
    confirming(market, job)()
    row = OutboxRow.objects.get(task=selectors.IMPORT)

    def work() -> object:
        try:
            imports.carry_out(row=row, clock=lambda: NOW)
        except imports.StillAtWork as busy:
            return busy
        return None

    answers = at_once([work] * 2)
    job.refresh_from_db()
    assert (job.state, Lot.objects.count()) == ("IMPORTED", 20)
    assert set(Lot.objects.values_list("version", flat=True)) == {1}
    return answers


def test_two_workers_with_one_import_save_it_once(market: Market) -> None:
    assert sum(isinstance(one, imports.StillAtWork) for one in two_workers(market)) <= 1


def test_control_without_the_lock_the_second_does_all_of_it_in_vain(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The constraint on references and the guarded state still hold: it is saved once."""
    monkeypatch.setattr(imports, "_alone", lambda job: None)
    assert not any(isinstance(one, imports.StillAtWork) for one in two_workers(market))


@pytest.mark.parametrize("_round", range(4))
def test_an_import_and_an_edit_of_one_of_its_lots(market: Market, _round: int) -> None:
    made_ones = [
        made.lot(market.producer, market.certificate, now=NOW, quantity_t="10", reference=f"L{n}")
        for n in range(10)
    ]
    rows = [market_rows.of_lot(one, NOW.date()) | {"ask_premium": "19"} for one in made_ones]
    job = job_of(market, *rows)
    confirming(market, job)()
    row = OutboxRow.objects.get(task=selectors.IMPORT)
    raw = made.lot_values(market.certificate, today=NOW.date(), quantity_t="9", reference="L7")

    def edit() -> Lot:
        return lots.edit(
            by=market.producer.actor,
            public_id=made_ones[7].public_id,
            raw=raw,
            version=1,
            now=NOW,
        )

    _imported, edited = at_once([lambda: imports.carry_out(row=row, clock=lambda: NOW), edit])
    job.refresh_from_db()
    prices = set(Lot.objects.values_list("ask_premium", flat=True))
    if isinstance(edited, Conflict):
        assert (job.state, {str(one) for one in prices}) == ("IMPORTED", {"19.00"})
    else:
        assert (job.state, {str(one) for one in prices}) == ("REFUSED", {"20.00"})


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that take their time, and a progress that is told often."""
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.02)
    store = listings.Listings.save

    def slowly(*args: Any) -> Any:
        time.sleep(0.1)
        return store(*args)

    monkeypatch.setattr(listings.Listings, "save", slowly)


@pytest.mark.usefixtures("slow")
def test_progress_is_seen_while_the_import_is_one_open_transaction(market: Market) -> None:
    job = job_of(market, *rows_of(market, 8))
    confirming(market, job)()
    row = OutboxRow.objects.get(task=selectors.IMPORT)
    OutboxRow.objects.filter(pk=row.pk).update(leased_until=NOW)
    seen: list[tuple[int, int]] = []

    def watch() -> None:
        while (found := ImportJob.objects.get(pk=job.pk)).state == "CONFIRMED":
            seen.append((found.rows_done, Lot.objects.count()))
            time.sleep(0.02)

    at_once([lambda: imports.carry_out(row=row, clock=lambda: NOW), watch])
    done = [rows for rows, _lots in seen]
    assert done == sorted(done)
    assert len(set(done) - {0}) >= 3
    assert {lots_seen for _rows, lots_seen in seen[:-1]} == {0}
    row.refresh_from_db()
    assert row.leased_until is not None
    assert row.leased_until > NOW, "held while somebody works"


@pytest.mark.usefixtures("slow")
def test_progress_that_cannot_be_told_stops_nobody(
    market: Market, as_owner: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    job = job_of(market, *rows_of(market, 4))
    confirming(market, job)()
    row = OutboxRow.objects.get(task=selectors.IMPORT)
    own = connection.ops.quote_name(ImportJob._meta.db_table)
    as_owner(
        f"ALTER TABLE {own} ADD CONSTRAINT nothing_done CHECK (rows_done = 0 OR state = 'IMPORTED')"
    )
    try:
        imports.carry_out(row=row, clock=lambda: NOW)
    finally:
        as_owner(f"ALTER TABLE {own} DROP CONSTRAINT nothing_done")
    assert Lot.objects.count() == 4
    assert "progress not written" in caplog.text
