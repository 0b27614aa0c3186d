"""What lists may be narrowed by, on pages and in the API: a whitelist, never a secret."""

import django_filters
from django.db.models import QuerySet

from marketplace.models import Lot, Requirement
from marketplace.models.choices import (
    BOUNDARIES,
    ENERGY_SOURCES,
    LISTING_STATES,
    PREMIUM_UNITS,
    PRODUCT_FORMS,
    PROPOSAL_STATES,
    REGIONS,
)


class LotFilter(django_filters.FilterSet):  # type: ignore[misc]
    product_form = django_filters.ChoiceFilter(choices=PRODUCT_FORMS)
    grade = django_filters.CharFilter(lookup_expr="iexact")
    origin_country = django_filters.CharFilter(lookup_expr="iexact")
    energy_source = django_filters.ChoiceFilter(choices=ENERGY_SOURCES)
    delivery_region = django_filters.ChoiceFilter(choices=REGIONS, method="delivered_to")
    delivery_from = django_filters.DateFilter(field_name="window_end", lookup_expr="gte")
    delivery_until = django_filters.DateFilter(field_name="window_start", lookup_expr="lte")

    def delivered_to(self, rows: QuerySet[Lot], name: str, region: str) -> QuerySet[Lot]:
        return rows.filter(delivery_regions__contains=[region])


class OwnLotFilter(LotFilter):
    state = django_filters.ChoiceFilter(choices=LISTING_STATES)
    premium_unit = django_filters.ChoiceFilter(choices=PREMIUM_UNITS)


class RequirementFilter(django_filters.FilterSet):  # type: ignore[misc]
    product_form = django_filters.ChoiceFilter(choices=PRODUCT_FORMS, method="takes_form")
    boundary = django_filters.ChoiceFilter(choices=BOUNDARIES[:2])
    delivery_region = django_filters.ChoiceFilter(choices=REGIONS)
    delivery_from = django_filters.DateFilter(field_name="window_end", lookup_expr="gte")
    delivery_until = django_filters.DateFilter(field_name="window_start", lookup_expr="lte")

    def takes_form(
        self, rows: QuerySet[Requirement], name: str, form: str
    ) -> QuerySet[Requirement]:
        return rows.filter(product_forms__contains=[form])


class OwnRequirementFilter(RequirementFilter):
    state = django_filters.ChoiceFilter(choices=LISTING_STATES)


class ProposalFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(choices=PROPOSAL_STATES)
    lot = django_filters.UUIDFilter(field_name="lot__public_id")
    requirement = django_filters.UUIDFilter(field_name="requirement__public_id")
