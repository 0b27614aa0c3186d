"""Import and export on the site: pages, downloads, and who gets which of them."""

import io
import re
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from marketplace.domain.vocabulary import Role
from marketplace.models import ImportJob, Lot, OutboxRow
from marketplace.selectors import imports as selectors
from marketplace.services import organisations, users
from tests.factories import market as made
from tests.factories.sheets import (
    as_csv,
    checked,
    confirmed,
    lot_row,
    requirement_row,
    sent,
    sent_back,
    table_of,
    worked,
)
from tests.integration.marketplace.web.conftest import Place

pytestmark = pytest.mark.django_db


def row(place: Place, number: str, **cells: str) -> dict[str, str]:
    return lot_row(number, f"CGMC_GREEN_POWER:{place.certificate.number}", today=None, **cells)


def upload(browser: Client, content: bytes, kind: str = "LOTS") -> Any:
    file = SimpleUploadedFile("november.csv", content)
    return browser.post(reverse("import_new"), {"kind": kind, "file": file})


def test_a_file_is_sent_watched_looked_at_and_confirmed(place: Place) -> None:
    browser = place.browser(place.producer)
    shown = browser.get(reverse("import_new")).content.decode()
    assert 'enctype="multipart/form-data"' in shown
    assert "Requirements" not in shown, "a producer imports lots"
    answer = upload(browser, as_csv([row(place, "A", brand="<b>"), row(place, "B")]))
    job = ImportJob.objects.get()
    page = reverse("import", args=[job.public_id])
    assert answer["Location"] == page

    waiting = browser.get(page).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert "<progress" in waiting
    fragment = browser.get(reverse("import_progress", args=[job.public_id]))
    assert "Waiting for a worker" in fragment.content.decode()
    ImportJob.objects.update(rows_total=2, rows_done=1)
    fragment = browser.get(reverse("import_progress", args=[job.public_id]))
    assert "1 of 2 rows" in " ".join(fragment.content.decode().split())

    worked(job, selectors.CHECK)
    over = browser.get(reverse("import_progress", args=[job.public_id]))
    assert over.headers["HX-Refresh"] == "true"
    preview = browser.get(page).content.decode()
    assert "Import 2 rows" in " ".join(preview.split())
    browser.post(reverse("import_confirm", args=[job.public_id]), {"rows": "all"})
    assert "Being imported" in browser.get(page).content.decode()
    worked(job, selectors.IMPORT)
    done = browser.get(page).content.decode()
    assert "Saved: 2 rows." in " ".join(done.split())
    assert reverse("lot", args=[Lot.objects.get(reference="A").public_id]) in done
    assert "november.csv" in browser.get(reverse("imports")).content.decode()


def test_bad_rows_are_named_filtered_and_come_back_as_a_file(place: Place) -> None:
    good = [row(place, f"L{number}") for number in range(3)]
    bad = row(place, "BAD", quantity_t="-5", brand="=1+1", ci_smelter_s1s2="4,0")
    job = checked(place.producer, "LOTS", as_csv([*good, bad]))
    browser = place.browser(place.producer)
    page = reverse("import", args=[job.public_id])
    text = " ".join(browser.get(page).content.decode().split())
    assert "1 row has errors" in text
    assert text.index(" BAD ") < text.index(" L0 "), "errors first"
    assert "Import 3 good rows only" in text
    only = browser.get(page, {"outcome": "NEW"}).content.decode()
    assert "BAD" not in only
    assert "BAD" in browser.get(page, {"outcome": "x__y"}).content.decode()

    found = table_of(browser.get(reverse("import_bad_rows", args=[job.public_id])))

    assert [one["lot_id"] for one in found] == ["BAD"]
    assert found[0]["line"] == "5"
    assert set(found[0]["column"].split("|")) == {"quantity_t", "ci_smelter_s1s2"}
    assert '"-5": Give a value above 0' in found[0]["reason"]
    assert (found[0]["brand"], found[0]["quantity_t"]) == ("'=1+1", "-5")
    mended = {**found[0], "quantity_t": "5", "ci_smelter_s1s2": "4.0"}
    again = checked(place.producer, "LOTS", as_csv([mended]))
    confirmed(place.producer, again)
    assert Lot.objects.get(reference="BAD").brand == "=1+1"

    browser.post(reverse("import_confirm", args=[job.public_id]), {"rows": "good"})
    worked(job, selectors.IMPORT)
    text = " ".join(browser.get(page).content.decode().split())
    assert "Saved: 3 rows." in text
    assert "Left out: 1 bad row." in text


def test_what_changes_is_shown_before_and_after(place: Place) -> None:
    made.lot(place.producer, place.certificate, reference="A", ask_premium="20")
    rows = sent_back(place.browser(place.producer).get("/exports/lots.csv")).replace(
        b",20.00,", b",19,"
    )
    job = checked(place.producer, "LOTS", rows)
    text = place.browser(place.producer).get(reverse("import", args=[job.public_id]))
    assert "<code>ask_premium</code> 20.00 → 19.00" in text.content.decode()


