"""How PACT says what went wrong, and what all of its views share."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from marketplace.models import PactClient
from marketplace.services import pact
from marketplace.services.retries import is_outage

logger = logging.getLogger(__name__)
RETRY_AFTER = "5"
NO_TOKEN = "Send Authorization: Bearer with a token of /auth/token."  # noqa: S105 - a sentence
NOT_TRADING = "This organisation is not verified, or it is suspended."
View = Callable[..., HttpResponse]


class Refused(Exception):
    """Ends the view with a status and one of PACT's codes."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def problem(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)


def for_clients(*methods: str) -> Callable[[View], View]:
    """A view with ``client`` after the request: the token is judged before anything else."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @never_cache
        @wraps(view)
        def run(request: HttpRequest, **named: Any) -> HttpResponse:
            try:
                client = _client(request)
                if request.method not in methods:
                    answer: HttpResponse = problem(405, "BadRequest", "Not by this method.")
                    answer["Allow"] = ", ".join(methods)
                    return answer
                return view(request, client, **named)
            except Refused as error:
                return problem(error.status, error.code, error.message)
            except Exception as error:  # noqa: BLE001 - a system is told in its own form
                return _failed(error)

        return run

    return decorate


def _client(request: HttpRequest) -> PactClient:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refused(401, "BadRequest", NO_TOKEN)
    try:
        client = pact.client_of(token.strip())
    except pact.TokenExpired:
        raise Refused(401, "TokenExpired", "The token is over: fetch another one.") from None
    except pact.TokenUnknown:
        raise Refused(401, "BadRequest", NO_TOKEN) from None
    if not client.organisation.trades:
        raise Refused(403, "AccessDenied", NOT_TRADING)
    return client


def _failed(error: Exception) -> HttpResponse:
    if is_outage(error):
        answer = problem(503, "InternalError", "The database cannot answer at the moment.")
        answer["Retry-After"] = RETRY_AFTER
        return answer
    logger.error("PACT: a fault of ours", exc_info=error)
    return problem(500, "InternalError", "A fault of ours; it is logged.")
