"""Keys of systems on the API, and the answers they may ask for again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import KeyScope
from marketplace.models.base import PublicModel
from marketplace.models.choices import KEY_SCOPES
from marketplace.models.organisations import Organisation


class ApiKey(PublicModel):
    """Only a hash is kept; the prefix lets a person recognise the key."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    prefix = models.CharField(_("prefix"), max_length=12)
    key_sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("what it is for"), max_length=80, blank=True)
    scope = models.CharField(
        _("scope"), max_length=5, choices=KEY_SCOPES, default=KeyScope.TRADE.value
    )
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope__in=[one.value for one in KeyScope]),
                name="api_key_scope_known",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__isnull=True)
                | models.Q(expires_at__gt=models.F("created_at")),
                name="api_key_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}..."


class IdempotentAnswer(models.Model):
    """The first answer to an Idempotency-Key, given again to the same organisation only."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("idempotent answer")
        verbose_name_plural = _("idempotent answers")
        constraints = [
            models.UniqueConstraint("organisation", "key", name="idempotent_answer_unique"),
        ]

    def __str__(self) -> str:
        return self.key
