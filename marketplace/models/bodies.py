"""Lists of certification bodies: what they say that they certified, as of a day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import audited
from marketplace.models.certificates import Certificate
from marketplace.models.choices import DIFFERENCES, SCHEMES


@audited
class BodyList(models.Model):
    """One published list; the newest of a scheme and issuer counts. It is never changed."""

    scheme = models.CharField(_("scheme"), max_length=30, choices=SCHEMES)
    issuer = models.CharField(_("issuer"), max_length=200)
    issuer_key = models.CharField(max_length=200, editable=False)
    as_of = models.DateField(_("as of"))
    source = models.CharField(
        _("source"), max_length=300, help_text=_("Where it was published, and who fetched it.")
    )
    sha256 = models.CharField(_("hash of the file"), max_length=64, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("entered by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    entered_at = models.DateTimeField(_("entered"), editable=False)

    class Meta:
        verbose_name = _("certification body's list")
        verbose_name_plural = _("certification bodies' lists")
        constraints = [
            models.UniqueConstraint("scheme", "issuer_key", "as_of", name="body_list_once"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.as_of}"


class BodyEntry(models.Model):
    """A line of a list. ``certified_kg`` None: the body publishes no tonnes."""

    list = models.ForeignKey(BodyList, on_delete=models.CASCADE, related_name="entries")
    line = models.PositiveIntegerField(_("line"))
    number = models.CharField(_("number"), max_length=100)
    number_key = models.CharField(max_length=100)
    holder = models.CharField(_("holder"), max_length=200)
    certified_kg = models.BigIntegerField(_("certified, kg"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"))

    class Meta:
        verbose_name = _("line of a body's list")
        verbose_name_plural = _("lines of a body's list")
        constraints = [
            models.UniqueConstraint("list", "number_key", name="body_entry_once"),
        ]

    def __str__(self) -> str:
        return self.number


@audited
class SettledDifference(models.Model):
    """An admin looked at a difference to a list and says why it stands."""

    list = models.ForeignKey(BodyList, on_delete=models.PROTECT, related_name="settled")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="settled")
    difference = models.CharField(_("difference"), max_length=10, choices=DIFFERENCES)
    reason = models.CharField(_("reason"), max_length=500)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(_("settled"))

    class Meta:
        verbose_name = _("settled difference")
        verbose_name_plural = _("settled differences")
        constraints = [
            models.UniqueConstraint(
                "list", "certificate", "difference", name="difference_settled_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.difference}"
