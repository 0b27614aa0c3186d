"""What the two sides of a proposal write to each other."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import PublicModel
from marketplace.models.organisations import Organisation
from marketplace.models.proposals import Proposal


class Message(PublicModel):
    """Plain text of one side to the other, for as long as the proposal and its deal are kept.

    The application's role may insert and read, never change or remove (see ``grant_app_role``).
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="messages")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    text = models.TextField(_("message"))
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["organisation", "-written_at"], name="message_pace"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.written_at:%Y-%m-%d %H:%M}"
