"""Certificates: entered by their holder, decided by an admin who belongs to nobody concerned."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from marketplace.domain.certificates import parse_certificate
from marketplace.domain.errors import Conflict, NotFound, gettext_noop
from marketplace.domain.vocabulary import CertificateState, Event, LedgerAccount
from marketplace.domain.webhooks import EventType
from marketplace.models import Certificate, Lot, LotCertificate, Proposal, User
from marketplace.models.actors import Actor
from marketplace.selectors.finding import one_of
from marketplace.services import (
    authority,
    closing,
    deals,
    documents,
    events,
    ledger,
    locks,
    market,
    notifications,
    outbox,
    reading,
    settling,
    sites,
)
from marketplace.services.closing import Step
from marketplace.services.constraints import one_transaction

logger = logging.getLogger(__name__)

BATCH = 200
EXPIRED = gettext_noop("A certificate behind it has expired.")
WRONG_STATE = gettext_noop("The certificate's state does not allow this.")
LINKED_MEANWHILE = gettext_noop("A lot was listed against it at this moment. Please repeat.")
HAS_DOCUMENT = gettext_noop("It has a document already, and that one stays.")
ANOTHER = gettext_noop("You verified it already: a second admin has to as well.")
State = CertificateState
DECIDED = {
    State.VERIFIED: EventType.CERTIFICATE_VERIFIED,
    State.SUSPENDED: EventType.CERTIFICATE_SUSPENDED,
    State.REVOKED: EventType.CERTIFICATE_REVOKED,
}


@one_transaction
def submit(
    *, by: Actor, raw: Mapping[str, object], document: Any = None, now: datetime
) -> Certificate:
    """Enter a certificate; it waits for an admin. ``document``: a file-like object, or None."""
    authority.trader(by)
    terms = parse_certificate(raw)
    certificate = Certificate(
        organisation=by.organisation,
        site=sites.named(by, raw.get("site")),
        scheme=terms.scheme.value,
        issuer=terms.issuer,
        number=terms.number,
        issuer_key=terms.issuer_key,
        number_key=terms.number_key,
        certified_kg=terms.certified_kg,
        boundary=terms.boundary.value if terms.boundary else "",
        ci_milli=terms.ci_milli,
        valid_from=terms.valid_from,
        valid_to=terms.valid_to,
    )
    # First the row, which may be refused as a duplicate: then no file is left behind.
    certificate.save()
    if document is not None:
        documents.attach(certificate, document)
        certificate.save()
    return certificate


@one_transaction
def add_document(*, by: Actor, public_id: UUID, document: Any, now: datetime) -> Certificate:
    """Add the paper to an own waiting certificate that has none: once, so that what an admin
    looked at is what was verified. The same file again changes nothing.
    """
    authority.trader(by)
    found = one_of(Certificate.objects.filter(organisation=by.organisation), public_id)
    paper = documents.read(document, "document")
    certificate = locks.certificates([found.pk])[found.pk]
    if certificate.document_sha256 == paper.sha256:
        return certificate
    if certificate.document:
        raise Conflict(HAS_DOCUMENT)
    if certificate.state != State.PENDING:
        raise Conflict(WRONG_STATE)
    documents.attach_paper(certificate, paper)
    certificate.version += 1
    certificate.save()
    return certificate


@one_transaction
def verify(*, public_id: UUID, by: User, now: datetime) -> Certificate:
    """Accept a waiting certificate (its tonnes become free), or lift a suspension.

    Where two have to, the first one's word only waits for the second person's.
    """
    certificate = _locked(public_id, by)
    if certificate.state not in (State.PENDING, State.SUSPENDED):
        raise Conflict(WRONG_STATE)
    if _waits_for_second(certificate, by, now):
        return certificate
    issued = certificate.state == State.PENDING
    _decide(certificate, State.VERIFIED, by, "", now)
    if issued and certificate.certified_kg:
        ledger.post(
            certificate_id=certificate.pk,
            source=LedgerAccount.ISSUED,
            target=LedgerAccount.FREE,
            kg=certificate.certified_kg,
            by=by,
            now=now,
        )
    outbox.request_round(now=now)
    return certificate


def _waits_for_second(certificate: Certificate, by: User, now: datetime) -> bool:
    """Keep the first word of two. Under the certificate's lock."""
    if not market.settings().two_verify:
        # A first word from when two had to is nobody's second.
        certificate.first_verified_by, certificate.first_verified_at = None, None
        return False
    if certificate.first_verified_by_id is None:
        certificate.first_verified_by, certificate.first_verified_at = by, now
        certificate.save(update_fields=["first_verified_by", "first_verified_at"])
        return True
    if certificate.first_verified_by_id == by.pk:
        raise Conflict(ANOTHER)
    return False


@one_transaction
def refuse(*, public_id: UUID, by: User, reason: str, now: datetime) -> Certificate:
    certificate = _locked(public_id, by)
    if certificate.state != State.PENDING:
        raise Conflict(WRONG_STATE)
    _decide(certificate, State.REFUSED, by, reading.reason(reason), now)
    return certificate


