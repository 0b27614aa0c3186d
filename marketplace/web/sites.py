"""Smelters and casthouses of the own organisation: lots and certificates name them."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from marketplace.models.actors import Actor
from marketplace.selectors import sites as selectors
from marketplace.services import sites as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms import base


class SiteForm(base.RawForm):
    name = base.text(gettext_lazy("Name"), needed=True)
    country = base.text(
        gettext_lazy("Country"), gettext_lazy("Two letters (ISO 3166-1), such as CN."), needed=True
    )
    unlocode = base.text(
        gettext_lazy("UN/LOCODE"), gettext_lazy("Five letters or digits, such as CNQDG.")
    )

    sections = ((gettext_lazy("Add a site"), ("name", "country", "unlocode")),)


@require_http_methods(["GET", "POST"])
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = SiteForm(
        request.POST if request.method == "POST" else None,
        initial={"country": actor.organisation.country},
    )
    if form.is_bound:
        step = partial(services.create, by=actor, now=timezone.now())
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            messages.success(request, _("Added. Lots and certificates may name it."))
            return redirect("sites")
    page = pages.page_of(request, selectors.own(actor))
    return pages.form_page(request, "marketplace/sites.html", form, page=page)
