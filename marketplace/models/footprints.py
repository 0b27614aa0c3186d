"""Footprints of lots as PACT exchanges them, and the systems that they are exchanged with."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.webhooks import MessageState
from marketplace.models.base import PublicModel, audited, audited_without
from marketplace.models.choices import MESSAGE_STATES, PACT_KINDS
from marketplace.models.lots import Lot
from marketplace.models.organisations import Organisation

SECRETS = ("secret_sha256", "partner_secret_sealed")
WHOLE = 10_000


@audited
class FootprintStatement(models.Model):
    """What a producer says of all its footprints; without it none of its lots has any."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, related_name="footprint_statement"
    )
    primary_data_centi_pct = models.IntegerField(_("primary data, 1/100 %"))
    exempted_centi_pct = models.IntegerField(_("exempted emissions, 1/100 %"), default=0)
    standards = ArrayField(models.CharField(max_length=20), verbose_name=_("standards"))
    packaging_included = models.BooleanField(_("packaging included"), default=False)

    class Meta:
        verbose_name = _("statement on footprints")
        verbose_name_plural = _("statements on footprints")
        constraints = [
            models.CheckConstraint(
                condition=Q(primary_data_centi_pct__range=(0, WHOLE))
                & Q(exempted_centi_pct__range=(0, WHOLE)),
                name="footprint_shares_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}"


class Footprint(PublicModel):
    """One version of a lot's footprint. ``body`` never changes: another is another row.

    ``body`` holds all but id, creation, status and predecessors. ``lot_version``: the newest
    version of the lot for which this body was found to be right.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="footprints")
    body = models.JSONField(_("footprint"))
    sha256 = models.CharField(max_length=64)
    lot_version = models.IntegerField()
    preceding = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="following"
    )
    created_at = models.DateTimeField(_("created"))
    deprecated_at = models.DateTimeField(_("deprecated"), null=True)

    class Meta:
        verbose_name = _("footprint")
        verbose_name_plural = _("footprints")
        constraints = [
            models.UniqueConstraint(
                "lot", condition=Q(deprecated_at__isnull=True), name="footprint_one_active"
            ),
            models.CheckConstraint(condition=~Q(preceding=F("pk")), name="footprint_not_its_own"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


@audited_without(*SECRETS)
class PactClient(PublicModel):
    """An organisation's system: how it signs in here, and where and how it is called back.

    Called is only what stands here; ``source`` of an event is its sender's word.
    """

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, related_name="pact_client"
    )
    client_id = models.CharField(_("client id"), max_length=40, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    callback_url = models.CharField(_("address of your system"), max_length=500, blank=True)
    token_url = models.CharField(_("address of its tokens"), max_length=500, blank=True)
    partner_client_id = models.CharField(_("client id there"), max_length=200, blank=True)
    partner_secret_sealed = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("system that exchanges footprints")
        verbose_name_plural = _("systems that exchange footprints")

    def __str__(self) -> str:
        return self.client_id


class PactEvent(models.Model):
    """An event that came from a system (no ``state``), or goes to it.

    ``event_id``: of the event itself; a request's answer names it. ``held_until``: a worker calls
    the system at the moment.
    """

    client = models.ForeignKey(PactClient, on_delete=models.CASCADE, related_name="exchanged")
    kind = models.CharField(_("kind"), max_length=20, choices=PACT_KINDS)
    event_id = models.CharField(_("event"), max_length=200)
    outgoing = models.BooleanField(_("to the system"))
    body = models.TextField(_("body"))
    created_at = models.DateTimeField(_("created"))
    state = models.CharField(_("state"), max_length=10, choices=MESSAGE_STATES, blank=True)
    due_at = models.DateTimeField(_("next call not before"), null=True)
    held_until = models.DateTimeField(_("held until"), null=True)
    failures = models.PositiveSmallIntegerField(_("failed calls"), default=0)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    done_at = models.DateTimeField(_("arrived or given up"), null=True)

    class Meta:
        verbose_name = _("exchanged event")
        verbose_name_plural = _("exchanged events")
        constraints = [
            models.UniqueConstraint("client", "outgoing", "event_id", name="pact_event_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state=MessageState.WAITING.value),
                name="pact_event_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class ReadFootprint(PublicModel):
    """A footprint of somebody else's making, as it came, with what was read from it."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="read_footprints"
    )
    text = models.TextField(_("as it came"))
    sha256 = models.CharField(max_length=64)
    spec_version = models.CharField(_("version of PACT"), max_length=200)
    footprint_id = models.CharField(_("its id"), max_length=200)
    company = models.CharField(_("company"), max_length=200)
    product = models.CharField(_("product"), max_length=200)
    ci_milli = models.IntegerField(_("carbon intensity, kg CO2e/t"))
    begin = models.DateTimeField(_("reference period from"))
    end = models.DateTimeField(_("reference period to"))
    warnings = ArrayField(models.CharField(max_length=20), verbose_name=_("warnings"))
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    read_at = models.DateTimeField(_("read"))

    class Meta:
        verbose_name = _("footprint that was read")
        verbose_name_plural = _("footprints that were read")
        constraints = [
            models.UniqueConstraint("organisation", "sha256", name="footprint_read_once"),
        ]

    def __str__(self) -> str:
        return self.footprint_id
