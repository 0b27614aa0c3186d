"""Lots: the producer's own ones, and what verified buyers see of the others'."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import schema
from marketplace.api.base import ApiView, ListView
from marketplace.api.etags import tagged
from marketplace.api.listings import OwnListing, OwnListings, Withdrawal
from marketplace.api.lot_shapes import LotColumns, MarketLot, OwnLot
from marketplace.models import Lot
from marketplace.selectors import lots as selectors
from marketplace.selectors.filters import LotFilter, OwnLotFilter
from marketplace.services import lots as services

RELATED = ("carbon_statements__evidence", "certificate_links__certificate", "excluded_buyers")


class Lots(OwnListings):
    """The lots of your own organisation."""

    queryset = Lot.objects.none()
    columns = LotColumns
    serializer_class = OwnLot
    filterset_class = OwnLotFilter
    orderings = {"-listed_at": ("-listed_at", "-pk"), "listed_at": ("listed_at", "pk")}

    def get_queryset(self) -> QuerySet[Lot]:
        return selectors.own(self.actor).prefetch_related(*RELATED)

    def create(self, raw: dict[str, object], now: datetime) -> Lot:
        lot = services.publish(by=self.actor, raw=raw, now=now)
        return selectors.own_one(self.actor, lot.public_id)

    @extend_schema(operation_id="lots_list", responses=OwnLot(many=True))
    def get(self, request: Request) -> Response:
        return self.page()

    @extend_schema(
        operation_id="lots_publish",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=LotColumns,
        responses={201: OwnLot},
    )
    def post(self, request: Request) -> Response:
        return super().post(request)


class OneLot(OwnListing):
    """A lot of your own organisation."""

    columns = LotColumns
    representation = OwnLot

    def find(self, public_id: UUID) -> Lot:
        return selectors.own_one(self.actor, public_id)

    def edit(self, public_id: UUID, raw: dict[str, object], version: int, now: datetime) -> Lot:
        services.edit(by=self.actor, public_id=public_id, raw=raw, version=version, now=now)
        return self.find(public_id)

    @extend_schema(
        operation_id="lots_retrieve", parameters=[schema.IF_NONE_MATCH], responses=OwnLot
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return self.retrieve(request, public_id)

    @extend_schema(
        operation_id="lots_replace",
        parameters=[schema.IF_MATCH],
        request=LotColumns,
        responses=OwnLot,
    )
    def put(self, request: Request, public_id: UUID) -> Response:
        return self.replace(request, public_id, partial=False)

    @extend_schema(
        operation_id="lots_change",
        parameters=[schema.IF_MATCH],
        request=LotColumns(partial=True),
        responses=OwnLot,
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        return self.replace(request, public_id, partial=True)


class WithdrawLot(Withdrawal):
    """Take a lot off the market. Deals stay deals."""

    representation = OwnLot

    def find(self, public_id: UUID) -> Lot:
        return selectors.own_one(self.actor, public_id)

    def withdraw(self, public_id: UUID, version: int | None, now: datetime) -> Lot:
        return services.withdraw(by=self.actor, public_id=public_id, version=version, now=now)

    @extend_schema(
        operation_id="lots_withdraw",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=None,
        responses=OwnLot,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        return self.withdrawn(request, public_id)


class MarketLots(ListView):
    """Open lots of other verified organisations; asks are for verified buyers only."""

    queryset = Lot.objects.none()
    serializer_class = MarketLot
    filterset_class = LotFilter
    orderings = {"-listed_at": ("-listed_at", "-pk"), "listed_at": ("listed_at", "pk")}

    def get_queryset(self) -> QuerySet[Lot]:
        return selectors.open_for_buyers(self.actor).prefetch_related(*RELATED[:2])

    def get_serializer_context(self) -> dict[str, Any]:
        shows_asks = selectors.may_see_asks(self.actor)
        return {**super().get_serializer_context(), "shows_asks": shows_asks}

    @extend_schema(operation_id="market_lots_list", responses=MarketLot(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class MarketLotView(ApiView):
    """One open lot of another verified organisation, or an own one."""

    @extend_schema(
        operation_id="market_lots_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=MarketLot,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        lot = selectors.visible_one(self.actor, public_id)
        context = {"shows_asks": selectors.may_see_asks(self.actor)}
        return tagged(request, dict(MarketLot(lot, context=context).data))
