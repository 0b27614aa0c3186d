"""The evidence pack: everything that proves a deal and its claim, in one ZIP.

The same deal in the same state gives the same bytes, whoever downloads it and when.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.template.loader import render_to_string
from django.utils.translation import override

from marketplace.domain.records import canonical
from marketplace.models import Deal
from marketplace.papers import documents
from marketplace.selectors import deals as selectors

Files = dict[str, bytes]


def pack(deal: Deal) -> bytes:
    """Confirmation and claim statement with their records, certificates, analysis, README."""
    files: Files = {}
    missing: list[str] = []
    for kind in documents.available(deal):
        files |= dict([document(kind, deal)])
    files["confirmation.record.json"] = canonical(deal.record)
    if hasattr(deal, "claim"):
        files["claim.record.json"] = canonical(deal.claim.record)
    for name, upload in _uploads(deal):
        try:
            with upload.open("rb") as stream:
                files[name] = stream.read()
        except FileNotFoundError:
            missing.append(name)
    files["README.txt"] = _readme(deal, files, missing)
    return _zipped(deal, files)


def document(kind: str, deal: Deal) -> tuple[str, bytes]:
    """Its file name and bytes: PDF, or HTML where this server cannot make that."""
    page = documents.page(kind, deal)
    try:
        return f"{kind}.pdf", documents.pdf(page)
    except documents.NoPdf:
        return f"{kind}.html", page.encode()


def _uploads(deal: Deal) -> Iterator[tuple[str, FieldFile]]:
    for place, one in enumerate(selectors.certificates(deal), start=1):
        if one.document:
            kind = one.document_type.rpartition("/")[2]
            yield f"certificates/{place}-{one.scheme}.{kind}", one.document
    delivery = getattr(deal, "delivery", None)
    if delivery is not None and delivery.analysis:
        kind = delivery.analysis_type.rpartition("/")[2]
        yield f"certificate-of-analysis.{kind}", delivery.analysis


def _readme(deal: Deal, files: Mapping[str, bytes], missing: Sequence[str]) -> bytes:
    listed = [(name, hashlib.sha256(files[name]).hexdigest()) for name in sorted(files)]
    shown = documents.context(documents.CONFIRMATION, deal) | {
        "files": listed,
        "missing": missing,
        "without_paper": [one for one in selectors.certificates(deal) if not one.document],
    }
    with override(settings.LANGUAGE_CODE):
        return render_to_string("marketplace/documents/README.txt", shown).encode()


def _zipped(deal: Deal, files: Mapping[str, bytes]) -> bytes:
    stamp = deal.concluded_at.astimezone(UTC)
    moment = (stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return target.getvalue()
