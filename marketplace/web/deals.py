"""Deals: where each stands, and the steps of its sides: deliver, retire the claim, cancel."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.domain.vocabulary import DealState, Side
from marketplace.models import Deal
from marketplace.models.actors import Actor
from marketplace.selectors import cbam, comparisons
from marketplace.selectors import deals as selectors
from marketplace.services import cancellations, claims, deliveries
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.deals import CancellationForm, DeliveryForm, RetirementForm
from marketplace.web.messages import panel


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    page = pages.page_of(request, selectors.own(actor))
    return render(request, "marketplace/deals.html", {"page": page})


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    return _page(request, actor, selectors.own_one(actor, public_id))


@require_http_methods(["GET", "POST"])
@for_members
def deliver(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    deal = selectors.own_one(actor, public_id)
    if not _may(actor, deal)["deliver"] and request.method == "GET":
        return redirect("deal", public_id)
    posted = request.method == "POST"
    form = DeliveryForm(request.POST, request.FILES) if posted else DeliveryForm()
    if posted:
        step = partial(
            deliveries.record,
            by=actor,
            public_id=public_id,
            analysis=request.FILES.get("analysis"),
            version=pages.version_of(request),
            now=timezone.now(),
        )
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            messages.success(request, _("Recorded. The buyer has its claim over these tonnes."))
            return redirect("deal", public_id)
    return pages.form_page(request, "marketplace/deal_delivery.html", form, deal=deal)


@require_POST
@for_members
def retire(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    form = RetirementForm(request.POST)
    step = partial(
        claims.retire,
        by=actor,
        public_id=public_id,
        version=pages.version_of(request),
        now=timezone.now(),
    )
    if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
        messages.success(request, _("Retired: the claim is used up for good."))
        return redirect("deal", public_id)
    return _page(request, actor, selectors.own_one(actor, public_id), retirement=form)


@require_POST
@for_members
def cancel(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """Ask, agree, refuse or take back: which of them, the button says."""
    known: dict[str, Any] = {"version": pages.version_of(request), "now": timezone.now()}
    answers = {
        "agree": (cancellations.agree, _("The deal is cancelled.")),
        "refuse": (cancellations.refuse, _("Refused: the deal stands.")),
        "take_back": (cancellations.take_back, _("Taken back: the deal stands.")),
    }
    step = request.POST.get("step", "")
    if step in answers:
        answer, done = answers[step]
        pages.attempt(request, partial(answer, by=actor, public_id=public_id, **known), done)
        return redirect("deal", public_id)
    if step != "ask":
        raise Http404
    form = CancellationForm(request.POST)
    ask = partial(cancellations.ask, by=actor, public_id=public_id, **known)
    if pages.submitted(form, lambda raw: ask(reason=str(raw["reason"]))) is not None:
        messages.success(request, _("Asked. The deal stands until the other side agrees."))
        return redirect("deal", public_id)
    return _page(request, actor, selectors.own_one(actor, public_id), cancellation=form)


def _page(
    request: HttpRequest,
    actor: Actor,
    deal: Deal,
    *,
    retirement: RetirementForm | None = None,
    cancellation: CancellationForm | None = None,
) -> HttpResponse:
    claim = getattr(deal, "claim", None)
    asks = deal.cancellation_asked_by
    context = {
        "deal": deal,
        "record": deal.record,
        "claim": claim,
        "delivery": getattr(deal, "delivery", None),
        "may": _may(actor, deal),
        "own_side_asks": asks is not None and asks == actor.organisation,
        "retirement": retirement or RetirementForm(),
        "cancellation": cancellation or CancellationForm(),
        "cbam": cbam.of_deal(deal),
        "compared": comparisons.of_deal(deal),
        "proposal": deal.proposal,
        **panel(actor, deal.proposal),
    }
    status = 422 if retirement or cancellation else 200
    return render(request, "marketplace/deal.html", context, status=status)


def _may(actor: Actor, deal: Deal) -> dict[str, bool]:
    """Which steps are open to the reader, by the deal's state."""
    produces = selectors.side_of(actor, deal) is Side.PRODUCER
    confirmed = deal.state == DealState.CONFIRMED.value
    claim = getattr(deal, "claim", None)
    return {
        "deliver": actor.may_trade and produces and confirmed,
        "cancel": actor.may_trade and confirmed,
        "retire": (
            actor.may_trade
            and not produces
            and claim is not None
            and claim.retired_at is None
            and deal.flagged_at is None
        ),
    }
