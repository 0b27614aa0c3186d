"""What a user was told: their own, of organisations that they still belong to."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.domain.vocabulary import Event, NoticeMode
from marketplace.models import Membership, Notification, NotificationChoice, User
from marketplace.selectors.finding import one_of


def own(user: User) -> QuerySet[Notification]:
    """Newest first. Who left an organisation reads its notices no more."""
    membership = Membership.objects.filter(user=user, organisation=OuterRef("organisation"))
    found = Notification.objects.filter(
        Q(organisation__isnull=True) | Exists(membership), user=user
    )
    return found.select_related("organisation").order_by("-created_at", "-pk")


def own_one(user: User, public_id: UUID) -> Notification:
    return one_of(own(user), public_id)


def unread(user: User) -> QuerySet[Notification]:
    return own(user).filter(read_at__isnull=True)


def unsent(user: User, mode: NoticeMode) -> QuerySet[Notification]:
    """What waits to be told by e-mail, oldest first."""
    return own(user).filter(mode=mode.value, mailed_at__isnull=True).order_by("pk")


def chosen(user: User) -> dict[str, str]:
    """For every event how the user wants to be told by e-mail; at once unless they chose."""
    modes = {event.value: NoticeMode.NOW.value for event in Event}
    own_choices = NotificationChoice.objects.filter(user=user)
    return modes | dict(own_choices.values_list("event", "mode"))
