"""What a deal, its delivery and its claim read like in JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.api import fields
from marketplace.domain.vocabulary import DealState, PremiumUnit


@extend_schema_field({"type": "object", "additionalProperties": True})
class Record(serializers.JSONField):
    """Everything that both sides see and that was compared."""


class DeliveryColumns(serializers.Serializer[Any]):
    """What was shipped; up to 2 % above the deal. The analysis is added on the page."""

    shipped_t = fields.Tonnes(source="shipped_kg")
    shipped_on = serializers.DateField()
    cast_numbers = fields.texts()
    transport_document = serializers.CharField(max_length=100)


class OwnDelivery(DeliveryColumns):
    analysis_sha256 = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class RetirementColumns(serializers.Serializer[Any]):
    """For whom and for which year the claim is used; an empty beneficiary is the buyer itself."""

    beneficiary = serializers.CharField(max_length=200, required=False, allow_blank=True)
    reporting_year = serializers.IntegerField()


class OwnClaim(serializers.Serializer[Any]):
    """`content_sha256` is over `record`; a retired claim is used up."""

    number = serializers.CharField()
    claimable_t = fields.Tonnes(source="kg")
    record = Record()
    content_sha256 = serializers.CharField()
    issued_at = serializers.DateTimeField()
    beneficiary = serializers.CharField()
    reporting_year = serializers.IntegerField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)


class OwnDeal(serializers.Serializer[Any]):
    """A deal as both sides see it. `content_sha256` is over `record`."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    proposal = fields.PublicId()
    producer = serializers.CharField(source="producer.name")
    buyer = serializers.CharField(source="buyer.name")
    quantity_t = fields.Tonnes(source="quantity_kg")
    premium = fields.Amount()
    premium_unit = fields.choice(PremiumUnit)
    state = fields.choice(DealState)
    state_reason = serializers.CharField()
    flagged_at = serializers.DateTimeField(allow_null=True)
    flag_reason = serializers.CharField()
    cancellation_asked_by = serializers.CharField(
        source="cancellation_asked_by.name", default=None, allow_null=True
    )
    cancellation_reason = serializers.CharField()
    record = Record()
    content_sha256 = serializers.CharField()
    delivery = OwnDelivery(default=None, allow_null=True)
    claim = OwnClaim(default=None, allow_null=True)
    concluded_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class CancellationStep(serializers.Serializer[Any]):
    """`ask` with a reason; the other side answers `agree` or `refuse`; or `take_back`."""

    step = serializers.ChoiceField(["ask", "agree", "refuse", "take_back"])
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