@one_transaction
def suspend(*, public_id: UUID, by: User, reason: str, now: datetime) -> Certificate:
    """Withdraws open proposals on it and flags its deals; verifying it again lifts this."""
    return _stop(public_id, by, State.SUSPENDED, (State.VERIFIED,), reason, now)


@one_transaction
def revoke(*, public_id: UUID, by: User, reason: str, now: datetime) -> Certificate:
    """For good: withdraws open proposals on it and flags its deals, in the same transaction."""
    return _stop(public_id, by, State.REVOKED, (State.VERIFIED, State.SUSPENDED), reason, now)


def expire_due(*, now: datetime) -> int:
    """Draw the consequences of each expiry, once, each in a transaction of its own; how many."""
    due = Certificate.objects.filter(
        state=State.VERIFIED.value, valid_to__lt=now.date(), expiry_handled_at__isnull=True
    )
    handled = 0
    for pk in due.order_by("valid_to", "pk").values_list("pk", flat=True)[:BATCH]:
        try:
            handled += _expire(pk, now)
        except Conflict:
            logger.warning("certificate %s: its lots changed meanwhile; the next sweep asks", pk)
    return handled


@one_transaction
def _expire(pk: int, now: datetime) -> int:
    """As a suspension, but decided by the date: its state stays, and its holder is told."""
    found = Certificate.objects.get(pk=pk)
    certificate, open_ones = _locked_with_lots(found, EXPIRED, now)
    changed = Certificate.objects.filter(
        pk=pk,
        state=State.VERIFIED.value,
        valid_to__lt=now.date(),
        expiry_handled_at__isnull=True,
    ).update(expiry_handled_at=now)
    if not changed:
        # Somebody else was faster, or decided otherwise: what was flagged here is undone as well.
        raise Conflict
    settling.withdraw_all(open_ones, Step("withdrawn", now, reason=EXPIRED))
    _tell(certificate, Event.CERTIFICATE_EXPIRED, now)
    events.record([events.of_certificate(certificate, EventType.CERTIFICATE_EXPIRED)], now=now)
    outbox.request_round(now=now)
    return 1


def _stop(
    public_id: UUID,
    by: User,
    state: State,
    allowed: tuple[State, ...],
    reason: str,
    now: datetime,
) -> Certificate:
    reason = reading.reason(reason)
    found = _found(public_id)
    authority.impartial_admin(by, found.organisation)
    certificate, open_ones = _locked_with_lots(found, reason, now)
    if certificate.state not in allowed:
        raise Conflict(WRONG_STATE)
    _decide(certificate, state, by, reason, now)
    # After the decision: no bundle goes on with a lot that rests on it.
    settling.withdraw_all(open_ones, Step("withdrawn", now, by, reason=reason))
    outbox.request_round(now=now)
    return certificate


def _locked_with_lots(
    found: Certificate, flag_reason: str, now: datetime
) -> tuple[Certificate, list[Proposal]]:
    """The certificate and the open proposals on its lots, under lock; its deals are flagged."""
    lot_ids = _linked(found)
    open_ones = closing.lock_open(Q(lot__in=lot_ids), lots=lot_ids)
    deals.flag(lot_ids=lot_ids, reason=flag_reason, now=now)
    # A round at work may have counted on it, as evidence too: what it matched of these is dropped.
    Lot.objects.filter(pk__in=lot_ids).update(version=F("version") + 1)
    certificate = locks.certificates([found.pk])[found.pk]
    if set(_linked(found)) != set(lot_ids):
        raise Conflict(LINKED_MEANWHILE)
    return certificate, open_ones


def _linked(certificate: Certificate) -> list[int]:
    links = LotCertificate.objects.filter(certificate=certificate).order_by("lot_id")
    return list(links.values_list("lot_id", flat=True))


def _found(public_id: UUID) -> Certificate:
    found = Certificate.objects.select_related("organisation").filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def _locked(public_id: UUID, by: User) -> Certificate:
    found = _found(public_id)
    authority.impartial_admin(by, found.organisation)
    return locks.certificates([found.pk])[found.pk]


def _decide(certificate: Certificate, state: State, by: User, reason: str, now: datetime) -> None:
    if state is not State.VERIFIED:
        # Whatever was said for it before is to be said again.
        certificate.first_verified_by, certificate.first_verified_at = None, None
    changed = Certificate.objects.filter(pk=certificate.pk, version=certificate.version).update(
        state=state.value,
        first_verified_by=certificate.first_verified_by,
        first_verified_at=certificate.first_verified_at,
        state_reason=reason,
        decided_by=by,
        decided_at=now,
        version=F("version") + 1,
    )
    if not changed:
        raise Conflict
    certificate.refresh_from_db()
    _tell(certificate, Event.CERTIFICATE_DECIDED, now, state=state.value, why=reason)
    if state in DECIDED:
        events.record([events.of_certificate(certificate, DECIDED[state])], now=now)


def _tell(certificate: Certificate, event: Event, now: datetime, **params: str) -> None:
    """Its holder; the other side of its proposals and deals is told of those."""
    notifications.tell(
        organisations=[certificate.organisation_id],
        event=event,
        key=f"{event.value.lower()}:{certificate.pk}:{certificate.version}",
        params={"certificate": certificate.number, **params},
        path=f"/certificates/{certificate.public_id}",
        now=now,
    )
