"""The front page, the first page after signing in, and the choice of organisation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from marketplace.models import User
from marketplace.models.actors import Actor
from marketplace.selectors import (
    checklist,
    dashboard,
    deals,
    lots,
    organisations,
    purchases,
    requirements,
    signals,
)
from marketplace.selectors.capacities import capacities
from marketplace.web.acting import ORGANISATION_IN_SESSION, actor_of, for_members

SHOWN = 8


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    if actor_of(request) is not None:
        return redirect("dashboard")
    return render(request, "marketplace/home.html")


@require_GET
@for_members
def show_dashboard(request: HttpRequest, actor: Actor) -> HttpResponse:
    now, organisation = timezone.now(), actor.organisation
    context: dict[str, object] = {
        "waiting": dashboard.waiting(actor, now)[:SHOWN],
        "deals": deals.own(actor)[:SHOWN],
        "checklist": checklist.of(actor) if actor.may_trade else None,
    }
    if organisation.is_producer:
        context["producer"] = dashboard.producer(actor)
        context["lots"] = lots.with_evidence(lots.own(actor))[:SHOWN]
        context["capacities"] = capacities(actor)
        if organisation.trades:
            context["missed"] = signals.missed_by(now.date())
    if organisation.is_buyer:
        context["buyer"] = dashboard.buyer(actor)
        context["bought"] = purchases.by_year(actor)
        context["requirements"] = requirements.own(actor)[:SHOWN]
    return render(request, "marketplace/dashboard.html", context)


@require_POST
@login_required
def choose_organisation(request: HttpRequest) -> HttpResponse:
    """Act for another of one's organisations from now on."""
    wanted = request.POST.get("organisation", "")
    user = request.user
    own = organisations.of_user(user) if isinstance(user, User) else ()
    for membership in own:
        if str(membership.organisation.public_id) == wanted:
            request.session[ORGANISATION_IN_SESSION] = wanted
            name = membership.organisation.name
            messages.success(request, _("You act for %(name)s now.") % {"name": name})
            break
    return redirect("dashboard")


@require_GET
def icon(request: HttpRequest) -> HttpResponse:
    """Pages name the icon themselves; browsers ask here on the admin's and the API's pages."""
    return redirect(static("marketplace/icon.svg"))
