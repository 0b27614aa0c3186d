"""Idempotency-Key: the effect and its answer are one commit, so a repeat finds both or neither."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.errors import KeyReused, StillInProgress
from marketplace.api.etags import etag
from marketplace.models import IdempotentAnswer
from marketplace.models.actors import Actor
from marketplace.services.retries import repeated

HEADER = "Idempotency-Key"
LONGEST_KEY = 200


@dataclass(frozen=True)
class Answer:
    """What a POST gives back: status and representation."""

    status: int
    body: Mapping[str, Any]


def answered_once(
    request: Request,
    actor: Actor,
    act: Callable[[], Answer],
    *,
    now: datetime,
    address: bool = True,
) -> Response:
    """Run ``act`` and keep its answer under the request's key, if it has one.

    ``address``: whether what a 201 made is read at one of its own.

    A failure keeps nothing: the same key may then be tried again, with a corrected body as well.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _response(request, act(), address)
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = _("Give 1 to 200 printable ASCII characters.")
        raise ValidationError({HEADER: [message]}, code="invalid")
    fingerprint = _fingerprint(request)

    def once() -> Answer:
        with transaction.atomic():
            _lock(actor, key)
            return _kept(actor, key, fingerprint, now) or _keep(actor, key, fingerprint, act, now)

    return _response(request, repeated(once), address)


def _kept(actor: Actor, key: str, fingerprint: str, now: datetime) -> Answer | None:
    """The answer of the last 24 hours. After that the key is as good as new."""
    mine = IdempotentAnswer.objects.filter(organisation=actor.organisation, key=key)
    mine.filter(created_at__lte=now - settings.IDEMPOTENCY_KEPT_FOR).delete()
    kept = mine.first()
    if kept is None:
        return None
    if kept.request_sha256 != fingerprint:
        raise KeyReused
    return Answer(kept.status, json.loads(kept.body))


def _keep(
    actor: Actor, key: str, fingerprint: str, act: Callable[[], Answer], now: datetime
) -> Answer:
    answer = act()
    IdempotentAnswer.objects.create(
        organisation=actor.organisation,
        key=key,
        request_sha256=fingerprint,
        status=answer.status,
        # As text: jsonb would put the names into another order.
        body=json.dumps(answer.body),
        created_at=now,
    )
    return answer


def _lock(actor: Actor, key: str) -> None:
    """An advisory lock on organisation and key until the transaction ends; taken: 409."""
    name = f"idempotency {actor.organisation.pk} {key}".encode()
    number = int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise StillInProgress


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{request.method} {request.path} {body}".encode()).hexdigest()


def _response(request: Request, answer: Answer, address: bool) -> Response:
    response = Response(answer.body, status=answer.status)
    response["ETag"] = etag(answer.body)
    if answer.status == 201 and address:
        response["Location"] = f"{request.path}/{answer.body['id']}"
    return response
