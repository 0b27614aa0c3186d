"""Uploaded certificate documents: told by their content, never by their name."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.models import Certificate

LARGEST = 10 * 1024 * 1024
MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
NOT_ACCEPTED = gettext_noop("Give a PDF, PNG or JPEG file of up to 10 MiB.")


def attach(certificate: Certificate, document: Any) -> None:
    """Store the file under a generated name with its type and hash; InvalidInput for others."""
    content = document.read(LARGEST + 1)
    kind = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), "")
    if not kind or len(content) > LARGEST:
        raise InvalidInput([FieldError("document", "", "not_accepted", NOT_ACCEPTED)])
    certificate.document_type = kind
    certificate.document_sha256 = hashlib.sha256(content).hexdigest()
    certificate.document.save("", ContentFile(content), save=False)
