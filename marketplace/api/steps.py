"""A step with one own thing by POST: once for its key, and only if it is as it was read."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.base import ApiView
from marketplace.api.etags import require_match
from marketplace.api.idempotency import Answer, answered_once


class StepView(ApiView):
    @abstractmethod
    def find(self, public_id: UUID) -> Any:
        """The own one, or NotFound; it has a ``version``."""

    @abstractmethod
    def shown(self, row: Any) -> dict[str, Any]:
        """Its representation to this reader."""

    def answer(self, row: Any) -> Answer:
        """What is said of it after the step."""
        return Answer(200, self.shown(row))

    def stepped(
        self,
        request: Request,
        public_id: UUID,
        take: Callable[[int | None, datetime], object],
    ) -> Response:
        """``take`` calls the service, with the version that If-Match asks for or None."""
        now = timezone.now()

        def act() -> Answer:
            row, version = self.find(public_id), None
            if "If-Match" in request.headers:
                require_match(request, self.shown(row))
                version = row.version
            take(version, now)
            return self.answer(self.find(public_id))

        return answered_once(request, self.actor, act, now=now)
