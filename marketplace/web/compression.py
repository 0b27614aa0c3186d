"""Pages are sent compressed; the API's answers are not."""

from typing import Any

from django.http import HttpRequest
from django.middleware.gzip import GZipMiddleware


class PagesGZipMiddleware(GZipMiddleware):
    """Django pads compressed answers by a random length and masks its tokens (BREACH).

    Compression makes an ETag weak, and ``If-Match`` of the API asks for the strong one.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if request.path.startswith("/api/"):
            return response
        return super().process_response(request, response)
