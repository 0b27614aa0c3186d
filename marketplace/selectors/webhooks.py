"""Endpoints of the own organisation, and what was sent to each."""

from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from marketplace.domain.webhooks import MessageState
from marketplace.models import WebhookCall, WebhookEndpoint, WebhookMessage
from marketplace.models.actors import Actor
from marketplace.models.webhooks import SECRETS
from marketplace.selectors.finding import one_of

MOST = 10


def own(actor: Actor) -> QuerySet[WebhookEndpoint]:
    """With ``waiting``: how many messages wait. Secrets are not read."""
    waiting = Count("messages", filter=Q(messages__state=MessageState.WAITING.value))
    found = WebhookEndpoint.objects.filter(organisation=actor.organisation)
    return found.defer(*SECRETS).annotate(waiting=waiting).order_by("created_at", "pk")


def own_one(actor: Actor, public_id: UUID) -> WebhookEndpoint:
    """NotFound for foreign ones as for absent ones."""
    return one_of(own(actor), public_id)


def log(endpoint: WebhookEndpoint) -> QuerySet[WebhookMessage]:
    """Newest first, with the calls of each."""
    calls = Prefetch("calls", WebhookCall.objects.order_by("pk"))
    return endpoint.messages.order_by("-pk").prefetch_related(calls)


def message(endpoint: WebhookEndpoint, public_id: UUID) -> WebhookMessage:
    """NotFound for those of other endpoints as for absent ones."""
    return one_of(endpoint.messages.all(), public_id)
