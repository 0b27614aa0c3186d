"""Is this process alive (healthz), and can it do its work (readyz)? No secrets."""

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from marketplace.selectors import workers

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """503 unless database and Redis answer and a worker was heard of lately, and hears.

    Worker: silent, when none beat lately; deaf, when all that did hear no messages.
    """
    database, worker = _database_and_worker()
    checks = {"database": database, "redis": _redis(), "worker": worker}
    ready = all(found == "ok" for found in checks.values())
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks}, status=200 if ready else 503
    )


def _database_and_worker() -> tuple[str, str]:
    try:
        return "ok", workers.together(now=timezone.now())
    except (DatabaseError, InterfaceError):
        logger.exception("readyz: the database does not answer")
        return "unreachable", "unknown"


def _redis() -> str:
    timeout = settings.REDIS_TIMEOUT_SECONDS
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            client.ping()
    except (redis.RedisError, OSError):
        logger.warning("readyz: Redis does not answer")
        return "unreachable"
    return "ok"
