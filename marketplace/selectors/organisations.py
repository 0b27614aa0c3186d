"""Organisations as others may see them."""

from django.db.models import Q, QuerySet

from marketplace.models import Membership, Organisation, User
from marketplace.models.actors import Actor


def trading(prefix: str = "") -> Q:
    """Of rows that point at an organisation by ``prefix``: verified, and not suspended."""
    return Q(**{f"{prefix}verified_at__isnull": False, f"{prefix}suspended_at__isnull": True})


def answering(prefix: str = "") -> Q:
    """The same, and able to answer a proposal: trading is not paused for it."""
    return trading(prefix) & Q(**{f"{prefix}trading_paused_at__isnull": True})


def verified() -> QuerySet[Organisation]:
    return Organisation.objects.filter(trading()).order_by("name_key", "pk")


def buyers_for(actor: Actor) -> QuerySet[Organisation]:
    """Verified buyers outside the own group: whom a producer may bar."""
    return _others(actor).filter(is_buyer=True)


def producers_for(actor: Actor) -> QuerySet[Organisation]:
    """Verified producers outside the own group: whom a buyer may approve or bar."""
    return _others(actor).filter(is_producer=True)


def others_for(actor: Actor) -> QuerySet[Organisation]:
    """Both of these, as far as the own organisation is on the other side of them."""
    own, wanted = actor.organisation, Q(pk__in=())
    if own.is_buyer:
        wanted |= Q(is_producer=True)
    if own.is_producer:
        wanted |= Q(is_buyer=True)
    return _others(actor).filter(wanted)


def _others(actor: Actor) -> QuerySet[Organisation]:
    if not actor.organisation.trades:
        # Whoever signs up is told nobody's name before somebody has looked at who that is.
        return Organisation.objects.none()
    group = actor.organisation.group_id
    found = verified().exclude(pk=actor.organisation.pk)
    return found.exclude(group=group) if group else found


def of_user(user: User) -> QuerySet[Membership]:
    own = Membership.objects.filter(user=user).select_related("organisation")
    return own.order_by("organisation__name_key", "pk")


def relatives(organisation: Organisation) -> Q:
    """Rows whose ``organisation`` is this one or of its group: they never match each other."""
    own = Q(organisation=organisation)
    return own | Q(organisation__group=organisation.group_id) if organisation.group_id else own
