"""Telling people what happened: on the site in the transaction that did it, by e-mail after it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from marketplace.domain.vocabulary import Event, NoticeMode
from marketplace.models import Membership, Notification


def tell(
    *,
    organisations: Iterable[int],
    event: Event,
    key: str,
    params: Mapping[str, str],
    path: str = "",
    now: datetime,
) -> None:
    """Tell every active member of the organisations, each once: ``key`` names what happened.

    Call it in the transaction of what happened. ``params`` hold only what each reader may see.
    """
    members = Membership.objects.filter(organisation__in=set(organisations), user__is_active=True)
    Notification.objects.bulk_create(
        (
            Notification(
                user_id=user,
                organisation_id=organisation,
                event=event.value,
                key=key,
                params=dict(params),
                path=path,
                mode=NoticeMode.NOW.value,
                created_at=now,
            )
            for user, organisation in members.order_by("pk").values_list("user", "organisation")
        ),
        ignore_conflicts=True,
    )
