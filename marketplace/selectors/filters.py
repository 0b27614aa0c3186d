"""What lists may be narrowed by, on pages and in the API: a whitelist, never a secret."""

from functools import partial
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.domain.names import comparable
from marketplace.domain.vocabulary import Region, Side
from marketplace.models import Lot, Organisation, Requirement
from marketplace.models.choices import (
    BOUNDARIES,
    ENERGY_SOURCES,
    LISTING_STATES,
    PREMIUM_UNITS,
    PRODUCT_FORMS,
    PROPOSAL_STATES,
    REGIONS,
    SIDES,
)

_OneOf = partial(django_filters.ChoiceFilter, empty_label=_("Any"))
_Day = partial(django_filters.DateFilter, widget=forms.DateInput(attrs={"type": "date"}))


class LotFilter(django_filters.FilterSet):  # type: ignore[misc]
    product_form = _OneOf(choices=PRODUCT_FORMS)
    grade = django_filters.CharFilter(lookup_expr="iexact", label=_("Grade"))
    origin_country = django_filters.CharFilter(lookup_expr="iexact", label=_("Country of origin"))
    energy_source = _OneOf(choices=ENERGY_SOURCES)
    delivery_region = _OneOf(choices=REGIONS, method="delivered_to", label=_("Delivered to"))
    delivery_from = _Day(field_name="window_end", lookup_expr="gte", label=_("Delivery from"))
    delivery_until = _Day(field_name="window_start", lookup_expr="lte", label=_("Delivery until"))

    def delivered_to(self, rows: QuerySet[Lot], name: str, region: str) -> QuerySet[Lot]:
        return rows.filter(delivery_regions__overlap=[region, Region.GLOBAL.value])


class OwnLotFilter(LotFilter):
    state = _OneOf(choices=LISTING_STATES)
    premium_unit = _OneOf(choices=PREMIUM_UNITS)


class RequirementFilter(django_filters.FilterSet):  # type: ignore[misc]
    product_form = _OneOf(choices=PRODUCT_FORMS, method="takes_form", label=_("Product form"))
    boundary = _OneOf(choices=BOUNDARIES[:2])
    delivery_region = _OneOf(choices=REGIONS)
    delivery_from = _Day(field_name="window_end", lookup_expr="gte", label=_("Delivery from"))
    delivery_until = _Day(field_name="window_start", lookup_expr="lte", label=_("Delivery until"))

    def takes_form(
        self, rows: QuerySet[Requirement], name: str, form: str
    ) -> QuerySet[Requirement]:
        return rows.filter(product_forms__contains=[form])


class OwnRequirementFilter(RequirementFilter):
    state = _OneOf(choices=LISTING_STATES)


class OrganisationFilter(django_filters.FilterSet):  # type: ignore[misc]
    side = _OneOf(choices=SIDES, method="on_side", label=_("Side"))
    name = django_filters.CharFilter(method="named", label=_("Name"))

    def on_side(self, rows: QuerySet[Organisation], name: str, side: str) -> QuerySet[Organisation]:
        producers = side == Side.PRODUCER.value
        return rows.filter(is_producer=True) if producers else rows.filter(is_buyer=True)

    def named(self, rows: QuerySet[Organisation], name: str, text: str) -> QuerySet[Organisation]:
        return rows.filter(name_key__contains=comparable(text))


class ProposalFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = _OneOf(choices=PROPOSAL_STATES)
    lot = django_filters.UUIDFilter(
        field_name="lot__public_id", label=_("Lot"), widget=forms.HiddenInput
    )
    requirement = django_filters.UUIDFilter(
        field_name="requirement__public_id", label=_("Requirement"), widget=forms.HiddenInput
    )


def narrowed_rows(narrowed: django_filters.FilterSet) -> QuerySet[Any]:
    """What a filter leaves; nothing for an impossible one."""
    found: QuerySet[Any] = narrowed.qs if narrowed.is_valid() else narrowed.queryset.none()
    return found
