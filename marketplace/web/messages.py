"""Writing to the other side, from the page of the proposal or of its deal."""

from functools import partial
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from marketplace.domain.messages import LONGEST
from marketplace.models import Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import messages as selectors
from marketplace.selectors import proposals
from marketplace.services import messages as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms import base


class MessageForm(base.RawForm):
    text = forms.CharField(
        label=_("Message"),
        help_text=_("Plain text. The other side is told of it by e-mail, without its words."),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST}),
        required=False,
    )
    sections = (("", ("text",)),)


@require_http_methods(["GET", "POST"])
@for_members
def write(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """Back to the deal where there is one. A refused text is kept, on a page of its own."""
    proposal = proposals.own_one(actor, public_id)
    form = MessageForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        step = partial(services.write, by=actor, proposal=public_id, now=timezone.now())
        if pages.submitted(form, lambda raw: step(text=str(raw["text"]))) is not None:
            return redirect(f"{_address(proposal)}#messages")
    status = 422 if form.errors else 200
    context = {"form": form, "proposal": proposal, **panel(actor, proposal)}
    return render(request, "marketplace/messages.html", context, status=status)


def panel(actor: Actor, proposal: Proposal) -> dict[str, object]:
    """What parts/messages.html needs."""
    return {
        "written": selectors.of(actor, proposal),
        "message_form": MessageForm(),
        "may_write": actor.may_trade and actor.organisation.suspended_at is None,
    }


def _address(proposal: Proposal) -> str:
    deal = getattr(proposal, "deal", None)
    if deal is not None:
        return reverse("deal", args=[deal.public_id])
    return reverse("proposal", args=[proposal.public_id])
