"""Lists too long to wait for: a worker writes the file, and only who asked for it has it."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace import tasks
from marketplace.models import ExportJob, ExportPart, Membership, OutboxRow
from marketplace.models.choices import EXPORT_TABLES
from marketplace.selectors import exports as tables
from marketplace.selectors.export_jobs import WRITE
from marketplace.services import exports as services
from marketplace.services import retention
from marketplace.web import exports
from tests.factories import market as made
from tests.factories.sheets import sent_back
from tests.integration.marketplace.web.conftest import Place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_list_is_soon_long(monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    for number in range(3):
        form = "SOW" if number else "INGOT"
        made.lot(place.producer, place.certificate, product_form=form, reference=f"L{number}")


def asked(browser: Any, address: str) -> ExportJob:
    """The way through the pages, from a list's link to the waiting file."""
    landed = browser.get(address, follow=True)
    page = landed.redirect_chain[-1][0]
    assert not ExportJob.objects.filter(state="ASKED").exists(), "reading a page starts nothing"
    answer = browser.post(page)
    job = ExportJob.objects.latest("pk")
    assert answer["Location"] == reverse("export_job", args=[job.public_id])
    return job


def written(job: ExportJob) -> ExportJob:
    row = OutboxRow.objects.get(task=WRITE, argument=job.pk)
    tasks.write_export(row.pk)
    row.refresh_from_db()
    assert row.done_at, row.last_error
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_long_list_is_written_watched_and_fetched(
    place: Place, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = place.browser(place.producer)
    list_page = f"/exports/lots.{form}?product_form=SOW"
    shown = browser.get(list_page, follow=True)
    assert "The list holds 2 rows" in " ".join(shown.content.decode().split())
    job = asked(browser, list_page)
    page = browser.get(reverse("export_job", args=[job.public_id])).content.decode()
    assert 'hx-trigger="every 1s"' in page
    fragment = browser.get(reverse("export_progress", args=[job.public_id])).content.decode()
    assert "0 of 2 rows" in " ".join(fragment.split())
    assert browser.get(reverse("export_file", args=[job.public_id])).status_code == 404

    job = written(job)
    over = browser.get(reverse("export_progress", args=[job.public_id]))
    assert over.headers["HX-Refresh"] == "true"
    assert job.file_name in browser.get(reverse("exports")).content.decode()
    done = browser.get(reverse("export_job", args=[job.public_id])).content.decode()
    assert "2 rows" in " ".join(done.split())
    answer = browser.get(reverse("export_file", args=[job.public_id]))
    content = sent_back(answer)
    assert (job.rows_done, str(len(content))) == (2, answer["Content-Length"])
    assert answer["Content-Disposition"] == f'attachment; filename="{job.file_name}"'
    monkeypatch.setattr(exports, "AT_ONCE", 9)
    at_once = sent_back(browser.get(list_page))
    if form == "csv":
        assert content == at_once
    else:
        ours, same = (openpyxl.load_workbook(io.BytesIO(one)) for one in (content, at_once))
        assert list(ours.active.values) == list(same.active.values)


def test_a_file_of_several_pieces_is_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PIECE", 100)
    browser = place.browser(place.producer)
    job = written(asked(browser, "/exports/lots.csv"))
    assert ExportPart.objects.filter(job=job).count() > 5
    content = sent_back(browser.get(reverse("export_file", args=[job.public_id])))
    monkeypatch.setattr(exports, "AT_ONCE", 9)
    assert content == sent_back(browser.get("/exports/lots.csv"))


def test_a_colleague_does_not_find_it(place: Place) -> None:
    job = written(asked(place.browser(place.producer), "/exports/lots.csv"))
    colleague = made.trader(side="producer", by=place.admin)
    organisation = place.producer.organisation
    Membership.objects.filter(user=colleague.user).update(organisation=organisation)
    other = place.browser(colleague)
    for name in ("export_job", "export_progress", "export_file"):
        assert other.get(reverse(name, args=[job.public_id])).status_code == 404
    assert job.file_name not in other.get(reverse("exports")).content.decode()


def test_who_has_left_since_gets_nothing(place: Place) -> None:
    job = asked(place.browser(place.producer), "/exports/lots.csv")
    Membership.objects.filter(user=place.producer.user).delete()
    job = written(job)
    assert (job.state, job.rows_done, job.parts.count()) == ("REFUSED", 0, 0)


def test_what_is_delivered_twice_is_written_once(place: Place) -> None:
    job = written(asked(place.browser(place.producer), "/exports/lots.csv"))
    before = (job.finished_at, job.parts.count())
    row = OutboxRow.objects.get(task=WRITE, argument=job.pk)
    services.write(row=row, clock=timezone.now)
    stale = ExportJob.objects.get(pk=job.pk)
    services._keep(stale, io.BytesIO(b"of another worker"), rows=1, now=timezone.now())
    job.refresh_from_db()
    assert (job.finished_at, job.parts.count()) == before


def test_a_fourth_at_a_time_waits_and_says_so(place: Place) -> None:
    browser = place.browser(place.producer)
    page = reverse("export_new", args=["lots", "csv"])
    for _number in range(3):
        assert browser.post(page).status_code == 302
    refused = browser.post(page)
    assert "Three of your exports are at work" in refused.content.decode()
    assert ExportJob.objects.count() == 3


def test_a_list_beyond_what_a_sheet_holds_is_not_begun(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_ROWS", 2)
    answer = place.browser(place.producer).post(reverse("export_new", args=["lots", "xlsx"]))
    assert "More than 2 rows: narrow the list." in answer.content.decode()
    assert not ExportJob.objects.exists()


def test_files_go_after_a_week(place: Place) -> None:
    job = written(asked(place.browser(place.producer), "/exports/lots.csv"))
    assert job.finished_at is not None
    assert retention.prune(now=job.created_at + timedelta(days=6)).exports == 0
    assert retention.prune(now=job.created_at + timedelta(days=8)).exports == 1
    assert not ExportPart.objects.exists()


def test_every_list_that_is_exported_has_its_name() -> None:
    assert {code for code, _label in EXPORT_TABLES} == set(tables.EXPORTS)


def test_a_table_or_form_that_there_is_not(place: Place) -> None:
    browser = place.browser(place.producer)
    for bad in (("users", "csv"), ("lots", "pdf")):
        assert browser.get(reverse("export_new", args=bad)).status_code == 404
