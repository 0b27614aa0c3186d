"""What proves that the audit trail is whole, and who looked at a buyer's limit."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.requirements import Requirement


class AuditShape(models.Model):
    """The columns of a table at the time when its rows were linked: later ones change no hash."""

    table = models.CharField(_("table"), max_length=63)
    columns = ArrayField(models.CharField(max_length=63), verbose_name=_("columns"))

    class Meta:
        verbose_name = _("shape of audit rows")
        verbose_name_plural = _("shapes of audit rows")
        constraints = [models.UniqueConstraint("table", "columns", name="audit_shape_once")]

    def __str__(self) -> str:
        return f"{self.table} ({len(self.columns)})"


class AuditLink(models.Model):
    """One audit row in the chain, in the order in which a worker found them.

    ``sha256`` is over the link before it and this row (``domain.chain``). The application's role
    may insert and read, never change or remove (see ``grant_app_role``).
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    shape = models.ForeignKey(AuditShape, on_delete=models.PROTECT, related_name="+")
    row = models.BigIntegerField(_("row"))
    sha256 = models.BinaryField(_("SHA-256"), max_length=32)
    linked_at = models.DateTimeField(_("linked"))

    class Meta:
        verbose_name = _("link of the audit chain")
        verbose_name_plural = _("links of the audit chain")
        constraints = [
            models.UniqueConstraint("shape", "row", name="audit_row_linked_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="audit_links_counted_from_1"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Reveal(models.Model):
    """An admin read a buyer's limit. The buyer sees when, and why.

    The application's role may insert and read, never change or remove (see ``grant_app_role``).
    """

    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="reveals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500)
    at = models.DateTimeField(_("read"))

    class Meta:
        verbose_name = _("reading of a limit")
        verbose_name_plural = _("readings of limits")

    def __str__(self) -> str:
        return f"{self.requirement_id} {self.at:%Y-%m-%d %H:%M}"
