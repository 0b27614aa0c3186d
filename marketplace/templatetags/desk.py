"""The marketplace's part of an admin's first page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.selectors import desk as selectors
from marketplace.selectors.desk import Waiting
from marketplace.selectors.workers import Hearing

register = template.Library()

HEARD = {
    Hearing.OK: _("workers hear"),
    Hearing.SILENT: _("no worker gives a sign of life"),
    Hearing.DEAF: _("workers hear no messages"),
}


@dataclass(frozen=True)
class Line:
    """What waits of one kind: ``model`` names its list in the admin, ``query`` narrows it."""

    title: str | Promise
    model: str
    query: str
    waiting: Waiting
    called: Callable[[Any], str]

    @property
    def address(self) -> str:
        return f"{reverse(f'admin:marketplace_{self.model}_changelist')}?{self.query}"

    @property
    def oldest(self) -> list[tuple[str, str]]:
        """(page, name) of each."""
        page = f"admin:marketplace_{self.model}_change"
        return [(reverse(page, args=[one.pk]), self.called(one)) for one in self.waiting.rows]


@register.inclusion_tag("admin/marketplace/desk.html", takes_context=True)
def desk(context: dict[str, Any]) -> dict[str, Any]:
    """What the reader may not view is left out: see the template."""
    found, perms = selectors.desk(now=timezone.now()), context["perms"]
    lines = [line for line in _lines(found) if f"marketplace.view_{line.model}" in perms]
    return {"desk": found, "lines": lines, "perms": perms, "heard": HEARD[found.queue.hearing]}


def _lines(found: selectors.Desk) -> list[Line]:
    return [
        Line(
            _("Certificates to verify"), "certificate", "state__exact=PENDING",
            found.certificates, lambda one: f"{one.number}, {one.organisation.name}",
        ),
        Line(
            _("Organisations to verify"), "organisation", "verified=no",
            found.organisations, lambda one: one.name,
        ),
        Line(
            _("Deals that something speaks against"), "deal", "flag=yes",
            found.flagged, lambda one: one.number,
        ),
        Line(
            _("Jobs that were given up"), "outboxrow", "state=dead",
            found.dead, lambda one: one.task,
        ),
    ]  # fmt: skip
