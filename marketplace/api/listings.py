"""What lots and requirements share: an own list, one own thing to read, edit and withdraw."""

from abc import abstractmethod
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.base import ApiView, ListView
from marketplace.api.etags import etag, require_match, tagged
from marketplace.api.idempotency import Answer, answered_once
from marketplace.api.raw import NoValues, raw_values
from marketplace.api.steps import StepView

Columns = type[serializers.Serializer[Any]]


class OwnListings(ListView):
    """GET: own ones, newest first. POST: a new one. ``columns`` are what may be written."""

    columns: Columns

    @abstractmethod
    def create(self, raw: dict[str, object], now: datetime) -> Any:
        """Call the service that publishes; give back what was stored."""

    def post(self, request: Request) -> Response:
        now = timezone.now()
        actor = self.actor
        raw = raw_values(request.data, self.columns)

        def create() -> Answer:
            return Answer(201, self.get_serializer(self.create(raw, now)).data)

        return answered_once(request, actor, create, now=now)


class OwnListing(ApiView):
    columns: Columns
    representation: Columns

    @abstractmethod
    def find(self, public_id: UUID) -> Any:
        """The own one, or NotFound."""

    @abstractmethod
    def edit(self, public_id: UUID, raw: dict[str, object], version: int, now: datetime) -> Any:
        """Call the service that edits: ``raw`` is complete; give back what was stored."""

    def retrieve(self, request: Request, public_id: UUID) -> Response:
        return tagged(request, self.shown(self.find(public_id)))

    def replace(self, request: Request, public_id: UUID, *, partial: bool) -> Response:
        """PUT: what is left out takes its default. PATCH: what is left out stays."""
        row = self.find(public_id)
        before = self.shown(row)
        require_match(request, before)
        raw = raw_values(request.data, self.columns)
        if partial:
            raw = {**self._written(before), **raw}
        # The version read here: a change that comes in between is a conflict, not a lost update.
        after = self.shown(self.edit(public_id, raw, row.version, timezone.now()))
        response = Response(after)
        response["ETag"] = etag(after)
        return response

    def shown(self, row: Any) -> dict[str, Any]:
        return dict(self.representation(row).data)

    def _written(self, shown: dict[str, Any]) -> dict[str, object]:
        columns = dict(self.columns().fields.items())
        return raw_values({name: shown[name] for name in columns}, self.columns)


class Withdrawal(StepView):
    """POST .../withdraw: nothing new is matched any more; what is a deal stays one."""

    representation: Columns

    @abstractmethod
    def withdraw(self, public_id: UUID, version: int | None, now: datetime) -> object:
        """Call the service that withdraws."""

    def shown(self, row: Any) -> dict[str, Any]:
        return dict(self.representation(row).data)

    def withdrawn(self, request: Request, public_id: UUID) -> Response:
        raw_values(request.data, NoValues)

        def withdraw(version: int | None, now: datetime) -> object:
            return self.withdraw(public_id, version, now)

        return self.stepped(request, public_id, withdraw)
