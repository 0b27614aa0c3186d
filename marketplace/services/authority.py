"""Who may do what: asked by every verb before it looks at anything else."""

from marketplace.domain.errors import NotAllowed, Paused, gettext_noop
from marketplace.domain.vocabulary import Role
from marketplace.models import MarketSettings, Membership, Organisation, User
from marketplace.models.actors import Actor
from marketplace.selectors import terms

VIEWERS_ONLY_LOOK = gettext_noop("Your role in this organisation lets you look, not trade.")
SUSPENDED = gettext_noop("Your organisation is suspended: {reason}")
UNVERIFIED = gettext_noop("Your organisation is not verified yet.")
NO_PRODUCER = gettext_noop("Your organisation is not registered as a producer.")
NO_BUYER = gettext_noop("Your organisation is not registered as a buyer.")
OWNERS_ONLY = gettext_noop("Only an owner of the organisation may do this.")
TERMS = gettext_noop(
    "Version {version} of the market's terms is not accepted yet: an owner of your organisation "
    "accepts it on the page Terms."
)
ADMINS_ONLY = gettext_noop("Only a market admin may do this.")
MARKET_PAUSED = gettext_noop("Trading is paused on the whole market: {reason}")
PARTY_PAUSED = gettext_noop("Trading of {organisation} is paused at the moment.")
OWN_CERTIFICATE = gettext_noop("Nobody decides about a certificate of their own organisation.")
OWN_DEAL = gettext_noop("Nobody decides as an admin about a deal of their own organisation.")


def trader(actor: Actor) -> None:
    if not actor.may_trade:
        raise NotAllowed(VIEWERS_ONLY_LOOK)


def verified_trader(actor: Actor) -> None:
    trader(actor)
    if actor.organisation.verified_at is None:
        raise NotAllowed(UNVERIFIED)
    if actor.organisation.suspended_at is not None:
        raise NotAllowed(SUSPENDED, reason=actor.organisation.suspended_reason)
    trading_open(actor.organisation.pk)
    if not terms.accepted(actor.organisation):
        raise NotAllowed(TERMS, version=terms.version())


def owner(actor: Actor) -> None:
    if actor.role is not Role.OWNER:
        raise NotAllowed(OWNERS_ONLY)


def trading_open(*organisation_ids: int) -> None:
    """Raises Paused while trading is paused for the market or for one of the organisations.

    Why an organisation is paused is its own affair: its pages say it, the other side's do not.
    """
    market = MarketSettings.objects.filter(pk=1, trading_paused_at__isnull=False).first()
    if market is not None:
        raise Paused(MARKET_PAUSED, reason=market.paused_reason)
    paused = Organisation.objects.filter(pk__in=organisation_ids, trading_paused_at__isnull=False)
    if party := paused.order_by("pk").first():
        raise Paused(PARTY_PAUSED, organisation=party.name)


def producer(actor: Actor) -> None:
    verified_trader(actor)
    if not actor.organisation.is_producer:
        raise NotAllowed(NO_PRODUCER)


def buyer(actor: Actor) -> None:
    verified_trader(actor)
    if not actor.organisation.is_buyer:
        raise NotAllowed(NO_BUYER)


def admin(user: User) -> None:
    if not (user.is_active and user.is_staff):
        raise NotAllowed(ADMINS_ONLY)


def impartial_admin(user: User, holder: Organisation, refusal: str = OWN_CERTIFICATE) -> None:
    """A market admin who belongs neither to the holder nor to its group."""
    admin(user)
    own = Membership.objects.filter(user=user)
    if own.filter(organisation=holder).exists():
        raise NotAllowed(refusal)
    if holder.group_id and own.filter(organisation__group=holder.group_id).exists():
        raise NotAllowed(refusal)
