"""Systems that are told what happens: their endpoints, and the log of each message to them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import PublicModel, audited_without
from marketplace.models.choices import MESSAGE_STATES, WEBHOOK_EVENTS
from marketplace.models.organisations import Organisation

SECRETS = ("secret_sealed", "former_secret_sealed")

# Changes with every call; each of these has its own row in the log.
PROGRESS = ("due_at", "held_until", "failures", "failing_since")


@audited_without(*SECRETS, *PROGRESS)
class WebhookEndpoint(PublicModel):
    """Where one organisation's system listens. Secrets are sealed: unreadable without the key.

    ``due_at``: no call before it. ``held_until``: a worker calls it at the moment.
    ``failing_since``: the first of the failed calls in a row, which ``failures`` counts.
    ``former_secret_sealed`` signs as well until ``former_until``.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    url = models.CharField(_("address"), max_length=500)
    listens_to = ArrayField(
        models.CharField(max_length=40, choices=WEBHOOK_EVENTS), verbose_name=_("events")
    )
    secret_sealed = models.TextField()
    former_secret_sealed = models.TextField(blank=True)
    former_until = models.DateTimeField(_("former secret until"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("next call not before"))
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("failed calls in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    disabled_at = models.DateTimeField(_("switched off"), null=True, blank=True)
    disabled_reason = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = [
            models.UniqueConstraint("organisation", "url", name="webhook_endpoint_once"),
            models.CheckConstraint(
                condition=Q(former_secret_sealed="", former_until__isnull=True)
                | (~Q(former_secret_sealed="") & Q(former_until__isnull=False)),
                name="webhook_former_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookMessage(PublicModel):
    """One message to one endpoint; messages go out by key, the next when this one arrived.

    ``key`` names what happened, so that it is told once; ``body`` is sent byte for byte again.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="messages")
    event = models.CharField(_("event"), max_length=40, choices=WEBHOOK_EVENTS)
    key = models.CharField(max_length=100)
    body = models.TextField(_("body"))
    created_at = models.DateTimeField(_("created"))
    state = models.CharField(_("state"), max_length=10, choices=MESSAGE_STATES)
    done_at = models.DateTimeField(_("arrived or given up"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        constraints = [
            models.UniqueConstraint("endpoint", "key", name="webhook_told_once"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "id"], condition=Q(state="WAITING"), name="webhook_waiting"
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"

    @property
    def message_id(self) -> str:
        """The receiver tells repeats by it."""
        return f"msg_{self.public_id.hex}"


class WebhookCall(models.Model):
    """One attempt. ``status``: of the answer, None without one; then ``error`` says why."""

    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField(_("called"))
    milliseconds = models.PositiveIntegerField(_("ms"))
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("webhook call")
        verbose_name_plural = _("webhook calls")

    def __str__(self) -> str:
        return f"{self.status or self.error}"
