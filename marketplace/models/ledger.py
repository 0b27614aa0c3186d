"""The certificate ledger: append-only postings of kilograms from one account to another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.certificates import Certificate
from marketplace.models.choices import LEDGER_ACCOUNTS


class LedgerPosting(models.Model):
    """One movement. Both sides stand in the row, so the ledger is balanced by construction.

    The application's role may insert and read, never change or remove (see ``grant_app_role``).
    """

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="postings")
    lot = models.ForeignKey(
        "marketplace.Lot", null=True, on_delete=models.PROTECT, related_name="postings"
    )
    proposal = models.ForeignKey(
        "marketplace.Proposal", null=True, on_delete=models.PROTECT, related_name="postings"
    )
    source = models.CharField(_("from"), max_length=10, choices=LEDGER_ACCOUNTS)
    target = models.CharField(_("to"), max_length=10, choices=LEDGER_ACCOUNTS)
    kg = models.BigIntegerField(_("kg"))
    posted_at = models.DateTimeField(_("posted"))
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("ledger posting")
        verbose_name_plural = _("ledger postings")
        constraints = [
            models.CheckConstraint(condition=Q(kg__gt=0), name="posting_moves_something"),
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="posting_changes_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} > {self.target} {self.kg} kg"
