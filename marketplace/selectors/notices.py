"""What an event reads like, on the site and in e-mails: one sentence, made when it is read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.domain import instants
from marketplace.domain.vocabulary import CertificateState, Event, ProposalState
from marketplace.models import Notification, choices

Words = Mapping[str, str | Promise]

# What each event's ``params`` may hold; anything else is not stored. All are texts: ``tonnes``
# as pages write them ("1,450.125"), ``other`` the other side's name, ``until`` ISO 8601,
# ``product``, ``how``, ``state`` and ``what`` codes, ``why`` a marked message or somebody's words.
PARAMS: Mapping[Event, frozenset[str]] = {
    Event.PROPOSAL_OPENED: frozenset({"tonnes", "product", "other", "until"}),
    Event.APPROVAL_ASKED: frozenset({"who", "tonnes", "until"}),
    Event.PROPOSAL_ACCEPTED: frozenset({"tonnes", "other"}),
    Event.PROPOSAL_ENDED: frozenset({"tonnes", "other", "how"}),
    Event.MESSAGE_WRITTEN: frozenset({"other"}),
    Event.LISTING_PAUSED: frozenset({"listing"}),
    Event.DEAL_CONCLUDED: frozenset({"number", "tonnes", "other"}),
    Event.DEAL_DELIVERED: frozenset({"number", "tonnes"}),
    Event.DEAL_FLAGGED: frozenset({"number", "why"}),
    Event.DEAL_CLEARED: frozenset({"number", "why"}),
    Event.DEAL_CANCELLED: frozenset({"number", "why"}),
    Event.CANCELLATION_ASKED: frozenset({"number", "why"}),
    Event.CLAIM_RETIRED: frozenset({"number", "tonnes"}),
    Event.CERTIFICATE_DECIDED: frozenset({"certificate", "state", "why"}),
    Event.CERTIFICATE_EXPIRED: frozenset({"certificate"}),
    Event.ORGANISATION_DECIDED: frozenset({"what", "why"}),
    Event.MARKET_PAUSED: frozenset({"what", "why"}),
    Event.LOTS_FOUND: frozenset({"name", "count"}),
    Event.WEBHOOK_OFF: frozenset({"address", "why"}),
}
SENTENCES: Words = {
    Event.PROPOSAL_OPENED: _(
        "A proposal over {tonnes} t {product} with {other} waits for your answer until {until}."
    ),
    Event.APPROVAL_ASKED: _(
        "{who} accepted {tonnes} t; a second person of your organisation has to as well, "
        "until {until}."
    ),
    Event.PROPOSAL_ACCEPTED: _("{other} accepted the proposal over {tonnes} t."),
    Event.PROPOSAL_ENDED: _("The proposal over {tonnes} t with {other} ended: {how}."),
    Event.MESSAGE_WRITTEN: _("{other} wrote you a message."),
    Event.LISTING_PAUSED: _(
        "Matching of {listing} is paused: its proposals expired unanswered several times in a row."
    ),
    Event.DEAL_CONCLUDED: _("Deal {number} over {tonnes} t with {other} is concluded."),
    Event.DEAL_DELIVERED: _("Deal {number} is delivered: {tonnes} t shipped."),
    Event.DEAL_FLAGGED: _("Something speaks against deal {number}."),
    Event.DEAL_CLEARED: _("What spoke against deal {number} is cleared up."),
    Event.DEAL_CANCELLED: _("Deal {number} is cancelled."),
    Event.CANCELLATION_ASKED: _("The other side asks to cancel deal {number}."),
    Event.CLAIM_RETIRED: _("The buyer retired the claim on {tonnes} t of deal {number}."),
    Event.CERTIFICATE_DECIDED: _("Certificate {certificate}: {state}."),
    Event.CERTIFICATE_EXPIRED: _("Certificate {certificate} has expired and backs no new match."),
    Event.ORGANISATION_DECIDED: _("{what}."),
    Event.MARKET_PAUSED: _("{what}."),
    Event.LOTS_FOUND: _("New open lots for your search “{name}”: {count}."),
    Event.WEBHOOK_OFF: _("The webhook endpoint {address} is switched off."),
}
# The same with a reason, where one is given.
WITH_REASON: Words = {
    Event.DEAL_FLAGGED: _("Something speaks against deal {number}: {why}."),
    Event.DEAL_CLEARED: _("What spoke against deal {number} is cleared up: {why}."),
    Event.DEAL_CANCELLED: _("Deal {number} is cancelled: {why}."),
    Event.CANCELLATION_ASKED: _("The other side asks to cancel deal {number}: {why}."),
    Event.CERTIFICATE_DECIDED: _("Certificate {certificate}: {state}. Reason: {why}."),
    Event.WEBHOOK_OFF: _("The webhook endpoint {address} is switched off: {why}."),
    Event.ORGANISATION_DECIDED: _("{what}. Reason: {why}."),
    Event.MARKET_PAUSED: _("{what}. Reason: {why}."),
}
CODES: Mapping[str, Words] = {
    "product": dict(choices.PRODUCT_FORMS),
    "how": {
        ProposalState.DECLINED: _("declined"),
        ProposalState.EXPIRED: _("no answer in time"),
        ProposalState.WITHDRAWN: _("withdrawn, because something it rests on changed"),
    },
    "state": {
        CertificateState.PENDING: _("waits for verification"),
        CertificateState.VERIFIED: _("verified"),
        CertificateState.REFUSED: _("refused"),
        CertificateState.SUSPENDED: _("suspended"),
        CertificateState.REVOKED: _("revoked"),
    },
    "what": {
        "VERIFIED": _("Your organisation is verified; the market is open to it"),
        "SUSPENDED": _("Your organisation is suspended"),
        "REINSTATED": _("The suspension of your organisation is lifted"),
        "MATCHING_PAUSED": _("Matching is paused"),
        "MATCHING_RESUMED": _("Matching goes on"),
        "TRADING_PAUSED": _("Trading is paused"),
        "TRADING_RESUMED": _("Trading goes on"),
    },
}
LABELS: Words = dict(choices.EVENTS)


def sentence(notice: Notification) -> str:
    """The event in one line, in the language of who reads; its general label if a word lacks."""
    params = {name: _word(name, value) for name, value in notice.params.items()}
    reasoned = WITH_REASON.get(notice.event) if params.get("why") else None
    template = str(reasoned or SENTENCES.get(notice.event, ""))
    try:
        return template.format(**params) or label(notice.event)
    except (KeyError, IndexError, ValueError):
        return label(notice.event)


def label(event: str) -> str:
    """What kind of thing happened: no names, no numbers."""
    return str(LABELS.get(event, event))


def _word(name: str, value: Any) -> str:
    """One line of text; codes in words, instants in the reader's zone, no full stop at its end."""
    text = " ".join(str(value).split())
    if name == "until":
        return _instant(text)
    if name == "why" and text:
        return gettext(text).removesuffix(".").removesuffix("。")
    return str(CODES.get(name, {}).get(text, text))


def _instant(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return instants.written(timezone.localtime(moment)) if moment.tzinfo else text
