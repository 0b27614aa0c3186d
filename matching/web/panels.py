"""Fragments that pages load: matches of one's own lot or requirement, and why not more."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from marketplace.web.acting import acting

from matching import selectors


@login_required
@require_GET
def requirement_panel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = selectors.requirement_matches(acting(request), public_id)
    return render(request, "matching/requirement_panel.html", {"found": found})


@login_required
@require_GET
def lot_panel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = selectors.lot_matches(acting(request), public_id)
    return render(request, "matching/lot_panel.html", {"found": found})
