"""The page of published rounds: that they ran, how many tonnes, and that they were proven."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from matching import selectors

PER_PAGE = 50


@login_required
@require_GET
def rounds(request: HttpRequest) -> HttpResponse:
    page = Paginator(selectors.published_rounds(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "matching/rounds.html", {"page": page})
