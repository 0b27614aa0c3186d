"""What happened to one row: the audit trail that the database writes, read-only.

Limits and prices are their owner's: a change of them is seen, its numbers are not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model

from marketplace.models import User

SHOWN = 200
MASKED = frozenset(
    {"max_premium", "internal_carbon_price", "ask_premium", "cost", "premium", "premium_usd_e4"}
)
HIDDEN = "•••"


@dataclass(frozen=True)
class Change:
    """One column before and after; "" where there was nothing before."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """``by``: who was signed in, "" for the market itself and for systems' keys."""

    at: datetime
    what: str
    by: str
    changes: tuple[Change, ...]


def steps(row: Model) -> list[Step]:
    """Newest first, the last 200; nothing for what is not audited."""
    try:
        events = apps.get_model(row._meta.app_label, f"{row._meta.object_name}Event")
    except LookupError:
        return []
    # One more, so that the oldest shown has something to be compared with.
    found = events._default_manager.filter(pgh_obj=row.pk).select_related("pgh_context")
    rows = list(found.order_by("-pgh_id")[: SHOWN + 1])[::-1]
    people = _people(rows)
    told = list(_told(rows, people))
    return (told[1:] if len(rows) > SHOWN else told)[::-1]


def _told(rows: list[Any], people: Mapping[str, str]) -> Iterator[Step]:
    before: dict[str, object] = {}
    for row in rows:
        after = {
            field.name: getattr(row, field.attname)
            for field in row._meta.concrete_fields
            if not field.name.startswith("pgh_") and field.name != "id"
        }
        yield Step(
            row.pgh_created_at, row.pgh_label, people.get(_user(row), ""), _diff(before, after)
        )
        before = after


def _diff(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    return tuple(
        Change(name, _shown(name, before.get(name)), _shown(name, value))
        for name, value in after.items()
        if before.get(name) != value and not (name not in before and value in (None, "", False))
    )


def _shown(name: str, value: object) -> str:
    if value is None or value == "":
        return ""
    return HIDDEN if name in MASKED else str(value)


def _user(row: Any) -> str:
    context = row.pgh_context
    return str((context.metadata or {}).get("user") or "") if context else ""


def _people(rows: list[Any]) -> dict[str, str]:
    keys = {key for key in map(_user, rows) if key.isdigit()}
    found = User.objects.filter(pk__in=keys)
    return {str(pk): email for pk, email in found.values_list("pk", "email")}
