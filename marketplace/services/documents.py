"""Uploaded papers: told by their content, never by their name."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.models import Certificate, Delivery

LARGEST = 10 * 1024 * 1024
MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
NOT_ACCEPTED = gettext_noop("Give a PDF, PNG or JPEG file of up to 10 MiB.")


@dataclass(frozen=True)
class Paper:
    """An accepted upload: its bytes, media type and hash."""

    content: bytes
    kind: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read(document: Any, field: str) -> Paper:
    """The upload's bytes; InvalidInput at ``field`` for other kinds and for larger ones."""
    content = document.read(LARGEST + 1)
    kind = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), "")
    if not kind or len(content) > LARGEST:
        raise InvalidInput([FieldError(field, "", "not_accepted", NOT_ACCEPTED)])
    return Paper(content, kind)


def attach(certificate: Certificate, document: Any) -> None:
    """Store the file under a generated name with its type and hash; InvalidInput for others."""
    attach_paper(certificate, read(document, "document"))


def attach_paper(certificate: Certificate, paper: Paper) -> None:
    certificate.document_type = paper.kind
    certificate.document_sha256 = paper.sha256
    certificate.document.save("", ContentFile(paper.content), save=False)


def attach_analysis(delivery: Delivery, paper: Paper) -> None:
    """The same for a delivery's certificate of analysis."""
    delivery.analysis_type = paper.kind
    delivery.analysis_sha256 = paper.sha256
    delivery.analysis.save("", ContentFile(paper.content), save=False)
