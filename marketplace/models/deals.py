"""A deal: both sides accepted. Its record never changes; only its state may."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import DealState
from marketplace.models.base import PublicModel, audited
from marketplace.models.choices import DEAL_STATES, PREMIUM_UNITS
from marketplace.models.organisations import Organisation
from marketplace.models.proposals import Proposal


@audited
class Deal(PublicModel):
    """``record``: everything that both sides see and that was compared, with its hash."""

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
    state = models.CharField(
        _("state"), max_length=10, choices=DEAL_STATES, default=DealState.CONFIRMED.value
    )
    state_reason = models.CharField(_("reason"), max_length=500, blank=True)
    concluded_at = models.DateTimeField(_("concluded"))

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        constraints = [
            models.CheckConstraint(condition=Q(quantity_kg__gt=0), name="deal_quantity_positive"),
            models.CheckConstraint(
                condition=~Q(producer=models.F("buyer")), name="deal_between_two_parties"
            ),
        ]

    def __str__(self) -> str:
        return self.number
