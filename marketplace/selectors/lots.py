"""Lots: the own ones whole, the others' as far as the reader may see them."""

from datetime import date
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from marketplace.domain.vocabulary import CertificateState, ListingState
from marketplace.models import Lot, LotCertificate, Organisation
from marketplace.models.actors import Actor
from marketplace.selectors import organisations
from marketplace.selectors.finding import one_of

# Something of the lot is still to be had.
LEFT = Q(quantity_kg__gt=F("reserved_kg") + F("sold_kg") + F("returned_kg"))


def own(actor: Actor) -> QuerySet[Lot]:
    """Newest first."""
    return Lot.objects.filter(organisation=actor.organisation).order_by("-listed_at", "-pk")


def with_evidence(found: QuerySet[Lot]) -> QuerySet[Lot]:
    """With the carbon and the certificates that lists show, in two queries for all rows."""
    links = LotCertificate.objects.select_related("certificate")
    return found.prefetch_related("carbon_statements", Prefetch("certificate_links", links))


def own_one(actor: Actor, public_id: UUID) -> Lot:
    """NotFound for foreign ones as for absent ones."""
    return one_of(own(actor), public_id)


def valid_certificate(today: date, prefix: str = "certificate__") -> Q:
    """Of rows that point at a certificate: verified, and valid on the day."""
    return Q(
        **{
            f"{prefix}state": CertificateState.VERIFIED.value,
            f"{prefix}valid_from__lte": today,
            f"{prefix}valid_to__gte": today,
        }
    )


def backed(today: date) -> QuerySet[Lot]:
    """Lots that may be matched today: every tonnage certificate behind them is valid."""
    drawn = LotCertificate.objects.filter(lot=OuterRef("pk"), draws_tonnes=True)
    return Lot.objects.filter(Exists(drawn), ~Exists(drawn.exclude(valid_certificate(today))))


def may_see_asks(actor: Actor) -> bool:
    """Verified buyers only, and nobody whose organisation or group holds a producer."""
    organisation = actor.organisation
    if not organisation.is_buyer or organisation.is_producer or not organisation.trades:
        return False
    if organisation.group_id is None:
        return True
    group = Organisation.objects.filter(group=organisation.group_id, is_producer=True)
    return not group.exists()


def open_for_buyers(actor: Actor) -> QuerySet[Lot]:
    """Open lots of other verified organisations; nothing for an organisation not verified itself.

    Ask whether ``may_see_asks`` before showing an ask: the column is not even read otherwise.
    """
    found = open_to(actor.organisation, timezone.now().date())
    return found if may_see_asks(actor) else found.defer("ask_premium")


def open_to(organisation: Organisation, today: date) -> QuerySet[Lot]:
    """Newest first. Whoever shows them asks ``may_see_asks`` first, as above."""
    if not organisation.trades:
        return Lot.objects.none()
    return (
        backed(today)
        .filter(LEFT, organisations.trading("organisation__"), state=ListingState.OPEN.value)
        .exclude(organisations.relatives(organisation))
        .exclude(excluded_buyers=organisation)
        .order_by("-listed_at", "-pk")
    )


def visible_one(actor: Actor, public_id: UUID) -> Lot:
    """An own lot or one open to the reader; NotFound otherwise."""
    found = open_for_buyers(actor).filter(public_id=public_id).first()
    return found if found is not None else own_one(actor, public_id)
