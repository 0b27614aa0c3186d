"""The matching's part of an admin's first page: one line for each recent round."""

from typing import Any

from django import template

from matching.models import MatchingRound

register = template.Library()
SHOWN = 8


@register.inclusion_tag("admin/matching/health.html", takes_context=True)
def round_health(context: dict[str, Any]) -> dict[str, Any]:
    rows = MatchingRound.objects.order_by("-pk")[:SHOWN]
    return {"rounds": list(rows), "perms": context["perms"], "csrf_token": context["csrf_token"]}
