"""Acceptances that wait for a second person of the same organisation."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import PublicModel, audited
from marketplace.models.organisations import Organisation
from marketplace.models.proposals import Proposal


@audited
class Approval(PublicModel):
    """Who accepted first, and who second. ``scope``: the proposal, for a buyer its bundle."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="approvals"
    )
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="approvals")
    scope = models.UUIDField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(_("approved"), null=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(fields=["scope", "organisation"], name="approval_asked_once"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                name="approval_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="approval_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
