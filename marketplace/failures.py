"""What a request answers that failed outside of all views' care; nothing here asks the database.

503 with Retry-After when the database is away or too busy, wherever that showed: session, sign-in,
page, admin or API. 500 for a fault of ours.
"""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from marketplace.api import errors
from marketplace.services.retries import is_outage


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; the failure is the one being handled."""
    outage = is_outage(sys.exc_info()[1])
    status = HTTPStatus.SERVICE_UNAVAILABLE if outage else HTTPStatus.INTERNAL_SERVER_ERROR
    words = errors.outage_words() if outage else gettext("This went wrong on our side.")
    response: HttpResponse
    if request.path.startswith("/api/"):
        code = "unavailable" if outage else "server_error"
        body = errors.problem_body(status, code, words)
        response = JsonResponse(body, status=status, content_type=errors.PROBLEM_JSON)
    else:
        # Without the request: its context would ask who is signed in.
        page = render_to_string("marketplace/failure.html", {"outage": outage, "words": words})
        response = HttpResponse(page, status=status)
    if outage:
        response["Retry-After"] = str(errors.RETRY_AFTER_SECONDS)
    return response
