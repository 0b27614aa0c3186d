"""What systems are told by webhooks, where they may be told, and when a failed call is repeated.

The messages follow the Standard Webhooks specification (standardwebhooks.com). They are thin: what
happened to which object, never a price, a limit or a name; the API says the rest to those who may
read it.
"""

import ipaddress
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from marketplace.domain.errors import FieldError, gettext_noop

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_URL = 500
NOT_HTTPS = gettext_noop("Give an address that begins with https://.")
NO_HOST = gettext_noop("Give an address with a host name, such as https://erp.example/hooks.")
HAS_LOGIN = gettext_noop("Leave the name and the password out of the address.")
TOO_LONG = gettext_noop("Give an address of up to 500 characters without spaces.")
NOT_PUBLIC = gettext_noop("This address is not on the public internet.")
NO_EVENTS = gettext_noop("Choose at least one event.")
UNKNOWN_EVENT = gettext_noop("This is not one of the known events.")

# IPv6 networks that carry an IPv4 address within: what they lead to is judged, not they.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")

# Waits after the first failed call, the second ...: 72 h in all. Then the endpoint is switched off.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=18),
    timedelta(hours=22),
)


class EventType(StrEnum):
    """What an endpoint can be told of."""

    PROPOSAL_CREATED = "proposal.created"
    PROPOSAL_ACCEPTED = "proposal.accepted"
    PROPOSAL_DECLINED = "proposal.declined"
    PROPOSAL_EXPIRED = "proposal.expired"
    PROPOSAL_WITHDRAWN = "proposal.withdrawn"
    DEAL_CREATED = "deal.created"
    DEAL_DELIVERED = "deal.delivered"
    DEAL_CANCELLED = "deal.cancelled"
    CERTIFICATE_VERIFIED = "certificate.verified"
    CERTIFICATE_SUSPENDED = "certificate.suspended"
    CERTIFICATE_REVOKED = "certificate.revoked"
    CERTIFICATE_EXPIRED = "certificate.expired"
    LOT_LISTED = "lot.listed"
    LOT_CHANGED = "lot.changed"
    LOT_PAUSED = "lot.paused"
    LOT_WITHDRAWN = "lot.withdrawn"
    REQUIREMENT_POSTED = "requirement.posted"
    REQUIREMENT_CHANGED = "requirement.changed"
    REQUIREMENT_PAUSED = "requirement.paused"
    REQUIREMENT_WITHDRAWN = "requirement.withdrawn"
    ROUND_FINISHED = "round.finished"
    TEST = "endpoint.test"


class MessageState(StrEnum):
    """Of one message to one endpoint."""

    WAITING = "WAITING"
    ARRIVED = "ARRIVED"
    GIVEN_UP = "GIVEN_UP"


# A test goes to one endpoint, when its owner asks for it.
CHOOSABLE = tuple(one for one in EventType if one is not EventType.TEST)


def wait_after(failures: int) -> timedelta | None:
    """How long to wait after so many failed calls in a row; None: it is over.

    The waits add up to 72 hours, which is 10 waits and 11 calls.
    """
    return WAITS[failures - 1] if failures <= len(WAITS) else None


def address_errors(url: str, *, inside: Sequence[Network] = ()) -> list[FieldError]:
    """What is wrong with an endpoint's address, as far as it can be read from it.

    Where a name leads is judged when it is called. ``inside``: networks of the operator's own that
    may be called all the same, and without TLS.
    """
    shown = url[:100]
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return [FieldError("url", shown, "too_long", TOO_LONG)]
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return [FieldError("url", shown, "no_host", NO_HOST)]
    if parts.username is not None or parts.password is not None:
        # Not repeated: it may hold a password.
        return [FieldError("url", "", "has_login", HAS_LOGIN)]
    literal = _literal(host)
    own = literal is not None and any(literal in network for network in inside)
    if parts.scheme != "https" and not (own and parts.scheme == "http"):
        return [FieldError("url", shown, "not_https", NOT_HTTPS)]
    if not host:
        return [FieldError("url", shown, "no_host", NO_HOST)]
    if literal is not None and not may_be_called(literal, inside=inside):
        return [FieldError("url", shown, "not_public", NOT_PUBLIC)]
    return []


def may_be_called(address: Address, *, inside: Sequence[Network] = ()) -> bool:
    """Whether an address is on the public internet, or in a network that the operator allows."""
    if any(address in network for network in inside):
        return True
    carried = _carried(address)
    if carried is not None:
        return may_be_called(carried, inside=inside)
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, by whichever scheme."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _NAT64_LOCAL or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
