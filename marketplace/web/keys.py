"""Keys of the API: one's own, made and shown once, and revoked; an owner sees all of them."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.models.actors import Actor
from marketplace.selectors import keys as selectors
from marketplace.services import keys as services
from marketplace.web import pages
from marketplace.web.acting import for_members
from marketplace.web.forms.keys import KeyForm

FIRST = {"scope": "READ", "days": "90"}


@require_http_methods(["GET", "POST"])
@never_cache
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A POST makes one and answers with the key itself: it is nowhere to be read later."""
    now = timezone.now()
    form = KeyForm(request.POST if request.method == "POST" else None, initial=FIRST)
    if form.is_bound:
        step = partial(services.create, by=actor, now=now)
        made = pages.submitted(form, lambda raw: step(raw=raw))
        if made is not None:
            return render(request, "marketplace/key_shown.html", {"made": made})
    context = {"page": pages.page_of(request, selectors.visible(actor)), "now": now}
    return pages.form_page(request, "marketplace/keys.html", form, **context)


@require_POST
@for_members
def revoke(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.revoke_of, by=actor, public_id=public_id, now=timezone.now())
    pages.attempt(request, step, _("Revoked: it opens nothing from now on."))
    return redirect("keys")
