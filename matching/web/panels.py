"""Fragments that pages load: matches of one's own lot or requirement, and why not more."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from marketplace.domain.errors import NotFound
from marketplace.models.actors import Actor
from marketplace.web.acting import actor_of
from matching import selectors


@login_required
@require_GET
@never_cache
def requirement_panel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        found = selectors.requirement_matches(_acting(request), public_id)
    except NotFound as error:
        raise Http404 from error
    return render(request, "matching/requirement_panel.html", {"found": found})


@login_required
@require_GET
@never_cache
def lot_panel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        found = selectors.lot_matches(_acting(request), public_id)
    except NotFound as error:
        raise Http404 from error
    return render(request, "matching/lot_panel.html", {"found": found})


def _acting(request: HttpRequest) -> Actor:
    """The organisation chosen in this session; who belongs to none has nothing to look at."""
    actor = actor_of(request)
    if actor is None:
        raise NotFound
    return actor
