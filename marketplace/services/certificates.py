"""Certificates: entered by their holder, decided by an admin who belongs to nobody concerned."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from marketplace.domain.certificates import parse_certificate
from marketplace.domain.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    gettext_noop,
)
from marketplace.domain.vocabulary import CertificateState, LedgerAccount
from marketplace.models import Certificate, LotCertificate, Site, User
from marketplace.models.actors import Actor
from marketplace.services import (
    authority,
    closing,
    deals,
    documents,
    ledger,
    locks,
    outbox,
    reading,
)
from marketplace.services.closing import Step
from marketplace.services.constraints import one_transaction

WRONG_STATE = gettext_noop("The certificate's state does not allow this.")
NO_SITE = gettext_noop("You have no such site.")
LINKED_MEANWHILE = gettext_noop("A lot was listed against it at this moment. Please repeat.")

State = CertificateState


@one_transaction
def submit(
    *, by: Actor, raw: Mapping[str, object], document: Any = None, now: datetime
) -> Certificate:
    """Enter a certificate; it waits for an admin. ``document``: a file-like object, or None."""
    authority.trader(by)
    terms = parse_certificate(raw)
    certificate = Certificate(
        organisation=by.organisation,
        site=own_site(by, raw.get("site")),
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


def own_site(by: Actor, value: object) -> Site | None:
    """The named site of the own organisation, or None for an empty value."""
    text = str(value or "").strip()
    if not text:
        return None
    try:
        found = Site.objects.filter(organisation=by.organisation, public_id=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput([FieldError("site", text[:100], "unknown", NO_SITE)])
    return found


@one_transaction
def verify(*, public_id: UUID, by: User, now: datetime) -> Certificate:
    """Accept a waiting certificate (its tonnes become free), or lift a suspension."""
    certificate = _locked(public_id, by)
    if certificate.state not in (State.PENDING, State.SUSPENDED):
        raise Conflict(WRONG_STATE)
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
    lot_ids = _linked(found)
    locks.lots(lot_ids)
    open_ones = closing.lock_open(Q(lot__in=lot_ids))
    certificate = locks.certificates([found.pk])[found.pk]
    if certificate.state not in allowed:
        raise Conflict(WRONG_STATE)
    if set(_linked(found)) != set(lot_ids):
        raise Conflict(LINKED_MEANWHILE)
    _decide(certificate, state, by, reason, now)
    closing.withdraw_all(open_ones, Step("withdrawn", now, by, reason=reason))
    deals.flag(lot_ids=lot_ids, reason=reason, now=now)
    outbox.request_round(now=now)
    return certificate


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
    changed = Certificate.objects.filter(pk=certificate.pk, version=certificate.version).update(
        state=state.value,
        state_reason=reason,
        decided_by=by,
        decided_at=now,
        version=F("version") + 1,
    )
    if not changed:
        raise Conflict
    certificate.refresh_from_db()
