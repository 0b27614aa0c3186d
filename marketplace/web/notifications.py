"""What the reader was told, and how they want to be told."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.models import Notification
from marketplace.models.actors import Actor
from marketplace.selectors import notices
from marketplace.selectors import notifications as selectors
from marketplace.services import notifications as services
from marketplace.web import pages
from marketplace.web.acting import ORGANISATION_IN_SESSION, for_members
from marketplace.web.forms.notifications import ChoiceForm


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Of every organisation of the reader, not only of the one they act for."""
    page = pages.page_of(request, selectors.own(actor.user))
    rows = [(notice, notices.sentence(notice)) for notice in page]
    return render(request, "marketplace/notifications.html", {"page": page, "rows": rows})


@require_GET
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """Where links in lists and e-mails lead: read from now on, then on to the page it is about."""
    found = services.open_one(by=actor.user, public_id=public_id, now=timezone.now())
    _act_for_its_organisation(request, actor, found)
    inside = found.path.startswith("/") and url_has_allowed_host_and_scheme(found.path, None)
    return redirect(found.path if inside else "notifications")


@require_POST
@for_members
def mark_read(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    services.open_one(by=actor.user, public_id=public_id, now=timezone.now())
    return redirect("notifications")


@require_POST
@for_members
def mark_all_read(request: HttpRequest, actor: Actor) -> HttpResponse:
    step = partial(services.mark_all_read, by=actor.user, now=timezone.now())
    pages.attempt(request, step, _("All are marked as read."))
    return redirect("notifications")


@require_http_methods(["GET", "POST"])
@for_members
def choose(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = ChoiceForm(request.POST or None, initial=selectors.chosen(actor.user))
    if form.is_bound:
        saved = pages.submitted(form, lambda raw: services.choose(by=actor.user, modes=raw))
        if saved is not None:
            messages.success(request, _("Saved. It holds for what happens from now on."))
            return redirect("notification_settings")
    return pages.form_page(request, "marketplace/notification_settings.html", form)


def _act_for_its_organisation(request: HttpRequest, actor: Actor, notice: Notification) -> None:
    """Its page is seen by the members of one organisation: act for that one from now on."""
    organisation = notice.organisation
    if organisation is not None and organisation != actor.organisation:
        request.session[ORGANISATION_IN_SESSION] = str(organisation.public_id)
        messages.success(request, _("You act for %(name)s now.") % {"name": organisation.name})
