"""Middleware: each page in its reader's language and time zone.

The API answers in UTC whoever is signed in beside it, and what watches over the server asks
without anybody's session.
"""

from collections.abc import Callable
from datetime import UTC

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from marketplace.models import User
from marketplace.selectors import readers

NOBODYS = ("/api/", "/healthz", "/readyz")
Handler = Callable[[HttpRequest], HttpResponseBase]


class ReaderMiddleware:
    """After LocaleMiddleware, whose choice holds where the reader made none."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = None if request.path.startswith(NOBODYS) else request.user
        if not isinstance(user, User):
            with timezone.override(UTC):
                return self.get_response(request)
        if user.language in readers.languages():
            # Not undone at the end: LocaleMiddleware still has to name it in the answer's header.
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(readers.zone_of(user)):
            return self.get_response(request)
