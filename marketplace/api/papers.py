"""Files: the paper of a certificate, and the papers and the evidence pack of a deal."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.base import ApiView
from marketplace.api.certificates import OwnCertificate
from marketplace.api.etags import etag
from marketplace.api.parsers import PAPERS
from marketplace.domain.errors import NotFound
from marketplace.papers import documents, files, packs
from marketplace.selectors import certificates, deals
from marketplace.services import certificates as services

KINDS = tuple(parser.media_type for parser in PAPERS)
PAPER = {(200, kind): OpenApiTypes.BINARY for kind in KINDS}
PDF, ZIP, HTML = "application/pdf", "application/zip", "text/html"


class CertificateDocument(ApiView):
    """The paper of a certificate of your own organisation."""

    parser_classes = PAPERS  # type: ignore[assignment]

    @extend_schema(operation_id="certificates_document", responses=PAPER)
    def get(self, request: Request, public_id: UUID) -> FileResponse:
        found = certificates.own_one(self.actor, public_id)
        if not found.document:
            raise NotFound
        return files.upload(found.document, found.document_type, f"certificate-{found.public_id}")

    @extend_schema(
        operation_id="certificates_add_document",
        request=dict.fromkeys(KINDS, OpenApiTypes.BINARY),
        responses=OwnCertificate,
    )
    def put(self, request: Request, public_id: UUID) -> Response:
        """Add it, up to 10 MiB, while the certificate waits and has none; then it stays.

        The same file again is the same answer.
        """
        # Whose it is before what is sent: a foreign one answers like an absent one.
        certificates.own_one(self.actor, public_id)
        found = services.add_document(
            by=self.actor, public_id=public_id, document=_body(request), now=timezone.now()
        )
        shown = dict(OwnCertificate(found).data)
        return Response(shown, headers={"ETag": etag(shown)})


class DealPaper(ApiView):
    """The confirmation or the claim statement of your own deal, as PDF.

    As HTML where this server cannot make PDF. `claim` exists once it is delivered.
    """

    @extend_schema(
        operation_id="deals_paper",
        responses={(200, PDF): OpenApiTypes.BINARY, (200, HTML): OpenApiTypes.STR},
    )
    def get(self, request: Request, public_id: UUID, kind: str) -> HttpResponse:
        deal = deals.own_one(self.actor, public_id)
        if kind not in documents.available(deal):
            raise NotFound
        name, content = packs.document(kind, deal)
        number, ending = documents.number(kind, deal), name.rpartition(".")[2]
        return files.download(content, f"{number}.{ending}", PDF if ending == "pdf" else HTML)


class DealPack(ApiView):
    """Everything that proves your own deal and its claim: one ZIP with a list of hashes."""

    @extend_schema(operation_id="deals_pack", responses={(200, ZIP): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        deal = deals.own_one(self.actor, public_id)
        return files.download(packs.pack(deal), f"{deal.number}-evidence.zip", ZIP)


class DealAnalysis(ApiView):
    """The certificate of analysis of your own delivered deal."""

    @extend_schema(operation_id="deals_analysis", responses=PAPER)
    def get(self, request: Request, public_id: UUID) -> FileResponse:
        deal = deals.own_one(self.actor, public_id)
        delivery = getattr(deal, "delivery", None)
        if delivery is None or not delivery.analysis:
            raise NotFound
        return files.upload(delivery.analysis, delivery.analysis_type, f"{deal.number}-analysis")


def _body(request: Request) -> Any:
    """The upload, unread; no body at all comes as something else."""
    if not hasattr(request.data, "read"):
        raise ParseError
    return request.data
