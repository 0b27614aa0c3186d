"""Footprints by PACT: the own system's credentials, where it is called, and what holds for all."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.models.actors import Actor
from marketplace.selectors import pact as selectors
from marketplace.services import footprints, pact
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.pact import CallbackForm, StatementForm, stated

SHOWN = 20


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "marketplace/pact.html", _context(actor))


@require_POST
@never_cache
@for_members
def connect(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Answers with the secret itself: it is nowhere to be read later."""
    made: list[pact.Shown] = []
    step = partial(pact.connect, by=actor, now=timezone.now())
    if pages.attempt(request, lambda: made.append(step()), _("New credentials are made.")):
        return render(request, "marketplace/pact_secret.html", {"shown": made[0]})
    return redirect("pact")


@require_http_methods(["GET", "POST"])
@for_members
def call_back(request: HttpRequest, actor: Actor) -> HttpResponse:
    client = selectors.client_of(actor)
    first = {"callback_url": "", "token_url": "", "partner_client_id": ""}
    if client is not None:
        first = {name: getattr(client, name) for name in first}
    form = CallbackForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_bound:
        step = partial(pact.call_back, by=actor)
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            messages.success(request, _("Kept. Answers to requests go there."))
            return redirect("pact")
    return pages.form_page(request, "marketplace/pact_form.html", form)


@require_http_methods(["GET", "POST"])
@for_members
def state(request: HttpRequest, actor: Actor) -> HttpResponse:
    bound = request.POST if request.method == "POST" else None
    form = StatementForm(bound, initial=stated(selectors.statement_of(actor)))
    if form.is_bound:
        step = partial(footprints.state, by=actor)
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            messages.success(request, _("Kept. A worker writes the footprints anew."))
            return redirect("pact")
    return pages.form_page(request, "marketplace/pact_form.html", form)


def _context(actor: Actor) -> dict[str, object]:
    return {
        "client": selectors.client_of(actor),
        "said": selectors.statement_of(actor),
        "exchanged": selectors.exchanged(actor)[:SHOWN],
    }
