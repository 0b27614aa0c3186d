"""A holder's certificates: entered here, verified by an admin, drawn by lots."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from marketplace.models.actors import Actor
from marketplace.selectors import certificates as selectors
from marketplace.services import certificates as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.certificates import CertificateForm


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    page = pages.page_of(request, selectors.own(actor))
    return render(request, "marketplace/certificates.html", {"page": page})


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    found = selectors.own_one(actor, public_id)
    context = {
        "certificate": found,
        "balance": selectors.balance(found),
        "links": found.lot_links.select_related("lot").order_by("-pk"),
    }
    return render(request, "marketplace/certificate.html", context)


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
    kind = found.document_type
    name = f"certificate-{found.public_id}.{kind.rpartition('/')[2]}"
    return FileResponse(
        found.document.open("rb"), as_attachment=True, filename=name, content_type=kind
    )
