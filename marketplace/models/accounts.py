"""Which terms an organisation accepted, and letters on their way to one person."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.models.organisations import Organisation


class TermsAcceptance(models.Model):
    """One version, accepted once for an organisation by one of its owners. Only ever added to."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="terms_acceptances"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(_("version of the terms"), max_length=40)
    at = models.DateTimeField(_("accepted"))

    class Meta:
        verbose_name = _("acceptance of the terms")
        verbose_name_plural = _("acceptances of the terms")
        constraints = [
            models.UniqueConstraint("organisation", "version", name="terms_accepted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.version}"


class Letter(models.Model):
    """A finished e-mail. It may hold a secret link, so it is kept only until it is sent."""

    to = models.EmailField()
    subject = models.CharField(max_length=250)
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")

    def __str__(self) -> str:
        return str(self.pk)
