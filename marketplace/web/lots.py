"""A producer's lots: list them, change them, take them off the market."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.models.actors import Actor
from marketplace.selectors import cbam
from marketplace.selectors import lots as selectors
from marketplace.selectors.filters import LotFilter, OwnLotFilter
from marketplace.services import lots as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.lots import FIRST, LotForm, columns_of


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    rows = selectors.with_evidence(selectors.own(actor))
    return pages.listed(request, "marketplace/lots.html", OwnLotFilter(request.GET, rows))


@require_GET
@for_members
def market(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open lots of others; asks only for who may see them."""
    rows = selectors.with_evidence(selectors.open_for_buyers(actor))
    return pages.listed(
        request,
        "marketplace/market_lots.html",
        LotFilter(request.GET, rows),
        shows_asks=selectors.may_see_asks(actor),
    )


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    lot = selectors.visible_one(actor, public_id)
    is_own = lot.organisation_id == actor.organisation.pk
    template = "marketplace/lot.html" if is_own else "marketplace/market_lot.html"
    statements = lot.carbon_statements.select_related("evidence").order_by("boundary")
    links = lot.certificate_links.select_related("certificate").order_by("pk")
    shows_asks = is_own or selectors.may_see_asks(actor)
    context = {"lot": lot, "statements": statements, "links": links, "shows_asks": shows_asks}
    if not is_own:
        context["cbam"] = cbam.of_lot(lot, today=timezone.now().date())
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@for_members
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    now = timezone.now()
    form = LotForm(request.POST) if request.method == "POST" else LotForm(initial=FIRST)
    form.offer(actor, now.date())
    if form.is_bound:
        publish = partial(services.publish, by=actor, now=now)
        lot = pages.submitted(form, lambda raw: publish(raw=raw))
        if lot is not None:
            messages.success(request, _("Listed. Matching looks at it within seconds."))
            return redirect("lot", lot.public_id)
    return pages.form_page(request, "marketplace/lot_form.html", form)


@require_GET
@for_members
def copy(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """The form of a new lot, filled with one's own; whose reference is that one's alone."""
    known = columns_of(selectors.own_one(actor, public_id)) | {"reference": ""}
    form = LotForm(initial=known)
    form.offer(actor, timezone.now().date())
    return render(request, "marketplace/lot_form.html", {"form": form})


@require_http_methods(["GET", "POST"])
@for_members
def edit(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    now, lot = timezone.now(), selectors.own_one(actor, public_id)
    form = LotForm(request.POST) if request.method == "POST" else LotForm(initial=columns_of(lot))
    form.offer(actor, now.date())
    if form.is_bound:
        # The version that the form was made from: a change in between is told, not overwritten.
        step = partial(
            services.edit, by=actor, public_id=public_id, version=pages.version_of(request), now=now
        )
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            messages.success(request, _("Changed. Matching looks at it within seconds."))
            return redirect("lot", public_id)
    return pages.form_page(request, "marketplace/lot_form.html", form, lot=lot)


@require_POST
@for_members
def withdraw(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.withdraw, by=actor, public_id=public_id, now=timezone.now())
    pages.attempt(request, step, _("Withdrawn. Deals stay deals."))
    return redirect("lot", public_id)
