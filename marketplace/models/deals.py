"""A deal: both sides accepted. Its record never changes; only what becomes of it may."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import DealState
from marketplace.models.base import PublicModel, audited
from marketplace.models.choices import DEAL_STATES, PREMIUM_UNITS
from marketplace.models.organisations import Organisation
from marketplace.models.proposals import Proposal


@audited
class Deal(PublicModel):
    """``record``: everything that both sides see and that was compared, with its hash.

    A trigger keeps everything but the last block of columns as it was concluded.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="deal")
    producer = models.ForeignKey(
        Organisation, verbose_name=_("producer"), on_delete=models.PROTECT, related_name="sales"
    )
    buyer = models.ForeignKey(
        Organisation, verbose_name=_("buyer"), on_delete=models.PROTECT, related_name="purchases"
    )
    quantity_kg = models.BigIntegerField(_("quantity, kg"))
    premium = models.DecimalField(_("premium"), max_digits=10, decimal_places=2)
    premium_unit = models.CharField(_("premium unit"), max_length=6, choices=PREMIUM_UNITS)
    record = models.JSONField(_("record"))
    content_sha256 = models.CharField(_("content hash"), max_length=64)
    concluded_at = models.DateTimeField(_("concluded"))

    state = models.CharField(
        _("state"), max_length=10, choices=DEAL_STATES, default=DealState.CONFIRMED.value
    )
    state_reason = models.CharField(_("reason"), max_length=500, blank=True)
    flagged_at = models.DateTimeField(_("flagged"), null=True, blank=True)
    flag_reason = models.CharField(_("why it is flagged"), max_length=500, blank=True)
    cancellation_asked_by = models.ForeignKey(
        Organisation,
        verbose_name=_("who asks to cancel it"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancellation_reason = models.CharField(_("why"), max_length=500, blank=True)
    closed_at = models.DateTimeField(_("delivered or cancelled"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        constraints = [
            models.CheckConstraint(condition=Q(quantity_kg__gt=0), name="deal_quantity_positive"),
            models.CheckConstraint(
                condition=~Q(producer=F("buyer")), name="deal_between_two_parties"
            ),
            models.CheckConstraint(
                condition=Q(state=DealState.CONFIRMED.value, closed_at__isnull=True)
                | Q(
                    state__in=[DealState.DELIVERED.value, DealState.CANCELLED.value],
                    closed_at__isnull=False,
                ),
                name="deal_closed_when_over",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="deal_record_fixed",
                exclude=[
                    "state",
                    "state_reason",
                    "flagged_at",
                    "flag_reason",
                    "cancellation_asked_by",
                    "cancellation_reason",
                    "closed_at",
                    "version",
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.number


def analysis_path(delivery: "Delivery", filename: str) -> str:
    """A generated name, as for certificates."""
    return f"analyses/{uuid.uuid4().hex}"


@audited
class Delivery(PublicModel):
    """What was shipped of a deal, as the producer states it; it closes the deal."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="delivery")
    shipped_kg = models.BigIntegerField(_("shipped, kg"))
    shipped_on = models.DateField(_("shipped on"))
    cast_numbers = ArrayField(
        models.CharField(max_length=60), verbose_name=_("cast or bundle numbers")
    )
    transport_document = models.CharField(_("bill of lading or waybill"), max_length=100)
    analysis = models.FileField(_("certificate of analysis"), upload_to=analysis_path, blank=True)
    analysis_type = models.CharField(max_length=40, blank=True, editable=False)
    analysis_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.CheckConstraint(condition=Q(shipped_kg__gt=0), name="delivery_ships_something"),
        ]

    def __str__(self) -> str:
        return f"{self.shipped_kg} kg"


@audited
class Claim(PublicModel):
    """The buyer's statement over the tonnes shipped to it; it can be retired once.

    ``record`` and its hash are fixed by a trigger, as a deal's are.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="claim")
    kg = models.BigIntegerField(_("claimable, kg"))
    record = models.JSONField(_("record"))
    content_sha256 = models.CharField(_("content hash"), max_length=64)
    issued_at = models.DateTimeField(_("issued"))

    beneficiary = models.CharField(_("on behalf of"), max_length=200, blank=True)
    reporting_year = models.PositiveSmallIntegerField(_("reporting year"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(condition=Q(kg__gt=0), name="claim_over_something"),
            models.CheckConstraint(
                condition=Q(
                    retired_at__isnull=True, retired_by__isnull=True, reporting_year__isnull=True
                )
                | Q(
                    retired_at__isnull=False,
                    retired_by__isnull=False,
                    reporting_year__isnull=False,
                ),
                name="claim_retired_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="claim_record_fixed",
                exclude=["beneficiary", "reporting_year", "retired_at", "retired_by"],
            ),
            # What is retired stays retired, as it was.
            pgtrigger.Protect(
                name="claim_retired_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__retired_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number
