"""Work that must happen after a commit. PostgreSQL is the queue; Redis only rings."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OutboxRow(models.Model):
    """One piece of work: a task's name and ids, never prices. Dead after too many attempts."""

    task = models.CharField(_("task"), max_length=100)
    argument = models.BigIntegerField(_("id"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("held until"), null=True, blank=True)
    leased_by = models.CharField(_("held by"), max_length=100, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    dead_at = models.DateTimeField(_("given up"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("outbox row")
        verbose_name_plural = _("outbox rows")
        indexes = [
            models.Index(
                fields=["task", "due_at"],
                condition=Q(done_at__isnull=True, dead_at__isnull=True),
                name="outbox_undone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.argument or ''}"


class Heartbeat(models.Model):
    """A worker process: alive when it beats, deaf when it beats and hears no messages."""

    name = models.CharField(_("process"), max_length=100, primary_key=True)
    started_at = models.DateTimeField(_("started"))
    beat_at = models.DateTimeField(_("last sign of life"))
    heard_at = models.DateTimeField(_("last message"), null=True, blank=True)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
