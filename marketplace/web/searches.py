"""Saved searches of a buyer: keep a filter of open lots, look again, delete it."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.forms import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from marketplace.models.actors import Actor
from marketplace.selectors import searches as selectors
from marketplace.services import searches as services
from marketplace.web import pages
from marketplace.web.acting import for_members


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    rows = [
        (saved, told(saved.search.query))
        for saved in selectors.with_news(actor, timezone.now().date())
    ]
    return render(request, "marketplace/searches.html", {"rows": rows, "most": selectors.MOST})


@require_POST
@for_members
def save(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Back to the list that was saved, or that could not be."""
    raw = request.POST.dict()
    name = str(raw.pop("search_name", ""))
    step = partial(services.save, by=actor, name=name, raw=raw, now=timezone.now())
    pages.attempt(request, step, _("Saved. You are told when new lots fit."))
    return redirect(_listing(selectors.narrowing(raw)))


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """Where its notices lead: all that it finds is seen now; on to the list."""
    found = services.look(by=actor, public_id=public_id, now=timezone.now())
    return redirect(_listing(found.query))


@require_POST
@for_members
def delete(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.delete, by=actor, public_id=public_id)
    pages.attempt(request, step, _("Deleted. Nothing is told of it any more."))
    return redirect("searches")


def told(query: Mapping[str, str]) -> list[tuple[str, str]]:
    """The filter in words: (label, value) of each part of it."""
    form = selectors.filter_form(query)
    return [
        (str(form[name].label), _value(form.fields[name], text))
        for name, text in query.items()
        if name in form.fields
    ]


def _value(field: Field, text: str) -> str:
    labels = {str(code): str(label) for code, label in getattr(field, "choices", ())}
    return labels.get(text, text)


def _listing(query: Mapping[str, str]) -> str:
    address = reverse("market_lots")
    return f"{address}?{urlencode(query)}" if query else address
