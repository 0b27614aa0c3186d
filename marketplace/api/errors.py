"""Failures as problem details (RFC 9457). The one place where domain errors become HTTP."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from marketplace.domain.errors import (
    Conflict,
    DomainError,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from marketplace.services.probes import TooOften
from marketplace.services.retries import is_outage

PROBLEM_JSON = "application/problem+json"
# A problem's type leads to the paragraph about it on the page of the API's reference.
TYPE_PREFIX = "/api/docs#problem-"
RETRY_AFTER_SECONDS = 5
LONGEST_ECHO = 200

STATUS_OF: Mapping[type[DomainError], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooOften: HTTPStatus.TOO_MANY_REQUESTS,
}


class PreconditionFailed(exceptions.APIException):
    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = gettext_lazy(
        "This changed since you read it. Read it again and repeat with its new ETag."
    )


class PayloadTooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"
    default_detail = gettext_lazy("A request body may have up to 1 MiB.")


class KeyReused(exceptions.APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = gettext_lazy("This Idempotency-Key was used for another request.")


class StillInProgress(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT
    default_code = "idempotency_key_in_use"
    default_detail = gettext_lazy("A request with this Idempotency-Key is being answered.")
    wait = 1


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None: a fault of ours, logged and a bare 500."""
    if isinstance(error, DomainError):
        return _domain_problem(error)
    if is_outage(error):
        response = problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", outage_words())
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    if isinstance(error, Http404):
        error = NotFound()
        return _domain_problem(error)
    if isinstance(error, PermissionDenied):
        return _domain_problem(NotAllowed())
    if isinstance(error, RequestDataTooBig):
        error = PayloadTooLarge()
    if isinstance(error, exceptions.APIException):
        return _api_problem(error)
    return None


def outage_words() -> str:
    return gettext("The database cannot answer at the moment. Send the same again in a while.")


def problem(
    status: HTTPStatus, code: str, detail: str, errors: list[dict[str, str]] | None = None
) -> Response:
    body = problem_body(status, code, detail)
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type=PROBLEM_JSON)


def problem_body(status: HTTPStatus, code: str, detail: str) -> dict[str, Any]:
    return {
        "type": TYPE_PREFIX + code,
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }


def _domain_problem(error: DomainError) -> Response:
    status = next(
        (found for kind, found in STATUS_OF.items() if isinstance(error, kind)),
        HTTPStatus.BAD_REQUEST,
    )
    fields = error.errors if isinstance(error, InvalidInput) else ()
    response = problem(
        status,
        error.code,
        gettext(error.message).format(**error.params),
        [_field_problem(field) for field in fields],
    )
    if isinstance(error, TooOften):
        left = (error.until - timezone.now()).total_seconds()
        response["Retry-After"] = str(max(1, math.ceil(left)))
    return response


def _field_problem(error: FieldError) -> dict[str, str]:
    token = error.field.replace("~", "~0").replace("/", "~1")
    return {
        "pointer": f"/{token}" if token else "",
        "field": error.field,
        "value": error.value[:LONGEST_ECHO],
        "code": error.code,
        "detail": gettext(error.message).format(**error.params),
    }


def _api_problem(error: exceptions.APIException) -> Response:
    status = HTTPStatus(error.status_code)
    if isinstance(error, exceptions.ValidationError):
        detail = gettext("Some parameters of the query are not possible.")
        return problem(
            status, "invalid_query", detail, _parameter_problems(error.get_full_details())
        )
    response = problem(status, _code_of(error), str(error.detail))
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response


def _code_of(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else str(error.default_code)


def _parameter_problems(details: Any) -> list[dict[str, str]]:
    """One entry for each refused query parameter or header."""
    if not isinstance(details, Mapping):
        details = {"": details}
    return [
        {"parameter": name, "field": name, "code": found["code"], "detail": str(found["message"])}
        for name, many in details.items()
        for found in (many if isinstance(many, list) else [many])
    ]
