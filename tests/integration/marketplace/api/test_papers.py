"""Files by the API: told by their content, added once, given back as downloads."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from marketplace.models import Certificate
from marketplace.services import certificates, documents
from tests.factories.api import Caller
from tests.factories.deals import Pair
from tests.figures import attack

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media"), attack("C7")]
PDF, PNG = b"%PDF-1.7 a certificate", b"\x89PNG\r\n\x1a\n a scan"


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


def waiting(pair: Pair) -> Certificate:
    raw = {
        "scheme": "CGMC_GREEN_POWER", "issuer": "CGMC", "number": "CGMC-D", "certified_t": "9",
        "valid_from": "2026-01-01", "valid_to": "2027-12-31",
    }  # fmt: skip
    return certificates.submit(by=pair.producer.actor, raw=raw, now=pair.now)


def put(caller: Caller, found: Certificate, content: bytes, kind: str = "application/pdf") -> Any:
    return caller.client.put(
        f"/api/v1/certificates/{found.public_id}/document",
        content,
        content_type=kind,
        headers=caller.headers,
    )


def test_a_document_is_added_and_comes_back_as_it_was(pair: Pair) -> None:
    caller, found = Caller.of(pair.producer), waiting(pair)
    added = put(caller, found, PNG, "image/png")
    assert added.status_code == 200, added.content
    assert added.json()["has_document"] is True
    got = caller.get(f"certificates/{found.public_id}/document")
    assert b"".join(got.streaming_content) == PNG
    assert got["Content-Type"] == "image/png"
    assert got["Content-Disposition"].startswith("attachment;")
    assert got["X-Content-Type-Options"] == "nosniff"


def test_the_same_again_is_the_same_answer_and_another_is_refused(pair: Pair) -> None:
    caller, found = Caller.of(pair.producer), waiting(pair)
    first, second = put(caller, found, PDF), put(caller, found, PDF)
    assert (second.status_code, second.json()) == (200, first.json())
    other = put(caller, found, PDF + b", another")
    assert other.status_code == 409
    got = caller.get(f"certificates/{found.public_id}/document")
    assert b"".join(got.streaming_content) == PDF


def test_what_was_verified_stays_as_it_was_looked_at(pair: Pair) -> None:
    answer = put(Caller.of(pair.producer), pair.certificate, PDF)
    assert answer.status_code == 409
    pair.certificate.refresh_from_db()
    assert not pair.certificate.document


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"<html><script>", "application/pdf", 400),
        (b"MZ\x90\x00", "image/png", 400),
        (b"", "image/png", 400),
        (PDF + b"0" * documents.LARGEST, "application/pdf", 400),
        (PDF, "text/html", 415),
        (b'{"document": ""}', "application/json", 415),
    ],
)
def test_another_kind_or_more_is_refused(
    pair: Pair, content: bytes, kind: str, status: int
) -> None:
    found = waiting(pair)
    answer = put(Caller.of(pair.producer), found, content, kind)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found.refresh_from_db()
    assert not found.document


def test_one_without_a_document_has_none_to_give(pair: Pair) -> None:
    path = f"certificates/{pair.certificate.public_id}/document"
    assert Caller.of(pair.producer).get(path).status_code == 404


def test_both_sides_take_the_papers_of_their_deal_along(pair: Pair) -> None:
    deal = pair.deal()
    for trader in (pair.producer, pair.buyer):
        caller = Caller.of(trader)
        paper = caller.get(f"deals/{deal.public_id}/papers/confirmation")
        assert paper.status_code == 200
        assert deal.number in paper["Content-Disposition"]
        assert paper["Content-Type"] in ("application/pdf", "text/html")
        assert caller.get(f"deals/{deal.public_id}/papers/claim").status_code == 404
        assert caller.get(f"deals/{deal.public_id}/papers/anything").status_code == 404
        assert caller.get(f"deals/{deal.public_id}/analysis").status_code == 404
        pack = caller.get(f"deals/{deal.public_id}/pack")
        names = zipfile.ZipFile(io.BytesIO(pack.content)).namelist()
        assert {"README.txt", "confirmation.record.json"} <= set(names)
    pair.deliver(deal)
    claim = Caller.of(pair.buyer).get(f"deals/{deal.public_id}/papers/claim")
    assert claim.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_hundred_uploads_at_once_leave_one_document(pair: Pair, settings: Any) -> None:
    """C7. Each of another content: the first one in stays, and no file of another is left."""
    caller, found = Caller.of(pair.producer), waiting(pair)

    def upload(number: int) -> int:
        try:
            return int(put(caller, found, PDF + b" %d" % number).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(upload, range(100)))
    assert codes.count(200) == 1
    assert set(codes) == {200, 409}
    assert sum(one.is_file() for one in settings.MEDIA_ROOT.rglob("*")) == 1
