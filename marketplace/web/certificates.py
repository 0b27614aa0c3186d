"""A holder's certificates: entered here, verified by an admin, drawn by lots."""

import csv
from collections.abc import Iterator
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from marketplace.domain.exports import safe
from marketplace.domain.fields import thousandths
from marketplace.models import Certificate
from marketplace.models.actors import Actor
from marketplace.papers import files
from marketplace.selectors import certificates as selectors
from marketplace.selectors import ledger
from marketplace.services import certificate_costs
from marketplace.services import certificates as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.certificates import CertificateForm, CostForm

STATEMENT_COLUMNS = (
    "posted_at", "happened", "lot", "proposal", "deal", "by", "quantity_t", "free_t", "listed_t",
    "reserved_t", "sold_t", "delivered_t", "claimed_t",
)  # fmt: skip


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    page = pages.page_of(request, selectors.own(actor))
    return render(request, "marketplace/certificates.html", {"page": page})


@require_http_methods(["GET", "POST"])
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """One certificate; its holder notes here what it cost."""
    found = selectors.own_one(actor, public_id)
    bound = request.POST if request.method == "POST" else None
    noted = {"cost": found.cost, "cost_currency": found.cost_currency or "CNY"}
    form = CostForm(bound, initial=noted)
    if form.is_bound:
        step = partial(certificate_costs.note, by=actor, public_id=public_id)
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            messages.success(request, _("Noted. Nobody but you and the market's admins reads it."))
            return redirect("certificate", public_id)
    context = {
        "certificate": found,
        "balance": ledger.balance(found),
        "links": found.lot_links.select_related("lot").order_by("-pk"),
    }
    return pages.form_page(request, "marketplace/certificate.html", form, **context)


@require_http_methods(["GET", "POST"])
@for_members
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    posted = request.method == "POST"
    form = CertificateForm(request.POST, request.FILES) if posted else CertificateForm()
    form.offer(actor)
    if form.is_bound:
        document = request.FILES.get("document")
        step = partial(services.submit, by=actor, document=document, now=timezone.now())
        found = pages.submitted(form, lambda raw: step(raw=raw))
        if found is not None:
            messages.success(request, _("Entered. An admin of the market verifies it."))
            return redirect("certificate", found.public_id)
    return pages.form_page(request, "marketplace/certificate_form.html", form)


@require_GET
@for_members
def document(request: HttpRequest, actor: Actor, public_id: UUID) -> FileResponse:
    """The uploaded paper, as a download: a browser never runs what somebody uploaded."""
    found = selectors.own_one(actor, public_id)
    if not found.document:
        raise Http404
    return files.upload(found.document, found.document_type, f"certificate-{found.public_id}")


@require_GET
@for_members
def statement(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """Where each tonne went, oldest first, with the balances after each posting."""
    found = selectors.own_one(actor, public_id)
    page = pages.page_of(request, ledger.postings(found))
    context = {
        "certificate": found,
        "page": page,
        "lines": ledger.lines(actor.organisation, page.object_list),
        "check": ledger.check(found),
    }
    return render(request, "marketplace/certificate_statement.html", context)


@require_GET
@for_members
def statement_csv(request: HttpRequest, actor: Actor, public_id: UUID) -> StreamingHttpResponse:
    """The same rows in the same order, whole, sent while they are read."""
    found = selectors.own_one(actor, public_id)
    return StreamingHttpResponse(
        _csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="statement-{found.public_id}.csv"'},
    )


class _Sent:
    """What ``csv`` writes to: hands each line on."""

    def write(self, line: str) -> str:
        return line


def _csv(certificate: Certificate) -> Iterator[str]:
    writer = csv.writer(_Sent())
    yield writer.writerow(STATEMENT_COLUMNS)
    for line in ledger.whole(certificate):
        held = line.balance
        yield writer.writerow(
            [
                line.at.isoformat(),
                safe(line.happened),
                line.lot or "",
                line.proposal or "",
                line.deal,
                safe(line.by),
                *map(
                    thousandths,
                    (
                        line.kg, held.free_kg, held.listed_kg, held.reserved_kg, held.sold_kg,
                        held.delivered_kg, held.claimed_kg,
                    ),
                ),
            ]
        )  # fmt: skip
