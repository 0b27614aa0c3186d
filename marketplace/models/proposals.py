"""A proposal: a firm offer of one lot's kilograms to one requirement, answered by both sides."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import Answer, ProposalState
from marketplace.models.base import PublicModel, audited
from marketplace.models.choices import (
    ANSWERS,
    BOUNDARIES,
    PREMIUM_UNITS,
    PROPOSAL_STATES,
)
from marketplace.models.lots import Lot
from marketplace.models.requirements import Requirement


@audited
class Proposal(PublicModel):
    """Carries what was compared, so that it stays readable when lot or requirement change.

    The round is kept as a value: marketplace has no key into matching. It holds no buyer's limit.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="proposals")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="proposals")
    bundle = models.UUIDField(_("bundle"), default=uuid.uuid4, editable=False, db_index=True)
    round_number = models.BigIntegerField(_("round"))
    engine_version = models.CharField(_("engine version"), max_length=40)
    quantity_kg = models.BigIntegerField(_("quantity, kg"))
    boundary = models.CharField(_("boundary"), max_length=20, choices=BOUNDARIES)
    ci_milli = models.IntegerField(_("carbon intensity, kg CO2e/t"))
    ask_premium = models.DecimalField(_("premium"), max_digits=10, decimal_places=2)
    premium_unit = models.CharField(_("premium unit"), max_length=6, choices=PREMIUM_UNITS)
    premium_usd_e4 = models.BigIntegerField(_("premium, 1/10000 USD/t"))
    fx_usd_per_unit = models.DecimalField(
        _("USD per currency unit"), max_digits=14, decimal_places=8
    )
    fx_date = models.DateField(_("rate of"), null=True, blank=True)
    window_start = models.DateField(_("delivery from"))
    window_end = models.DateField(_("delivery until"))
    lot_version = models.PositiveIntegerField()
    requirement_version = models.PositiveIntegerField()
    terms_version = models.CharField(_("version of the terms"), max_length=40)
    state = models.CharField(
        _("state"), max_length=10, choices=PROPOSAL_STATES, default=ProposalState.PROPOSED.value
    )
    producer_answer = models.CharField(
        _("producer's answer"), max_length=10, choices=ANSWERS, default=Answer.OPEN.value
    )
    buyer_answer = models.CharField(
        _("buyer's answer"), max_length=10, choices=ANSWERS, default=Answer.OPEN.value
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("proposed"))
    expires_at = models.DateTimeField(_("answer until"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        constraints = [
            models.UniqueConstraint(
                "round_number", "lot", "requirement", name="proposal_once_per_round"
            ),
            models.CheckConstraint(
                condition=Q(quantity_kg__gt=0), name="proposal_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="proposal_expires_later"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state=ProposalState.PROPOSED.value, closed_at__isnull=True)
                    | (~Q(state=ProposalState.PROPOSED.value) & Q(closed_at__isnull=False))
                ),
                name="proposal_closed_when_decided",
            ),
            models.CheckConstraint(
                condition=(
                    ~Q(state=ProposalState.DEAL.value)
                    | Q(producer_answer=Answer.ACCEPTED.value, buyer_answer=Answer.ACCEPTED.value)
                ),
                name="proposal_deal_needs_both",
            ),
            models.CheckConstraint(
                condition=(
                    ~Q(state=ProposalState.DECLINED.value)
                    | Q(producer_answer=Answer.DECLINED.value)
                    | Q(buyer_answer=Answer.DECLINED.value)
                ),
                name="proposal_declined_by_somebody",
            ),
            models.CheckConstraint(
                condition=(
                    ~Q(state=ProposalState.PROPOSED.value)
                    | (
                        ~Q(producer_answer=Answer.DECLINED.value)
                        & ~Q(buyer_answer=Answer.DECLINED.value)
                    )
                ),
                # Accepted by both and open: a member that waits for the rest of its bundle.
                name="proposal_open_while_nobody_declined",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(state=ProposalState.PROPOSED.value),
                name="proposal_open_deadline",
            ),
            models.Index(
                fields=["closed_at"],
                condition=Q(state=ProposalState.DECLINED.value),
                name="proposal_declined",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity_kg} kg, {self.get_state_display()}"


@audited
class ProposalStep(models.Model):
    """What happened to a proposal: who did it, when, from which version. Shown to both sides."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="steps")
    side = models.CharField(max_length=10, blank=True)
    verb = models.CharField(max_length=20)
    from_version = models.PositiveIntegerField()
    by = models.ForeignKey(
        "marketplace.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("step of a proposal")
        verbose_name_plural = _("steps of a proposal")
        constraints = [
            models.UniqueConstraint(
                "proposal", "from_version", name="proposal_step_once_per_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.from_version}"
