"""Proposals: looked at with filters; expired or cancelled through the service only."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    apply_to_each,
    ask_reason,
    intensity,
    signed_in,
    tonnes,
)
from marketplace.domain.vocabulary import Answer
from marketplace.models import Organisation, Proposal, ProposalStep
from marketplace.services import proposals


class OrganisationFilter(admin.SimpleListFilter):
    """Proposals of an organisation, whichever side it is on."""

    title = _("organisation")
    parameter_name = "organisation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        trading = models.Q(lots__proposals__isnull=False) | models.Q(
            requirements__proposals__isnull=False
        )
        found = Organisation.objects.filter(trading).distinct().order_by("name")
        return [(str(pk), name) for pk, name in found.values_list("pk", "name")]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        value = self.value()
        if value is None or not value.isdigit():
            return queryset
        return queryset.filter(
            models.Q(lot__organisation_id=value) | models.Q(requirement__organisation_id=value)
        )


class DeclinedFilter(admin.SimpleListFilter):
    """What one side's limits allowed and it declined all the same."""

    title = _("declined by")
    parameter_name = "declined"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("producer", _("Producer")), ("buyer", _("Buyer"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        value = self.value()
        if value not in ("producer", "buyer"):
            return queryset
        return queryset.filter(**{f"{value}_answer": Answer.DECLINED.value})


class StepInline(ReadOnlyInline):
    model = ProposalStep
    fields = ("at", "side", "verb", "from_version", "by")


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = (
        "public_id",
        "product",
        "carbon",
        "quantity",
        "premium",
        "producer",
        "buyer",
        "state",
        "producer_answer",
        "buyer_answer",
        "expires_at",
        "round_number",
    )
    list_filter = ("state", DeclinedFilter, "lot__product_form", OrganisationFilter)
    list_select_related = ("lot__organisation", "requirement__organisation")
    search_fields = ("public_id", "lot__organisation__name", "requirement__organisation__name")
    fields = (
        "public_id",
        "lot",
        "requirement",
        "producer",
        "buyer",
        "quantity",
        "carbon",
        "premium",
        "fx_usd_per_unit",
        "fx_date",
        "window_start",
        "window_end",
        "bundle",
        "round_number",
        "engine_version",
        "terms_version",
        "state",
        "producer_answer",
        "buyer_answer",
        "reason",
        "created_at",
        "expires_at",
        "closed_at",
        "version",
    )
    readonly_fields = (
        "public_id",
        "bundle",
        "producer",
        "buyer",
        "quantity",
        "carbon",
        "premium",
        "version",
    )
    inlines = (StepInline,)
    actions = ("expire", "cancel")

    @admin.display(description=_("product"))
    def product(self, proposal: Proposal) -> str:
        return f"{proposal.lot.get_product_form_display()} {proposal.lot.grade}"

    @admin.display(description=_("carbon intensity"))
    def carbon(self, proposal: Proposal) -> str:
        return intensity(proposal.ci_milli, str(proposal.get_boundary_display()))

    @admin.display(description=_("quantity"))
    def quantity(self, proposal: Proposal) -> str:
        return tonnes(proposal.quantity_kg)

    @admin.display(description=_("premium"))
    def premium(self, proposal: Proposal) -> str:
        return f"{proposal.ask_premium} {proposal.get_premium_unit_display()}"

    @admin.display(description=_("producer"))
    def producer(self, proposal: Proposal) -> str:
        return proposal.lot.organisation.name

    @admin.display(description=_("buyer"))
    def buyer(self, proposal: Proposal) -> str:
        return proposal.requirement.organisation.name

    @admin.action(description=_("Expire now"), permissions=["decide"])
    def expire(self, request: HttpRequest, queryset: models.QuerySet[Proposal]) -> None:
        apply_to_each(
            request,
            queryset,
            lambda proposal: proposals.expire(
                public_id=proposal.public_id, by=signed_in(request), now=timezone.now()
            ),
        )

    @admin.action(description=_("Cancel with reason"), permissions=["decide"])
    def cancel(
        self, request: HttpRequest, queryset: models.QuerySet[Proposal]
    ) -> HttpResponse | None:
        return ask_reason(
            self,
            request,
            queryset,
            title=_("Cancel proposals"),
            step=lambda proposal, reason: proposals.cancel(
                public_id=proposal.public_id,
                by=signed_in(request),
                reason=reason,
                now=timezone.now(),
            ),
        )
