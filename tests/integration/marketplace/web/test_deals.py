"""A deal's pages: its steps by each side, its papers, and nobody else's eyes on them."""

import hashlib
import io
import re
import sys
import zipfile
import zlib
from contextlib import closing
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from marketplace.models import Claim, Deal, Organisation
from marketplace.papers import documents
from marketplace.services import certificates, deals
from tests.factories import market as made
from tests.factories.deals import Pair, shipment

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 paper"
LIMIT, CARBON_PRICE = "23.57", "387.6"
CHINESE = "青海低碳铝业有限公司"


class Pages:
    """The two sides in front of their browsers, with one deal between them."""

    def __init__(self) -> None:
        self.pair = Pair(timezone.now())
        Organisation.objects.filter(pk=self.pair.producer.organisation.pk).update(name=CHINESE)
        self.pair.producer.organisation.refresh_from_db()
        self.wanted = self.pair.requirement(max_premium=LIMIT, internal_carbon_price=CARBON_PRICE)
        self.deal = self.pair.deal(wanted=self.wanted)
        self.producer, self.buyer = Client(), Client()
        self.producer.force_login(self.pair.producer.user)
        self.buyer.force_login(self.pair.buyer.user)

    def path(self, rest: str = "") -> str:
        return f"/deals/{self.deal.public_id}{rest}"

    def ship(self, **raw: object) -> Any:
        values = {**shipment(self.deal), "version": "1", **raw}
        return self.producer.post(self.path("/delivery"), values)


@pytest.fixture
def at(settings: Any, tmp_path: Any) -> Pages:
    settings.MEDIA_ROOT = tmp_path
    return Pages()


needs_pdf = pytest.mark.skipif(
    not documents.installed(), reason="WeasyPrint or its system libraries are not installed"
)


def test_from_the_confirmation_to_the_retired_claim(at: Pages) -> None:
    page = at.producer.get(at.path())
    assert "Record delivery" in page.content.decode()
    assert "Record delivery" not in at.buyer.get(at.path()).content.decode()
    analysis = SimpleUploadedFile("../x.html", PDF, content_type="text/html")
    assert at.ship(shipped_t="498.750", analysis=analysis).status_code == 302
    shown = at.buyer.get(at.path()).content.decode()
    assert "498.750 t" in shown
    assert "Retire 498.750 t" in shown
    assert "not shipped, given back" in shown
    year = str(timezone.now().year)
    done = at.buyer.post(
        at.path("/retire"), {"beneficiary": "Plant 3", "reporting_year": year, "version": "2"}
    )
    assert done.status_code == 302
    assert Claim.objects.get().beneficiary == "Plant 3"
    assert "on behalf of Plant 3" in at.producer.get(at.path()).content.decode()


def test_what_is_refused_is_told_beside_its_field_and_keeps_what_was_typed(at: Pages) -> None:
    answer = at.ship(shipped_t="511", cast_numbers="")
    assert answer.status_code == 422
    assert sorted(answer.context["form"].errors) == ["cast_numbers", "shipped_t"]
    assert "MAEU 123456789" in answer.content.decode()
    paper = SimpleUploadedFile("a.pdf", b"<html>", content_type="application/pdf")
    assert list(at.ship(analysis=paper).context["form"].errors) == ["analysis"]
    assert Deal.objects.get().state == "CONFIRMED"
    at.ship()
    late = at.buyer.post(at.path("/retire"), {"reporting_year": "1999"})
    assert late.status_code == 422
    assert "reporting_year" in late.context["retirement"].errors


def test_an_old_page_does_nothing(at: Pages) -> None:
    assert at.ship(version="7").status_code == 422
    assert Deal.objects.get().state == "CONFIRMED"


def test_cancelled_by_agreement(at: Pages) -> None:
    empty = at.producer.post(at.path("/cancellation"), {"step": "ask", "reason": " "})
    assert empty.status_code == 422
    at.producer.post(at.path("/cancellation"), {"step": "ask", "reason": "Smelter stopped."})
    assert "Take back" in at.producer.get(at.path()).content.decode()
    shown = at.buyer.get(at.path()).content.decode()
    assert "Smelter stopped." in shown
    assert "Agree and cancel the deal" in shown
    at.buyer.post(at.path("/cancellation"), {"step": "agree"})
    assert Deal.objects.get().state == "CANCELLED"
    assert "Smelter stopped." in at.producer.get(at.path()).content.decode()
    assert at.buyer.post(at.path("/cancellation"), {"step": "burn"}).status_code == 404


def test_a_flag_is_shown_to_both_sides_and_stops_the_claim(at: Pages) -> None:
    at.ship()
    deals.flag(lot_ids=[at.deal.proposal.lot_id], reason="Certificate revoked.", now=timezone.now())
    for browser in (at.producer, at.buyer):
        assert "Certificate revoked." in browser.get(at.path()).content.decode()
    year = str(timezone.now().year)
    answer = at.buyer.post(at.path("/retire"), {"reporting_year": year})
    assert answer.status_code == 422
    assert Claim.objects.get().retired_at is None


