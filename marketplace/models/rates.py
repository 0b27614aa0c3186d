"""Dated reference data that an admin keeps: exchange rates and grade synonyms."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import audited


@audited
class FxRate(models.Model):
    currency = models.CharField(_("currency"), max_length=3)
    usd_per_unit = models.DecimalField(_("USD per unit"), max_digits=14, decimal_places=8)
    date = models.DateField(_("date"))
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint("currency", "date", name="fx_rate_one_per_day"),
            models.CheckConstraint(condition=Q(usd_per_unit__gt=0), name="fx_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.usd_per_unit} {self.date}"


@audited
class GradeSynonym(models.Model):
    """Another name of the same grade, such as Al99.70 for P1020A."""

    name = models.CharField(_("name"), max_length=50)
    name_key = models.CharField(max_length=50, unique=True, editable=False)
    grade = models.CharField(_("same as grade"), max_length=50)

    class Meta:
        verbose_name = _("grade synonym")
        verbose_name_plural = _("grade synonyms")

    def __str__(self) -> str:
        return f"{self.name} = {self.grade}"
