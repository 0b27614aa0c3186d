"""Webhooks of the own organisation: endpoints, their secrets once, and what was sent."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.domain.errors import DomainError, NotFound
from marketplace.domain.vocabulary import Role
from marketplace.models.actors import Actor
from marketplace.selectors import webhooks as selectors
from marketplace.services import webhooks as services
from marketplace.services.webhooks import Shown
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.webhooks import EndpointForm, columns_of


@require_http_methods(["GET", "POST"])
@never_cache
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every member reads; an owner adds an endpoint here and is shown its secret, once."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        step = partial(services.create, by=actor, now=timezone.now())
        made = pages.submitted(form, lambda raw: step(raw=raw))
        if made is not None:
            return _secret(request, made)
    context = {"endpoints": selectors.own(actor), "is_owner": actor.role is Role.OWNER}
    return pages.form_page(request, "marketplace/webhooks.html", form, **context)


@require_http_methods(["GET", "POST"])
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """One endpoint with its log; an owner changes it here."""
    endpoint = selectors.own_one(actor, public_id)
    bound = request.POST if request.method == "POST" else None
    form = EndpointForm(bound, initial=columns_of(endpoint))
    if form.is_bound:
        step = partial(services.change, by=actor, public_id=public_id)
        if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
            return redirect("webhook", public_id)
    context = {
        "endpoint": endpoint,
        "page": pages.page_of(request, selectors.log(endpoint)),
        "is_owner": actor.role is Role.OWNER,
        "now": timezone.now(),
    }
    return pages.form_page(request, "marketplace/webhook.html", form, **context)


@require_POST
@never_cache
@for_members
def rotate(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    try:
        made = services.rotate(by=actor, public_id=public_id, now=timezone.now())
    except NotFound:
        raise
    except DomainError as refused:
        messages.error(request, pages.words(refused))
        return redirect("webhook", public_id)
    return _secret(request, made)


@require_POST
@for_members
def switch_on(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.switch_on, by=actor, public_id=public_id, now=timezone.now())
    pages.attempt(request, step, _("Switched on. What waited goes out now."))
    return redirect("webhook", public_id)


@require_POST
@for_members
def test(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.test, by=actor, public_id=public_id, now=timezone.now())
    pages.attempt(request, step, _("The test waits to be sent: look at the log in a moment."))
    return redirect("webhook", public_id)


@require_POST
@for_members
def redeliver(request: HttpRequest, actor: Actor, public_id: UUID, message: UUID) -> HttpResponse:
    step = partial(
        services.redeliver, by=actor, public_id=public_id, message=message, now=timezone.now()
    )
    pages.attempt(request, step, _("The message waits to be sent again."))
    return redirect("webhook", public_id)


@require_POST
@for_members
def delete(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.delete, by=actor, public_id=public_id)
    done = pages.attempt(request, step, _("Deleted. Nothing is sent there any more."))
    return redirect("webhooks") if done else redirect("webhook", public_id)


def _secret(request: HttpRequest, made: Shown) -> HttpResponse:
    """The one page that holds it; nothing stores this page."""
    context = {"endpoint": made.endpoint, "secret": made.secret}
    return render(request, "marketplace/webhook_secret.html", context)
