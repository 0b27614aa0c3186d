"""The market admin's desk: one module per aggregate, registered by being imported."""

from marketplace.admin import (
    certificates,
    deals,
    lots,
    market,
    operations,
    organisations,
    proposals,
    requirements,
    users,
)

__all__ = [
    "certificates",
    "deals",
    "lots",
    "market",
    "operations",
    "organisations",
    "proposals",
    "requirements",
    "users",
]
