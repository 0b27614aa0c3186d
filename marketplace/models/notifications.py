"""What people are told, and how each of them wants to be told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import PublicModel
from marketplace.models.choices import EVENTS, NOTICE_MODES
from marketplace.models.organisations import Organisation


class Notification(PublicModel):
    """One event told to one user, once: ``key`` names what happened.

    ``params`` fill the event's sentence; nothing goes in that its reader may not see anyway.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    event = models.CharField(_("event"), max_length=30, choices=EVENTS)
    key = models.CharField(max_length=100)
    params = models.JSONField(default=dict)
    path = models.CharField(_("page"), max_length=200, blank=True)
    mode = models.CharField(_("by e-mail"), max_length=5, choices=NOTICE_MODES)
    created_at = models.DateTimeField(_("told"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("sent by e-mail"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint("user", "key", name="notification_told_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_list"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
            models.Index(
                fields=["mode", "created_at"],
                condition=Q(mailed_at__isnull=True),
                name="notification_unsent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"


class NotificationChoice(models.Model):
    """How one user wants to be told of one event by e-mail; at once where there is no row."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_choices"
    )
    event = models.CharField(_("event"), max_length=30, choices=EVENTS)
    mode = models.CharField(_("by e-mail"), max_length=5, choices=NOTICE_MODES)

    class Meta:
        verbose_name = _("choice of notifications")
        verbose_name_plural = _("choices of notifications")
        constraints = [
            models.UniqueConstraint("user", "event", name="notification_choice_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.mode}"
