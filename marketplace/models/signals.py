"""Figures of the public market page: written once, when they may be told, and never changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.choices import BOUNDARIES, SIGNALS


class MarketFigure(models.Model):
    """One figure over the weeks from the Monday ``begin`` to before the Monday ``end``.

    ``level_milli``: lower end of the carbon level; None where all levels are meant, and then there
    is no ``boundary`` either. ``value``: for PREMIUM the lower end of the band, USD/t; else kg, a
    multiple of 50 t. Ladders (SUPPLY, DEMAND) are as of ``end``, whose ``begin`` is the same day.
    ``band_usd``: for MISSED the lower end of the band of 10 USD/t that the limits lie in.
    Nothing that may not be told is ever written here. ``shown_from``: the first day of its telling.
    """

    signal = models.CharField(_("figure"), max_length=10, choices=SIGNALS)
    boundary = models.CharField(_("boundary"), max_length=20, choices=BOUNDARIES, blank=True)
    level_milli = models.PositiveIntegerField(_("carbon level, kg CO2e/t"), null=True, blank=True)
    band_usd = models.SmallIntegerField(_("band, USD/t"), null=True, blank=True)
    begin = models.DateField(_("from"))
    end = models.DateField(_("before"))
    value = models.BigIntegerField(_("value"))
    shown_from = models.DateField(_("shown from"))

    class Meta:
        verbose_name = _("figure of the market page")
        verbose_name_plural = _("figures of the market page")
        constraints = [
            models.UniqueConstraint(
                fields=["signal", "boundary", "level_milli", "band_usd", "end"],
                nulls_distinct=False,
                name="market_figure_once",
            ),
            models.CheckConstraint(condition=Q(begin__lte=models.F("end")), name="figure_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.boundary} {self.level_milli} {self.end}"


class LadderDay(models.Model):
    """A Monday whose ladders are written, also where nothing of them may be told."""

    day = models.DateField(primary_key=True)

    class Meta:
        verbose_name = _("day of the ladders")
        verbose_name_plural = _("days of the ladders")

    def __str__(self) -> str:
        return self.day.isoformat()
