"""Messages of a proposal: plain text between its two sides."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import schema
from marketplace.api.base import ListView
from marketplace.api.idempotency import Answer, answered_once
from marketplace.api.raw import raw_values
from marketplace.domain.messages import LONGEST
from marketplace.models import Message
from marketplace.selectors import messages as selectors
from marketplace.selectors import proposals
from marketplace.services import messages as services


class MessageText(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST)


class WrittenMessage(MessageText):
    """`by` is a person of your own side, or empty."""

    id = serializers.UUIDField(source="public_id")
    organisation = serializers.CharField(source="organisation.name")
    by = serializers.CharField(source="who")
    written_at = serializers.DateTimeField()


class Messages(ListView):
    """What the two sides of your proposal wrote to each other, oldest first."""

    queryset = Message.objects.none()
    serializer_class = WrittenMessage
    orderings = {"written_at": ("pk",)}

    @extend_schema(operation_id="proposals_messages", responses=WrittenMessage(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        rows = self.paginate_queryset(self._of(public_id))
        return self.get_paginated_response(WrittenMessage(rows, many=True).data)

    @extend_schema(
        operation_id="proposals_write",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=MessageText,
        responses={201: WrittenMessage},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Write to the other side, which is told of it, also after the proposal has ended."""
        now, actor = timezone.now(), self.actor
        text = str(raw_values(request.data, MessageText).get("text", ""))

        def write() -> Answer:
            written = services.write(by=actor, proposal=public_id, text=text, now=now)
            kept = self._of(public_id).get(pk=written.pk)
            return Answer(201, dict(WrittenMessage(kept).data))

        return answered_once(request, actor, write, now=now, address=False)

    def _of(self, public_id: UUID) -> QuerySet[Any]:
        return selectors.of(self.actor, proposals.own_one(self.actor, public_id))
