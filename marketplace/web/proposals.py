"""Proposals: what was compared, and who answered."""

from functools import partial
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.domain.errors import DomainError, NotFound
from marketplace.domain.vocabulary import Answer, ProposalState, Side
from marketplace.models import Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import approvals, cbam, comparisons
from marketplace.selectors import proposals as selectors
from marketplace.selectors.filters import ProposalFilter
from marketplace.services import proposals as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms import base
from marketplace.web.messages import panel


class DeclineForm(base.RawForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "Your own limits allow this proposal, so say why you decline. "
            "The market's admins read it, the other side does not."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
        required=False,
    )
    sections = (("", ("reason",)),)


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    narrowed = ProposalFilter(request.GET, selectors.own(actor))
    return pages.listed(request, "marketplace/proposals.html", narrowed)


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    return _page(request, actor, selectors.own_one(actor, public_id), DeclineForm())


@require_POST
@for_members
def accept(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(
        services.accept,
        by=actor,
        public_id=public_id,
        version=pages.version_of(request),
        now=timezone.now(),
    )
    try:
        step()
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, pages.words(error))
        return redirect("proposal", public_id)
    proposal = selectors.own_one(actor, public_id)
    waits = approvals.waiting(actor, proposal) is not None
    told = _("Kept. A second person of your organisation has to accept as well.")
    messages.success(request, told if waits else _("Accepted."))
    alone = selectors.bundle_of(actor, proposal) is None
    if alone and proposal.state == ProposalState.DEAL.value:
        return redirect("deal", proposal.deal.public_id)
    return redirect("proposal", public_id)


@require_http_methods(["POST"])
@for_members
def decline(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    form = DeclineForm(request.POST)
    step = partial(
        services.decline,
        by=actor,
        public_id=public_id,
        version=pages.version_of(request),
        now=timezone.now(),
    )
    if pages.submitted(form, lambda raw: step(reason=str(raw["reason"]))) is not None:
        return redirect("proposal", public_id)
    return _page(request, actor, selectors.own_one(actor, public_id), form)


def _page(
    request: HttpRequest, actor: Actor, proposal: Proposal, form: DeclineForm
) -> HttpResponse:
    side = selectors.side_of(actor, proposal)
    own_answer = proposal.producer_answer if side is Side.PRODUCER else proposal.buyer_answer
    approval = approvals.waiting(actor, proposal)
    is_open = proposal.state == ProposalState.PROPOSED.value
    context = {
        "proposal": proposal,
        "side": side.value,
        "bundle": selectors.bundle_of(actor, proposal),
        "reason": _reason(actor, proposal),
        "cap_milli": proposal.requirement.max_ci_milli,
        "has_answered": own_answer == Answer.ACCEPTED.value,
        "may_answer": (
            is_open
            and own_answer == Answer.OPEN.value
            and proposal.expires_at > timezone.now()
            and actor.may_trade
        ),
        "approval": approval,
        "may_accept": approval is None or approval.asked_by_id != actor.user.pk,
        "steps": selectors.timeline(actor, proposal),
        "certificates": proposal.lot.certificate_links.select_related("certificate"),
        "cbam": cbam.of_proposal(proposal, today=timezone.now().date()),
        "compared": comparisons.of_proposal(proposal),
        **panel(actor, proposal),
    }
    return pages.form_page(request, "marketplace/proposal.html", form, **context)


def _reason(actor: Actor, proposal: Proposal) -> str:
    """The market's own reasons are kept in English and read in the reader's language."""
    reason = selectors.reason_for(actor, proposal)
    return _(reason) if reason else ""
