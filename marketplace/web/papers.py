"""Papers of a deal for its two sides: pages that print, PDF, uploads, and the evidence pack."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from marketplace.models import Deal
from marketplace.models.actors import Actor
from marketplace.papers import documents, files, packs
from marketplace.selectors import deals as selectors
from marketplace.web.acting import for_members


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID, kind: str) -> HttpResponse:
    """The confirmation or the claim statement, as a page that prints well."""
    deal = _deal_with(actor, public_id, kind)
    return render(request, "marketplace/deal_paper.html", documents.context(kind, deal))


@require_GET
@for_members
def as_pdf(request: HttpRequest, actor: Actor, public_id: UUID, kind: str) -> HttpResponse:
    deal = _deal_with(actor, public_id, kind)
    try:
        content = documents.pdf(documents.page(kind, deal))
    except documents.NoPdf:
        context = {"deal": deal, "kind": kind}
        return render(request, "marketplace/deal_no_pdf.html", context, status=501)
    return files.download(content, f"{documents.number(kind, deal)}.pdf", "application/pdf")


@require_GET
@for_members
def evidence(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    deal = selectors.own_one(actor, public_id)
    return files.download(packs.pack(deal), f"{deal.number}-evidence.zip", "application/zip")


@require_GET
@for_members
def analysis(request: HttpRequest, actor: Actor, public_id: UUID) -> FileResponse:
    """The certificate of analysis."""
    deal = selectors.own_one(actor, public_id)
    delivery = getattr(deal, "delivery", None)
    if delivery is None or not delivery.analysis:
        raise Http404
    return files.upload(delivery.analysis, delivery.analysis_type, f"{deal.number}-analysis")


def _deal_with(actor: Actor, public_id: UUID, kind: str) -> Deal:
    """The own deal if it has such a paper already."""
    deal = selectors.own_one(actor, public_id)
    if kind not in documents.available(deal):
        raise Http404
    return deal
