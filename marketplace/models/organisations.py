"""Who trades: organisations, the groups they belong to, their people and their smelters."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import PublicModel, audited
from marketplace.models.choices import ROLES


@audited
class OrganisationGroup(PublicModel):
    """A parent. Its members never match each other."""

    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("organisation group")
        verbose_name_plural = _("organisation groups")

    def __str__(self) -> str:
        return self.name


@audited
class Organisation(PublicModel):
    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(_("comparable name"), max_length=200, editable=False)
    country = models.CharField(_("country"), max_length=2)
    group = models.ForeignKey(
        OrganisationGroup,
        verbose_name=_("group"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="members",
    )
    is_producer = models.BooleanField(_("producer"), default=False)
    is_buyer = models.BooleanField(_("buyer"), default=False)
    is_demo = models.BooleanField(_("invented for the demo"), default=False)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("verified by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True, editable=False)
    suspended_reason = models.CharField(
        _("reason of the suspension"), max_length=500, blank=True, editable=False
    )
    matching_paused_at = models.DateTimeField(
        _("matching paused"), null=True, blank=True, editable=False
    )
    trading_paused_at = models.DateTimeField(
        _("trading paused"), null=True, blank=True, editable=False
    )
    paused_reason = models.CharField(
        _("reason of the pause"), max_length=500, blank=True, editable=False
    )
    # Acceptances above it need two people; empty: one is enough.
    approval_above_kg = models.PositiveBigIntegerField(
        _("second approver above, kg"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.UniqueConstraint("name_key", name="organisation_name_unique"),
            models.CheckConstraint(
                condition=models.Q(is_producer=True) | models.Q(is_buyer=True),
                name="organisation_has_a_side",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at__isnull=True, verified_by__isnull=True)
                | models.Q(verified_at__isnull=False, verified_by__isnull=False),
                name="organisation_verified_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trades(self) -> bool:
        """Verified, and not suspended; see ``selectors.organisations.trading`` for querysets."""
        return self.verified_at is not None and self.suspended_at is None


@audited
class Membership(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=10, choices=ROLES)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint("user", "organisation", name="membership_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=[code for code, _label in ROLES]),
                name="membership_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organisation_id}"


@audited
class Site(PublicModel):
    """A smelter or casthouse, the place where metal gets its carbon intensity."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(_("name"), max_length=200)
    country = models.CharField(_("country"), max_length=2)
    unlocode = models.CharField(_("UN/LOCODE"), max_length=5, blank=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.UniqueConstraint("organisation", "name", name="site_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
