"""Old rounds go, with their matches and reasons; the newest published one always stays."""

from datetime import datetime, timedelta

from django.conf import settings

from marketplace.services.retention import in_batches
from matching.claims import AT_WORK
from matching.models import Match, MatchingRound, Shortfall


def prune(*, now: datetime) -> int:
    """How many rounds were removed. Proposals and deals keep what was compared as their own."""
    old = MatchingRound.objects.filter(
        started_at__lt=now - timedelta(days=settings.ROUND_KEEP_DAYS)
    ).exclude(state__in=AT_WORK)
    newest = (
        MatchingRound.objects.filter(state=MatchingRound.State.PUBLISHED).order_by("-pk").first()
    )
    if newest is not None:
        old = old.exclude(pk=newest.pk)
    removed = 0
    for pk in old.order_by("pk").values_list("pk", flat=True):
        in_batches(Match.objects.filter(round=pk))
        in_batches(Shortfall.objects.filter(round=pk))
        removed += in_batches(MatchingRound.objects.filter(pk=pk))
    return removed
