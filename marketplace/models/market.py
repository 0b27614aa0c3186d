"""Settings of the market that an admin changes while it runs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import Standing
from marketplace.models.base import audited
from marketplace.models.choices import STANDINGS


@audited
class MarketSettings(models.Model):
    """One row. ``round_schedule`` empty: rounds on change; else a cron form in ``time_zone``."""

    proposal_hours = models.PositiveIntegerField(_("hours to answer a proposal"), default=48)
    round_schedule = models.CharField(
        _("rounds at set times (cron form)"),
        max_length=100,
        blank=True,
        help_text=_("Empty: a round runs when something changes. Example: 0 14 * * 1-5"),
    )
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    round_gap_seconds = models.PositiveIntegerField(_("seconds between rounds"), default=2)
    terms_version = models.CharField(_("version of the terms"), max_length=40, default="2026-11")
    deal_standing = models.CharField(
        _("what a deal is"), max_length=10, choices=STANDINGS, default=Standing.INDICATION.value
    )
    decline_days = models.PositiveIntegerField(
        _("days that a declined pair stays apart"),
        default=14,
        help_text=_("Unless it got better for the side that declined."),
    )
    two_verify = models.BooleanField(
        _("two admins verify a certificate"),
        default=False,
        help_text=_("The first one's word waits for a second person's."),
    )
    matching_paused_at = models.DateTimeField(
        _("matching paused"), null=True, blank=True, editable=False
    )
    trading_paused_at = models.DateTimeField(
        _("trading paused"), null=True, blank=True, editable=False
    )
    paused_reason = models.CharField(
        _("reason of the pause"), max_length=500, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("market settings")
        verbose_name_plural = _("market settings")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="market_settings_one_row"),
            models.CheckConstraint(
                condition=Q(proposal_hours__gte=1), name="market_settings_time_to_answer"
            ),
        ]

    def __str__(self) -> str:
        return "Market settings"
