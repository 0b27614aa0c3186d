"""Keyset pages, newest first. The cursor is signed: only one that this list gave out works."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

PAGINATION_PARAMETERS = ("cursor", "page_size", "ordering")


class NewestFirst(CursorPagination):
    """A view's ``orderings``: what a reader may ask for -> columns; the first by default."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = ("-pk",)
    salt = ""

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get("page_size")
        if text is None:
            return self.page_size
        if not (text.isascii() and text.isdigit() and int(text[:20]) > 0):
            raise ValidationError({"page_size": [_("Give a whole number above 0.")]})
        return min(int(text[:20]), self.max_page_size)

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> tuple[str, ...]:
        orderings: Mapping[str, tuple[str, ...]] = getattr(view, "orderings", {})
        default = next(iter(orderings), "")
        asked = request.query_params.get("ordering", default)
        if asked != default and asked not in orderings:
            raise ValidationError({"ordering": [_("This order is not offered.")]})
        self.salt = f"cursor {request.path} {asked}"
        return orderings.get(asked, self.ordering)

    def decode_cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            return Cursor(*signing.loads(text, salt=self.salt))
        except signing.BadSignature as error:
            raise ValidationError({"cursor": [_("This is not a cursor of this list.")]}) from error

    def encode_cursor(self, cursor: Cursor) -> str:
        url = self.base_url or ""
        path, _mark, query = url.partition("?")
        kept = [part for part in query.split("&") if part and not part.startswith("cursor=")]
        token = signing.dumps(list(cursor), salt=self.salt)
        return f"{path}?{'&'.join([*kept, f'cursor={token}'])}"

    def get_paginated_response(self, data: Any) -> Response:
        """The body says next and previous; so does the Link header (RFC 8288)."""
        response = super().get_paginated_response(data)
        links = [
            f'<{url}>; rel="{relation}"'
            for relation, url in (
                ("next", self.get_next_link()),
                ("prev", self.get_previous_link()),
            )
            if url
        ]
        if links:
            response["Link"] = ", ".join(links)
        return response

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == "page_size":
                parameter["schema"] = {"type": "integer", "minimum": 1, "default": self.page_size}
                parameter["description"] = (
                    f"More than {self.max_page_size} gives {self.max_page_size}."
                )
        if orderings := list(getattr(view, "orderings", {})):
            schema = {"type": "string", "enum": orderings, "default": orderings[0]}
            parameters.append({"name": "ordering", "in": "query", "schema": schema})
        return parameters

    def _get_position_from_instance(
        self, instance: Model | Mapping[str, Any], ordering: Sequence[str]
    ) -> str:
        return str(super()._get_position_from_instance(instance, ordering))