def test_what_was_refused_says_so_and_a_discarded_one_is_over(place: Place) -> None:
    browser = place.browser(place.producer)
    job = checked(place.producer, "LOTS", as_csv([row(place, "A", quantity_t="6000")]))
    made.lot(place.producer, place.certificate, quantity_t="7000")
    confirmed(place.producer, job)
    text = browser.get(reverse("import", args=[job.public_id])).content.decode()
    assert "so nothing was saved" in text
    job = checked(place.producer, "LOTS", b"lot_id,colour\n1,green\n")
    text = browser.get(reverse("import", args=[job.public_id])).content.decode()
    assert "there is no such column" in text
    job = checked(place.producer, "LOTS", as_csv([row(place, "B", quantity_t="1")]))
    browser.post(reverse("import_discard", args=[job.public_id]))
    job.refresh_from_db()
    assert job.state == "DISCARDED"
    answer = browser.post(reverse("import_confirm", args=[job.public_id]), follow=True)
    assert "Nothing in it is new or changed" in answer.content.decode()


def test_an_import_that_was_given_up_says_so(place: Place) -> None:
    job = sent(place.producer, "LOTS", as_csv([row(place, "A")]))
    OutboxRow.objects.filter(task=selectors.CHECK).update(dead_at=timezone.now())
    text = place.browser(place.producer).get(reverse("import", args=[job.public_id]))
    assert "could not be finished" in text.content.decode()


def test_refused_uploads_say_why_and_keep_nothing(place: Place) -> None:
    browser = place.browser(place.producer)
    for answer in (
        upload(browser, b"%PDF-1.7\x00"),
        upload(browser, b""),
        upload(browser, as_csv([requirement_row("R")]), "REQUIREMENTS"),
        upload(browser, b"lot_id\nA\n", "DEALS"),
        browser.post(reverse("import_new"), {"kind": "LOTS"}),
    ):
        assert answer.status_code == 422, answer.content
        assert "nothing was saved" in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_more_than_50_mb_are_refused_before_anything_of_them_is_read(
    place: Place, tmp_path: Path, settings: Any
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    browser = place.browser(place.producer)

    class Never(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise AssertionError("read")

    answer = browser.generic(
        "POST",
        reverse("import_new"),
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(51 * 1024**2),
        **cast(Any, {"wsgi.input": Never()}),
    )
    assert answer.status_code == 413
    assert "larger than 50 MB" in answer.content.decode()
    assert list(tmp_path.iterdir()) == []
    assert not ImportJob.objects.exists()


def test_an_upload_without_the_forms_token_is_refused(place: Place) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(place.producer.user)
    assert upload(browser, as_csv([row(place, "A")])).status_code == 403
    page = browser.get(reverse("import_new")).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    file = SimpleUploadedFile("lots.csv", as_csv([row(place, "A")]))
    values = {"kind": "LOTS", "file": file, "csrfmiddlewaretoken": token[1]}
    assert browser.post(reverse("import_new"), values).status_code == 302


PRIVATE = ("import", "import_progress", "import_bad_rows", "import_confirm", "import_discard")


@pytest.mark.parametrize("name", PRIVATE)
def test_an_import_of_others_reads_like_one_that_does_not_exist(place: Place, name: str) -> None:
    job = checked(place.producer, "LOTS", as_csv([row(place, "SECRET-1")]))
    stranger = place.browser(made.trader(side="producer", by=place.admin))
    answers = []
    for public_id in (job.public_id, uuid4()):
        path = reverse(name, args=[public_id])
        answers.append((stranger.get(path).status_code, stranger.post(path).status_code))
    assert answers[0] == answers[1]
    assert 404 in answers[0]
    assert "november" not in stranger.get(reverse("imports")).content.decode()
    assert Client().get(reverse(name, args=[job.public_id])).status_code in (302, 405)


def test_a_viewer_looks_and_does_not_import(place: Place) -> None:
    job = checked(place.producer, "LOTS", as_csv([row(place, "A")]))
    viewer = users.create_user(
        email="viewer@market.example", password="correct horse battery", name="Viewer"
    )
    organisations.add_member(
        organisation=place.producer.organisation, user=viewer, role=Role.VIEWER
    )
    browser = Client()
    browser.force_login(viewer)
    page = reverse("import", args=[job.public_id])
    assert "Import 1 row" not in " ".join(browser.get(page).content.decode().split())
    assert upload(browser, as_csv([row(place, "B")])).status_code == 422
    answer = browser.post(reverse("import_confirm", args=[job.public_id]), follow=True)
    assert "lets you look" in answer.content.decode()
    assert table_of(browser.get("/exports/lots.csv")) == []


def test_own_references_are_on_own_pages_only(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate, reference="OWN-REF-7")
    made.requirement(place.buyer, reference="OWN-REF-8")
    path = reverse("lot", args=[lot.public_id])
    assert "OWN-REF-7" in place.browser(place.producer).get(path).content.decode()
    assert "OWN-REF-7" not in place.browser(place.buyer).get(path).content.decode()
    market = place.browser(place.producer).get(reverse("market_requirements"))
    assert "OWN-REF-8" not in market.content.decode()
    form = place.browser(place.producer).get(reverse("lot_edit", args=[lot.public_id]))
    assert 'value="OWN-REF-7"' in form.content.decode()


def test_words_are_translated_when_they_are_read(place: Place) -> None:
    """What is kept of an error is the template of its words."""
    job = checked(place.producer, "LOTS", as_csv([row(place, "A", quantity_t="0")]))
    (kept,) = job.rows.get().errors
    assert "{high}" in kept["message"]
    with translation.override("en"):
        text = place.browser(place.producer).get(reverse("import", args=[job.public_id]))
    assert "up to 500000" in text.content.decode()
