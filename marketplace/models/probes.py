"""How often somebody looked: what could be found out by asking again and again is counted."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Probe(models.Model):
    """Of one organisation, or of its whole group where it belongs to one, from ``hour`` on: for an
    hour or, as the kind says, for a day.
    """

    party = models.CharField(_("organisation or group"), max_length=30)
    kind = models.CharField(_("kind"), max_length=20)
    hour = models.DateTimeField(_("hour"))
    count = models.PositiveIntegerField(_("count"), default=1)

    class Meta:
        verbose_name = _("count of looks")
        verbose_name_plural = _("counts of looks")
        constraints = [
            models.UniqueConstraint("party", "kind", "hour", name="probe_counted_once_an_hour"),
            models.CheckConstraint(condition=Q(count__gte=1), name="probe_count_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.party} {self.count}"
