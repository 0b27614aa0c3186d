"""From a confirmed address to an organisation, and the terms that it accepts."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.domain.vocabulary import Role
from marketplace.models import User
from marketplace.models.actors import Actor
from marketplace.selectors import members
from marketplace.selectors import terms as selectors
from marketplace.services import onboarding
from marketplace.services import terms as services
from marketplace.web import pages
from marketplace.web.acting import ORGANISATION_IN_SESSION, for_members
from marketplace.web.forms.accounts import OrganisationForm


@require_http_methods(["GET", "POST"])
@login_required
def found(request: HttpRequest) -> HttpResponse:
    user, version = request.user, request.POST.get("terms_version", selectors.version())
    assert isinstance(user, User)
    form = OrganisationForm(request.POST or None)
    if form.is_bound:
        step = partial(onboarding.found, by=user, now=timezone.now())
        made = pages.submitted(form, lambda raw: step(raw=raw | {"terms_version": version}))
        if made is not None:
            request.session[ORGANISATION_IN_SESSION] = str(made.public_id)
            messages.success(request, _("Saved. The market's admins verify it next."))
            return redirect("dashboard")
    return pages.form_page(
        request,
        "marketplace/organisation_form.html",
        form,
        version=selectors.version(),
        invited=members.invited(user, timezone.now()),
        terms_url=settings.TERMS_URL,
    )


@require_http_methods(["GET", "POST"])
@for_members
def terms(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is accepted now; an owner accepts a newer version here."""
    if request.method == "POST":
        version = request.POST.get("version", "")
        step = partial(services.accept, by=actor, version=version, now=timezone.now())
        done = pages.attempt(request, step, _("Accepted."))
        return redirect("dashboard" if done else "terms")
    context = {
        "version": selectors.version(),
        "accepted": selectors.accepted(actor.organisation),
        "terms_url": settings.TERMS_URL,
        "is_owner": actor.role is Role.OWNER,
    }
    return render(request, "marketplace/terms.html", context)
