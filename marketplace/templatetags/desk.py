"""The marketplace's part of an admin's first page."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.selectors import desk as selectors
from marketplace.selectors.workers import Hearing

register = template.Library()

HEARD = {
    Hearing.OK: _("workers hear"),
    Hearing.SILENT: _("no worker gives a sign of life"),
    Hearing.DEAF: _("workers hear no messages"),
}


@register.inclusion_tag("admin/marketplace/desk.html", takes_context=True)
def desk(context: dict[str, Any]) -> dict[str, Any]:
    """What the reader may not view is left out: see the template."""
    found = selectors.desk(now=timezone.now())
    return {"desk": found, "perms": context["perms"], "heard": HEARD[found.queue.hearing]}
