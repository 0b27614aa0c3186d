"""Checks beside the form of a lot, while it is filled in."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from marketplace.models.actors import Actor
from marketplace.selectors import lots
from marketplace.selectors.lot_checks import checks
from marketplace.web.acting import for_members
from marketplace.web.forms.lots import LotForm


@require_POST
@never_cache
@for_members
def lot_checks(request: HttpRequest, actor: Actor, public_id: UUID | None = None) -> HttpResponse:
    """The panel alone for htmx; without it the form again, as it was sent, with the panel."""
    today = timezone.now().date()
    lot = None if public_id is None else lots.own_one(actor, public_id)
    form = LotForm(request.POST)
    form.offer(actor, today)
    found = checks(actor, form.raw(), today=today, lot=lot)
    refused = [
        (str(form.fields[one.field].label), gettext(one.message).format(**one.params))
        for one in found.refused
    ]
    live = bool(request.headers.get("HX-Request"))
    template = "marketplace/parts/lot_checks.html" if live else "marketplace/lot_form.html"
    context = {"form": form, "lot": lot, "checks": found, "refused": refused}
    return render(request, template, context)
