"""Exact paths, JSON, no cookies: tokens, footprints, events."""

import base64
import binascii
import json
from itertools import islice
from urllib.parse import unquote, urlencode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from marketplace.domain import pact as events
from marketplace.domain.errors import NotFound
from marketplace.domain.footprints import criteria
from marketplace.models import PactClient
from marketplace.pact.answers import Refused, for_clients
from marketplace.selectors import footprints
from marketplace.services import pact

PAGE, MOST = 100, 1_000


@csrf_exempt
@never_cache
@require_POST
def token(request: HttpRequest) -> JsonResponse:
    """OAuth 2 client credentials (RFC 6749 section 4.4), by HTTP Basic."""
    found = _credentials(request.headers.get("Authorization", ""))
    if found is None:
        return _oauth(401, "invalid_client")
    if request.POST.get("grant_type") != "client_credentials":
        asked = "grant_type" in request.POST
        return _oauth(400, "unsupported_grant_type" if asked else "invalid_request")
    issued = pact.token(client_id=found[0], secret=found[1])
    if issued is None:
        return _oauth(401, "invalid_client")
    told = {"access_token": issued, "token_type": "Bearer", "expires_in": pact.TOKEN_SECONDS}
    return JsonResponse(told)


def _credentials(header: str) -> tuple[str, str] | None:
    """Both are form-encoded before they are joined (section 2.3.1)."""
    kind, _space, text = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote(name), unquote(secret)) if colon else None


def _oauth(status: int, error: str) -> JsonResponse:
    answer = JsonResponse({"error": error}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = 'Basic realm="footprints"'
    return answer


@for_clients("GET")
def list_footprints(request: HttpRequest, client: PactClient) -> HttpResponse:
    limit, after = _limit(request), request.GET.get("after", "")
    wanted = criteria(dict(request.GET.lists()))
    found = footprints.matching(client.organisation, wanted, after=_uuid(after))
    page = list(islice(found, limit + 1))
    answer = JsonResponse({"data": [footprints.shown(one) for one in page[:limit]]})
    if len(page) > limit:
        last = str(page[limit - 1].public_id) if limit else after
        kept = [(name, one) for name, many in request.GET.lists() for one in many]
        query = [pair for pair in kept if pair[0] not in ("after", "limit")]
        query += [("limit", str(limit)), *([("after", last)] if last else [])]
        url = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
        answer["Link"] = f'<{url}>; rel="next"'
    return answer


@for_clients("GET")
def one_footprint(request: HttpRequest, client: PactClient, name: str) -> HttpResponse:
    key = _uuid(name)
    try:
        if key is None:
            raise NotFound
        found = footprints.visible_one(client.organisation, key)
    except NotFound:
        raise Refused(404, "NotFound", "There is no such footprint for you.") from None
    return JsonResponse({"data": footprints.shown(found)})


@for_clients("POST")
def receive_event(request: HttpRequest, client: PactClient) -> HttpResponse:
    if request.content_type != events.CLOUD_EVENTS:
        raise Refused(400, "BadRequest", f"Send {events.CLOUD_EVENTS}.")
    try:
        event = events.read(_json(request))
        pact.receive(client=client, event=event, now=timezone.now())
    except events.Unreadable as error:
        raise Refused(400, "BadRequest", str(error)) from error
    return HttpResponse(status=200)


def _json(request: HttpRequest) -> object:
    try:
        return json.loads(request.body.decode())
    except RequestDataTooBig:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raise events.Unreadable(f"The body has more than {most:,} bytes.") from None
    except (ValueError, RecursionError):
        raise events.Unreadable("The body is not valid JSON.") from None


def _limit(request: HttpRequest) -> int:
    text = request.GET.get("limit", "")
    if not text:
        return PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(400, "BadRequest", "limit has to be a whole number of 0 or more.")
    return min(int(text), MOST)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
