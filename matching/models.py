"""What the engine said: rounds, their matches and the reasons for the rest."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _


class MatchingRound(models.Model):
    """One run over one snapshot. Surplus, duals, gap and hashes are for market admins only.

    A round at work holds a lease. Whoever finds the lease over takes the round over: a solved one
    is published further under the next ``attempt`` (the fence against its former owner), a running
    one is abandoned for a new one.
    """

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        SOLVED = "SOLVED", _("Solved, being published")
        PUBLISHED = "PUBLISHED", _("Published")
        REFUSED = "REFUSED", _("Refused by verification")
        FAILED = "FAILED", _("Failed")
        ABANDONED = "ABANDONED", _("Taken over")

    class Trigger(models.TextChoices):
        CHANGE = "CHANGE", _("A change")
        SCHEDULE = "SCHEDULE", _("The set time")
        ADMIN = "ADMIN", _("An admin")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    trigger = models.CharField(_("started by"), max_length=10, choices=Trigger)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    started_at = models.DateTimeField(_("started"))
    lease_until = models.DateTimeField(_("held until"))
    scheduled_for = models.DateTimeField(_("set time"), null=True, blank=True)
    requests = ArrayField(models.BigIntegerField(), default=list, blank=True, editable=False)
    snapshot_at = models.DateTimeField(_("snapshot"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    engine_version = models.CharField(_("engine version"), max_length=40, blank=True)
    inputs_sha256 = models.CharField(_("inputs hash"), max_length=64, blank=True)
    result_sha256 = models.CharField(_("result hash"), max_length=64, blank=True)
    lots = models.PositiveIntegerField(_("lots"), default=0)
    requirements = models.PositiveIntegerField(_("requirements"), default=0)
    compatible_pairs = models.BigIntegerField(_("compatible pairs"), default=0)
    segments = models.PositiveIntegerField(_("segments"), default=0)
    matches_found = models.PositiveIntegerField(_("matches"), default=0)
    proposals_opened = models.PositiveIntegerField(_("proposals"), default=0)
    surplus_usd = models.DecimalField(_("surplus, USD"), max_digits=20, decimal_places=2, default=0)
    matched_kg = models.BigIntegerField(_("matched, kg"), default=0)
    optimal = models.BooleanField(_("optimal"), default=False)
    verified = models.BooleanField(_("proven"), default=False)
    gap = models.DecimalField(_("gap"), max_digits=12, decimal_places=9, default=0)
    seconds = models.DecimalField(_("seconds"), max_digits=10, decimal_places=3, default=0)
    detail = models.TextField(_("detail"), blank=True)

    class Meta:
        verbose_name = _("matching round")
        verbose_name_plural = _("matching rounds")
        constraints = [
            models.UniqueConstraint(
                Value(1),
                condition=Q(state__in=["RUNNING", "SOLVED"]),
                name="round_one_runs_at_a_time",
            ),
            models.UniqueConstraint(
                "scheduled_for",
                condition=~Q(state__in=["ABANDONED", "FAILED"]),
                name="round_once_per_set_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["SOLVED", "PUBLISHED"]) | Q(verified=True),
                name="round_published_only_if_proven",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class MarginalPremiums(models.Model):
    """What one tonne more of each product would be worth, from the duals of the newest round.

    A dual is a single party's number: for market admins only. ``products``: see ``premiums``.
    """

    round = models.OneToOneField(
        MatchingRound, on_delete=models.CASCADE, related_name="marginal_premiums"
    )
    products = models.JSONField(default=list)

    class Meta:
        verbose_name = _("marginal premiums")
        verbose_name_plural = _("marginal premiums")

    def __str__(self) -> str:
        return f"{self.round_id}"


class Match(models.Model):
    """Kilograms of a lot for a requirement, with what was compared.

    Waiting to be published while it has neither a proposal nor a reason why it was dropped.
    """

    round = models.ForeignKey(MatchingRound, on_delete=models.CASCADE, related_name="matches")
    lot = models.ForeignKey("marketplace.Lot", on_delete=models.PROTECT, related_name="+")
    requirement = models.ForeignKey(
        "marketplace.Requirement", on_delete=models.PROTECT, related_name="+"
    )
    quantity_kg = models.BigIntegerField(_("quantity, kg"))
    ci_milli = models.IntegerField(_("carbon intensity, kg CO2e/t"))
    ask_e4 = models.BigIntegerField(_("ask, 1/10000 USD/t"))
    surplus_e7 = models.DecimalField(_("surplus, 1e-7 USD"), max_digits=30, decimal_places=0)
    fx_usd_per_unit = models.DecimalField(
        _("USD per currency unit"), max_digits=14, decimal_places=8
    )
    fx_date = models.DateField(_("rate of"), null=True, blank=True)
    lot_version = models.PositiveIntegerField()
    requirement_version = models.PositiveIntegerField()
    bundle = models.PositiveIntegerField(_("bundle"))
    proposal = models.ForeignKey(
        "marketplace.Proposal",
        verbose_name=_("proposal"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    dropped_because = models.CharField(_("not proposed because"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        constraints = [
            models.UniqueConstraint("round", "lot", "requirement", name="match_once_per_round"),
            models.CheckConstraint(condition=Q(quantity_kg__gt=0), name="match_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity_kg} kg"


class Shortfall(models.Model):
    """Why a lot or a requirement was not fully matched in a round; one of the two is set."""

    round = models.ForeignKey(MatchingRound, on_delete=models.CASCADE, related_name="shortfalls")
    lot = models.ForeignKey(
        "marketplace.Lot", null=True, on_delete=models.PROTECT, related_name="+"
    )
    requirement = models.ForeignKey(
        "marketplace.Requirement", null=True, on_delete=models.PROTECT, related_name="+"
    )
    open_kg = models.BigIntegerField(_("open, kg"))
    reason = models.CharField(_("reason"), max_length=30)
    failing_first = models.JSONField(_("counterparts failing each rule first"), default=dict)

    class Meta:
        verbose_name = _("shortfall")
        verbose_name_plural = _("shortfalls")
        constraints = [
            models.CheckConstraint(
                condition=Q(lot__isnull=True, requirement__isnull=False)
                | Q(lot__isnull=False, requirement__isnull=True),
                name="shortfall_of_one_party",
            ),
            models.UniqueConstraint(
                "round", "lot", condition=Q(lot__isnull=False), name="shortfall_once_per_lot"
            ),
            models.UniqueConstraint(
                "round",
                "requirement",
                condition=Q(requirement__isnull=False),
                name="shortfall_once_per_requirement",
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class RoundPlan(models.Model):
    """One row: the next set time, worked out from the market's settings as they stand beside it."""

    schedule = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=60)
    next_at = models.DateTimeField(_("next round"))

    class Meta:
        verbose_name = _("plan of set times")
        verbose_name_plural = _("plan of set times")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="round_plan_one_row"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} {self.time_zone}"
