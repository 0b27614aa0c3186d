"""ETags over the reader's own view: a value that the reader may not see never shows in one."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.errors import PreconditionFailed


def etag(representation: Mapping[str, Any]) -> str:
    canonical = json.dumps(representation, sort_keys=True, default=str, separators=(",", ":"))
    return f'"{hashlib.sha256(canonical.encode()).hexdigest()[:32]}"'


def require_match(request: Request, representation: Mapping[str, Any]) -> None:
    """If-Match, if given, must name what is there now (RFC 9110: weak tags never match)."""
    given = request.headers.get("If-Match")
    if given is not None and not _names(given, etag(representation)):
        raise PreconditionFailed


def tagged(request: Request, representation: Mapping[str, Any]) -> Response:
    """The answer to a read; 304 when If-None-Match says that the reader has it already."""
    tag = etag(representation)
    given = request.headers.get("If-None-Match", "").replace("W/", "")
    response = Response(status=304) if _names(given, tag) else Response(representation)
    response["ETag"] = tag
    return response


def _names(header: str, tag: str) -> bool:
    tags = [part.strip() for part in header.split(",")]
    return "*" in tags or tag in tags
