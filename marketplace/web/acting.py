"""For which organisation the signed-in reader acts, and pages that need one."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from marketplace.domain.errors import NotFound
from marketplace.models import Membership, User
from marketplace.models.actors import Actor
from marketplace.selectors import actors

ORGANISATION_IN_SESSION = "organisation"
Extra = ParamSpec("Extra")
Answer = HttpResponseBase
Page = Callable[Concatenate[HttpRequest, Actor, Extra], Answer]


def actor_of(request: HttpRequest) -> Actor | None:
    """The organisation chosen in this session, else the first; None without any. Read once."""
    if not hasattr(request, "acting"):
        user, wanted = getattr(request, "user", None), request.session.get(ORGANISATION_IN_SESSION)
        own = actors.memberships(user) if isinstance(user, User) else []
        request.memberships = own  # type: ignore[attr-defined]
        request.acting = (  # type: ignore[attr-defined]
            actors.chosen(user, own, wanted) if isinstance(user, User) else None
        )
    return request.acting  # type: ignore[attr-defined, no-any-return]


def own_organisations(request: HttpRequest) -> list[Membership]:
    """Of whoever is signed in, by name."""
    actor_of(request)
    own: list[Membership] = request.memberships  # type: ignore[attr-defined]
    return sorted(own, key=lambda one: (one.organisation.name_key, one.pk))


def for_members(page: Page[Extra]) -> Callable[Concatenate[HttpRequest, Extra], Answer]:
    """Hand the page its actor. Who has no organisation brings one; an admin is told why not."""

    def checked(request: HttpRequest, /, *args: Extra.args, **named: Extra.kwargs) -> Answer:
        actor = actor_of(request)
        if actor is None and not request.user.is_staff:
            return redirect("organisation_new")
        if actor is None:
            messages.error(request, _("Your user belongs to no organisation: ask an admin."))
            return redirect("home")
        try:
            return page(request, actor, *args, **named)
        except NotFound as error:
            raise Http404 from error

    return login_required(wraps(page)(checked))
