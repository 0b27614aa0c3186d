"""What every page knows: for whom the reader acts, and how many answers wait."""

from django.http import HttpRequest
from django.utils import timezone

from marketplace.selectors import dashboard
from marketplace.web import acting


def navigation(request: HttpRequest) -> dict[str, object]:
    """Nothing for who is not signed in, and nothing for fragments and the admin."""
    if not hasattr(request, "session") or request.path.startswith("/admin/"):
        return {}
    actor = acting.actor_of(request)
    if actor is None:
        return {}
    return {
        "actor": actor,
        "waiting_answers": dashboard.answers_waiting(actor, timezone.now()),
    }
