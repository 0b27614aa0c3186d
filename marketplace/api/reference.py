"""The OpenAPI document, and the reference page made from it.

Swagger UI and ReDoc need inline styles, which the content policy refuses: the page is plain HTML.
"""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace.domain.errors import NotFound

METHODS = ("get", "post", "put", "patch", "delete")
# The stable codes of problems that do not come from a field: the anchors of their types.
PROBLEMS = {
    "invalid_input": _("400: values break a rule; errors names each field."),
    "invalid_query": _("400: a query parameter or header is unknown or not possible."),
    "parse_error": _("400: the body is not a JSON object."),
    "not_authenticated": _("401: send Authorization: Bearer KEY."),
    "authentication_failed": _("401: the key is unknown or revoked."),
    "not_allowed": _("403: your role or side may not do this, or is not verified yet."),
    "not_found": _("404: there is no such thing among yours."),
    "method_not_allowed": _("405: the header Allow names the methods."),
    "not_acceptable": _("406: answers are JSON."),
    "conflict": _("409: the state changed meanwhile or does not allow this."),
    "idempotency_key_in_use": _("409: the same request is being answered; wait for Retry-After."),
    "precondition_failed": _("412: the ETag in If-Match is no longer current."),
    "payload_too_large": _("413: more than 1 MiB."),
    "unsupported_media_type": _("415: send application/json."),
    "idempotency_key_reused": _("422: this Idempotency-Key belongs to another request."),
    "too_often": _("429: more requests than a minute takes; wait for Retry-After."),
    "server_error": _("500: a fault of ours; it is logged."),
    "unavailable": _("503: try again after Retry-After."),
}


class Schema(SpectacularAPIView):
    """GET /api/schema: YAML, or JSON by the Accept header or ?format=json."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class NoSuchAddress(APIView):
    """Any other address under /api/: a problem instead of a page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    context = {"operations": operations(), "shapes": shapes(), "problems": PROBLEMS}
    return render(request, "marketplace/api/reference.html", context)


@cache
def document() -> dict[str, Any]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def operations() -> list[dict[str, Any]]:
    """Every operation of the document, ready to be laid out."""
    return [
        {
            "id": operation["operationId"],
            "method": method.upper(),
            "path": path,
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "takes": _shape_name(operation.get("requestBody", {})),
            "gives": [
                {"status": status, "shape": _shape_name(answer)}
                for status, answer in operation["responses"].items()
            ],
        }
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def shapes() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "description": shape.get("description", ""),
            "fields": [
                {
                    "name": field,
                    "type": _type_words(described),
                    "required": field in shape.get("required", ()),
                    "description": described.get("description", ""),
                }
                for field, described in shape.get("properties", {}).items()
            ],
            "values": shape.get("enum", ()),
        }
        for name, shape in document()["components"]["schemas"].items()
    ]


def _shape_name(holder: dict[str, Any]) -> str:
    for media in holder.get("content", {}).values():
        return str(media["schema"].get("$ref", "")).rpartition("/")[2]
    return ""


def _type_words(described: dict[str, Any]) -> str:
    """A schema in a few words: "string (uuid)", "list of RegionEnum"."""
    if "$ref" in described:
        return str(described["$ref"]).rpartition("/")[2]
    for word in ("oneOf", "anyOf", "allOf"):
        if word in described:
            return " | ".join(_type_words(part) for part in described[word])
    if described.get("type") == "array":
        return f"list of {_type_words(described['items'])}"
    kind = described.get("type", "")
    words = " | ".join(kind) if isinstance(kind, list) else str(kind)
    if "format" in described:
        return f"{words} ({described['format']})"
    return words or "value"
