"""The market admin's desk: one module per aggregate, registered by being imported."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.admin import (
    bodies,
    certificates,
    deals,
    lots,
    market,
    notifications,
    operations,
    organisations,
    parameters,
    proposals,
    requirements,
    users,
)

admin.site.site_header = _("Green Premium Marketplace")
admin.site.site_title = _("Green Premium Marketplace")
admin.site.index_title = _("What needs a decision, and what happened")

__all__ = [
    "bodies",
    "certificates",
    "deals",
    "lots",
    "market",
    "notifications",
    "operations",
    "organisations",
    "parameters",
    "proposals",
    "requirements",
    "users",
]
