"""Certificates: who certified what, over how many kilograms, and how many of those are drawn."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.certificates import COST_CURRENCIES
from marketplace.domain.vocabulary import CertificateState
from marketplace.models.base import PublicModel, audited
from marketplace.models.choices import BOUNDARIES, CERTIFICATE_STATES, SCHEMES
from marketplace.models.organisations import Organisation, Site


def document_path(certificate: "Certificate", filename: str) -> str:
    """A generated name: nothing of what the uploader called the file reaches the disk."""
    return f"certificates/{uuid.uuid4().hex}"


@audited
class Certificate(PublicModel):
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("holder"),
        on_delete=models.PROTECT,
        related_name="certificates",
    )
    site = models.ForeignKey(
        Site,
        verbose_name=_("site"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="certificates",
    )
    scheme = models.CharField(_("scheme"), max_length=30, choices=SCHEMES)
    issuer = models.CharField(_("issuer"), max_length=200)
    number = models.CharField(_("number"), max_length=100)
    issuer_key = models.CharField(max_length=200, editable=False)
    number_key = models.CharField(max_length=100, editable=False)
    certified_kg = models.BigIntegerField(_("certified, kg"), null=True, blank=True)
    allocated_kg = models.BigIntegerField(_("drawn by lots, kg"), default=0, editable=False)
    claimed_kg = models.BigIntegerField(_("claimed by buyers, kg"), default=0, editable=False)
    boundary = models.CharField(_("carbon boundary"), max_length=20, choices=BOUNDARIES, blank=True)
    ci_milli = models.IntegerField(_("carbon intensity, kg CO2e/t"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"))
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=CERTIFICATE_STATES,
        default=CertificateState.PENDING.value,
    )
    state_reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    # Where two have to verify: the first of them, until the second has.
    first_verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("first verified by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    first_verified_at = models.DateTimeField(_("first verified"), null=True, blank=True)
    document = models.FileField(_("document"), upload_to=document_path, blank=True)
    document_type = models.CharField(max_length=40, blank=True, editable=False)
    document_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    # The holder's own affair; admins see it, the other side of a deal never does.
    cost = models.DecimalField(
        _("certification cost"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    cost_currency = models.CharField(_("currency"), max_length=3, blank=True)
    # When the market drew the consequences of its expiry: proposals withdrawn, deals flagged.
    expiry_handled_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("submitted"), auto_now_add=True)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.CheckConstraint(
                condition=Q(certified_kg__isnull=True, allocated_kg=0)
                | Q(certified_kg__gt=0, allocated_kg__gte=0, allocated_kg__lte=F("certified_kg")),
                name="certificate_not_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(claimed_kg__gte=0, claimed_kg__lte=F("allocated_kg")),
                name="certificate_claims_within_drawn",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="certificate_period_ordered"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[code for code, _label in CERTIFICATE_STATES]),
                name="certificate_state_known",
            ),
            models.CheckConstraint(
                condition=Q(boundary="", ci_milli__isnull=True)
                | (~Q(boundary="") & Q(ci_milli__gte=10, ci_milli__lte=25_000)),
                name="certificate_carbon_has_boundary",
            ),
            models.CheckConstraint(
                condition=Q(state=CertificateState.PENDING.value)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="certificate_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(first_verified_by__isnull=True)
                | ~Q(state=CertificateState.VERIFIED.value)
                | ~Q(first_verified_by=F("decided_by")),
                name="certificate_verified_by_two",
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True, cost_currency="")
                | Q(cost__gte=0, cost_currency__in=list(COST_CURRENCIES)),
                name="certificate_cost_has_currency",
            ),
            # Refused ones may be entered again; a number once accepted has one holder for good.
            models.UniqueConstraint(
                "organisation",
                "scheme",
                "issuer_key",
                "number_key",
                condition=~Q(state=CertificateState.REFUSED.value),
                name="certificate_entered_once",
            ),
            models.UniqueConstraint(
                "scheme",
                "issuer_key",
                "number_key",
                condition=Q(
                    state__in=[
                        CertificateState.VERIFIED.value,
                        CertificateState.SUSPENDED.value,
                        CertificateState.REVOKED.value,
                    ]
                ),
                name="certificate_has_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.number}"

    @property
    def free_kg(self) -> int | None:
        """Certified kilograms that no lot draws on; None for evidence without tonnes."""
        return None if self.certified_kg is None else self.certified_kg - self.allocated_kg
