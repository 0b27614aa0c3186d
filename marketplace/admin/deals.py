"""Deals and the certificate ledger: records, read-only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import ReadOnlyAdmin, tonnes
from marketplace.models import Deal, LedgerPosting


@admin.register(Deal)
class DealAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "producer",
        "buyer",
        "quantity",
        "price",
        "state",
        "concluded_at",
    )
    list_filter = (
        "state",
        ("producer", admin.RelatedOnlyFieldListFilter),
        ("buyer", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("producer", "buyer")
    search_fields = ("number", "producer__name", "buyer__name")
    fields = (
        "number",
        "producer",
        "buyer",
        "quantity",
        "price",
        "proposal",
        "state",
        "state_reason",
        "concluded_at",
        "record",
        "content_sha256",
    )
    readonly_fields = ("quantity", "price")

    @admin.display(description=_("quantity"))
    def quantity(self, deal: Deal) -> str:
        return tonnes(deal.quantity_kg)

    @admin.display(description=_("premium"))
    def price(self, deal: Deal) -> str:
        return f"{deal.premium} {deal.get_premium_unit_display()}"


@admin.register(LedgerPosting)
class LedgerPostingAdmin(ReadOnlyAdmin):
    list_display = (
        "posted_at",
        "certificate",
        "source",
        "target",
        "quantity",
        "lot",
        "proposal",
        "posted_by",
    )
    list_filter = ("source", "target")
    list_select_related = ("certificate", "lot", "proposal", "posted_by")
    search_fields = ("certificate__number",)
    fields = list_display
    readonly_fields = ("quantity",)

    @admin.display(description=_("quantity"))
    def quantity(self, posting: LedgerPosting) -> str:
        return tonnes(posting.kg)