@pytest.mark.parametrize(
    "rest",
    ["", "/confirmation", "/confirmation.pdf", "/claim", "/claim.pdf", "/pack.zip", "/analysis"],
)
def test_strangers_find_no_deal_and_no_paper(at: Pages, rest: str) -> None:
    at.ship(analysis=SimpleUploadedFile("a.pdf", PDF))
    stranger = Client()
    stranger.force_login(made.trader(side="buyer", by=at.pair.admin).user)
    assert stranger.get(at.path(rest)).status_code == 404
    assert Client().get(at.path(rest)).status_code == 302
    with closing(at.buyer.get(at.path(rest))) as found:
        assert found.status_code == 200


@pytest.mark.parametrize("rest", ["/claim", "/claim.pdf", "/analysis", "/receipt"])
def test_papers_that_there_are_not_yet(at: Pages, rest: str) -> None:
    assert at.buyer.get(at.path(rest)).status_code == 404


def test_no_page_and_no_paper_tells_the_buyers_limits(at: Pages) -> None:
    at.ship()
    for rest in ("", "/confirmation", "/claim"):
        text = at.producer.get(at.path(rest)).content.decode()
        assert LIMIT not in text
        assert CARBON_PRICE not in text
    for content in _unpacked(at.producer.get(at.path("/pack.zip"))).values():
        assert LIMIT.encode() not in content


def _unpacked(answer: Any) -> dict[str, bytes]:
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _documented(at: Pages) -> None:
    """A second deal on a certificate with its paper, delivered with an analysis."""
    raw = {
        "scheme": "CGMC_GREEN_POWER",
        "issuer": "CGMC",
        "number": "CGMC-77",
        "certified_t": "5000",
        "valid_from": timezone.now().date().replace(month=1, day=1).isoformat(),
        "valid_to": timezone.now().date().replace(year=2099, month=1, day=1).isoformat(),
    }
    backing = certificates.submit(
        by=at.pair.producer.actor, raw=raw, document=io.BytesIO(PDF), now=timezone.now()
    )
    certificates.verify(public_id=backing.public_id, by=at.pair.admin, now=timezone.now())
    at.deal = at.pair.deal(lot=made.lot(at.pair.producer, backing))
    at.ship(analysis=SimpleUploadedFile("a.pdf", PDF))


def test_the_pack_proves_itself_and_is_the_same_for_both_sides(at: Pages) -> None:
    _documented(at)
    first = at.buyer.get(at.path("/pack.zip"))
    assert first.content == at.producer.get(at.path("/pack.zip")).content
    files = _unpacked(first)
    readme = files.pop("README.txt").decode()
    assert files["certificates/1-CGMC_GREEN_POWER.pdf"] == PDF
    assert files["certificate-of-analysis.pdf"] == PDF
    for name, content in files.items():
        assert f"{hashlib.sha256(content).hexdigest()}  {name}" in readme
    at.deal.refresh_from_db()
    record = files["confirmation.record.json"]
    assert hashlib.sha256(record).hexdigest() == at.deal.content_sha256
    assert (
        hashlib.sha256(files["claim.record.json"]).hexdigest()
        == Claim.objects.get(deal=at.deal).content_sha256
    )
    assert CHINESE in readme
    assert "purchase certificate" in readme


def test_a_pack_says_what_is_missing(at: Pages, settings: Any) -> None:
    _documented(at)
    for stored in settings.MEDIA_ROOT.rglob("*"):
        if stored.is_file():
            stored.unlink()
    files = _unpacked(at.buyer.get(at.path("/pack.zip")))
    assert "not found on the server: certificate-of-analysis.pdf" in files["README.txt"].decode()


def test_without_pdf_the_page_says_so_and_the_pack_carries_html(
    at: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = at.buyer.get(at.path("/confirmation.pdf"))
    assert answer.status_code == 501
    assert "Print the page instead" in answer.content.decode()
    files = _unpacked(at.buyer.get(at.path("/pack.zip")))
    assert CHINESE in files["confirmation.html"].decode()


@needs_pdf
def test_the_pdf_has_a_font_for_the_chinese_name_and_is_the_same_each_time(at: Pages) -> None:
    at.ship()
    for kind in ("confirmation", "claim"):
        answer = at.buyer.get(at.path(f"/{kind}.pdf"))
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer.content == at.producer.get(at.path(f"/{kind}.pdf")).content
        assert set(CHINESE) <= _signs(answer.content)


def _signs(pdf: bytes) -> set[str]:
    """What the embedded fonts can draw and give back as text: their ToUnicode maps."""
    found: set[str] = set()
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            content = zlib.decompress(packed)
        except zlib.error:
            continue
        if b"beginbfchar" in content:
            for _glyph, text in re.findall(rb"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>", content):
                found |= set(bytes.fromhex(text.decode()).decode("utf-16-be", "replace"))
    return found


@needs_pdf
@pytest.mark.parametrize("source", ["file:///etc/passwd", "http://127.0.0.1:9/x.png"])
def test_a_document_that_names_a_file_or_an_address_is_not_rendered(source: str) -> None:
    with pytest.raises(documents.ReferenceRefused):
        documents.pdf(f"<img src='{source}'>")


def test_names_are_text_in_documents_never_markup(at: Pages) -> None:
    at.deal.record["producer"]["name"] = "<img src='file:///etc/passwd'>"
    assert "<img" not in documents.page("confirmation", at.deal)
