"""What every page knows: for whom the reader acts, and how many answers wait."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from marketplace.domain import instants
from marketplace.selectors import dashboard, notifications, pauses, terms
from marketplace.web import acting


def navigation(request: HttpRequest) -> dict[str, object]:
    """Nothing for who is not signed in, and nothing for fragments and the admin."""
    if not hasattr(request, "session") or request.path.startswith("/admin/"):
        return {}
    actor = acting.actor_of(request)
    if actor is None:
        return {"is_demo": settings.DEMO, "zone": _zone(), "pauses": pauses.shown_to(None)}
    market, terms_wanted = terms.wanted(actor.organisation)
    return {
        "is_demo": settings.DEMO,
        "zone": _zone(),
        "pauses": pauses.shown_to(actor.organisation, market),
        "actor": actor,
        "terms_wanted": terms_wanted,
        "waiting_answers": dashboard.waiting(actor, timezone.now()).count(),
        "unread_notices": notifications.unread(actor.user).count(),
        "own_organisations": acting.own_organisations(request),
    }


def _zone() -> str:
    """The name of the zone in which this page writes times, with its offset today."""
    name, distance = timezone.get_current_timezone_name(), instants.offset(timezone.localtime())
    return name if name == distance else f"{name} ({distance})"
