"""Certificates with their paper: stored once, given back as a download, never run."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from marketplace.models import Certificate
from tests.figures import attack
from tests.integration.marketplace.web.conftest import Place

pytestmark = attack("C7")

PDF = b"%PDF-1.7 a certificate"
PAPER = {
    "scheme": "CGMC_GREEN_POWER",
    "issuer": "CGMC",
    "number": "CGMC-9001",
    "certified_t": "100",
    "valid_from": "2026-01-01",
    "valid_to": "2027-12-31",
}


def test_an_uploaded_document_comes_back_as_a_download_only(place: Place, media: None) -> None:
    browser = place.browser(place.producer)
    paper = SimpleUploadedFile("../../etc/x.html", PDF, content_type="text/html")
    browser.post(reverse("certificate_new"), PAPER | {"document": paper})
    found = Certificate.objects.get(number="CGMC-9001")
    answer = browser.get(reverse("certificate_document", args=[found.public_id]))
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "etc" not in str(found.document.name)


def test_a_document_of_another_kind_is_refused_and_nothing_is_saved(place: Place) -> None:
    browser = place.browser(place.producer)
    paper = SimpleUploadedFile("paper.pdf", b"<html>", content_type="application/pdf")
    answer = browser.post(reverse("certificate_new"), PAPER | {"document": paper})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["document"]
    assert not Certificate.objects.filter(number="CGMC-9001").exists()


def test_a_refused_certificate_leaves_no_file_behind(
    place: Place, media: None, settings: Any
) -> None:
    browser = place.browser(place.producer)
    for _ in range(2):
        paper = SimpleUploadedFile("paper.pdf", PDF, content_type="application/pdf")
        answer = browser.post(reverse("certificate_new"), PAPER | {"document": paper})
    assert list(answer.context["form"].errors) == ["number"]
    assert len([one for one in settings.MEDIA_ROOT.rglob("*") if one.is_file()]) == 1
