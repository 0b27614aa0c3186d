"""A buyer's requirements: post them, change them, take them back."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.models.actors import Actor
from marketplace.selectors import requirements as selectors
from marketplace.selectors.filters import OwnRequirementFilter, RequirementFilter
from marketplace.services import requirements as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.requirements import FIRST, RequirementForm, columns_of


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    narrowed = OwnRequirementFilter(request.GET, selectors.own(actor))
    return pages.listed(request, "marketplace/requirements.html", narrowed)


@require_GET
@for_members
def market(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open requirements of others, without buyer and price limits."""
    narrowed = RequirementFilter(request.GET, selectors.open_for_producers(actor))
    return pages.listed(request, "marketplace/market_requirements.html", narrowed)


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    found = selectors.own_one(actor, public_id)
    context = {"requirement": found, "reveals": found.reveals.order_by("-at")}
    return render(request, "marketplace/requirement.html", context)


@require_http_methods(["GET", "POST"])
@for_members
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    posted = request.method == "POST"
    form = RequirementForm(request.POST) if posted else RequirementForm(initial=FIRST)
    form.offer(actor)
    if form.is_bound:
        post = partial(services.post, by=actor, now=timezone.now())
        found = pages.submitted(form, lambda raw: post(raw=raw))
        if found is not None:
            messages.success(request, _("Posted. Matching looks at it within seconds."))
            return redirect("requirement", found.public_id)
    return pages.form_page(request, "marketplace/requirement_form.html", form)


@require_http_methods(["GET", "POST"])
@for_members
def edit(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    found = selectors.own_one(actor, public_id)
    posted = request.method == "POST"
    form = RequirementForm(request.POST) if posted else RequirementForm(initial=columns_of(found))
    form.offer(actor)
    if form.is_bound:
        version, now = pages.version_of(request), timezone.now()
        step = partial(services.edit, by=actor, public_id=public_id, version=version, now=now)
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            messages.success(request, _("Changed. Matching looks at it within seconds."))
            return redirect("requirement", public_id)
    return pages.form_page(request, "marketplace/requirement_form.html", form, requirement=found)


@require_POST
@for_members
def withdraw(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.withdraw, by=actor, public_id=public_id, now=timezone.now())
    pages.attempt(request, step, _("Withdrawn. Deals stay deals."))
    return redirect("requirement", public_id)
