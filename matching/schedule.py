"""Rounds at set times: a cron form in a time zone, and the plan that makes each time count once."""

from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import croniter
from django.db import transaction

from marketplace.models import MarketSettings
from matching.models import RoundPlan


def next_time(schedule: str, time_zone: str, after: datetime) -> datetime:
    """The first moment after ``after`` that the cron form names, in that zone's own wall clock."""
    local = after.astimezone(ZoneInfo(time_zone))
    found: datetime = croniter(schedule, local).get_next(datetime)
    return found


def next_at(settings: MarketSettings, now: datetime) -> datetime:
    """The set time that change requests wait for; it may have passed if nobody took it yet."""
    with transaction.atomic():
        return _locked_plan(settings, now).next_at


def take_due(settings: MarketSettings, now: datetime) -> datetime | None:
    """The set time that has come, moved on to the next one; call it within a transaction.

    Whoever asks second waits for the first one's commit and finds the later time. Times missed
    meanwhile count as one.
    """
    plan = _locked_plan(settings, now)
    if plan.next_at > now:
        return None
    due = plan.next_at
    plan.next_at = next_time(plan.schedule, plan.time_zone, now)
    plan.save(update_fields=["next_at"])
    return due


def _locked_plan(settings: MarketSettings, now: datetime) -> RoundPlan:
    """The one plan, made anew when an admin has changed the settings since."""
    upcoming = next_time(settings.round_schedule, settings.time_zone, now)
    wanted = {"schedule": settings.round_schedule, "time_zone": settings.time_zone}
    RoundPlan.objects.bulk_create(
        [RoundPlan(pk=1, next_at=upcoming, **wanted)], ignore_conflicts=True
    )
    plan = RoundPlan.objects.select_for_update(no_key=True).get(pk=1)
    if (plan.schedule, plan.time_zone) != (settings.round_schedule, settings.time_zone):
        plan.schedule, plan.time_zone = settings.round_schedule, settings.time_zone
        plan.next_at = upcoming
        plan.save(update_fields=["schedule", "time_zone", "next_at"])
    return plan
