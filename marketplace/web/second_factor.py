"""Middleware: who may decide for others sets up a second factor before anything else."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.domain.vocabulary import Role
from marketplace.models import User
from marketplace.web import acting

# Setting it up and what that asks for, leaving, and the language of these pages.
OPEN = ("/accounts/2fa/", "/accounts/reauthenticate/", "/logout", "/accounts/logout/", "/language")
# Keys, not sessions, open the API; what watches over the server signs in nowhere.
NOBODYS = ("/api/", "/healthz", "/readyz", "/static/", "/favicon.ico")
HELD = "second_factor"
Handler = Callable[[HttpRequest], HttpResponseBase]


class SecondFactorMiddleware:
    """The market's staff and owners of organisations; see MFA_REQUIRED."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.MFA_REQUIRED or request.path.startswith((*OPEN, *NOBODYS)):
            return self.get_response(request)
        if not _is_wanted(request) or _is_held(request):
            return self.get_response(request)
        address = reverse("mfa_index")
        if request.headers.get("HX-Request"):
            # A fragment's place is no place for a page.
            return HttpResponse(headers={"HX-Redirect": address})
        messages.warning(request, _("Your role needs a second factor: set one up to go on."))
        return redirect(address)


def _is_wanted(request: HttpRequest) -> bool:
    user = request.user
    if not isinstance(user, User):
        return False
    owns = (one.role == Role.OWNER.value for one in acting.own_organisations(request))
    return user.is_staff or any(owns)


def _is_held(request: HttpRequest) -> bool:
    """Asked once for a session that has one; who takes it off is asked for one at the next."""
    if request.session.get(HELD):
        return True
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    found = bool(Authenticator.objects.filter(user=request.user.pk, type__in=kinds).exists())
    if found:
        request.session[HELD] = True
    return found
