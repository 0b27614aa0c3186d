"""What lots draw from certificates: guarded counters, with a posting beside each change."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from marketplace.domain.errors import Conflict, FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import thousandths
from marketplace.domain.vocabulary import CertificateState, LedgerAccount
from marketplace.models import Certificate, Lot, User
from marketplace.services import ledger, locks

TOO_FEW = gettext_noop("Certificate {number}: {left} t left.")
NOT_VERIFIED = gettext_noop("Certificate {number} is not verified any more.")


def hold(certificates: Iterable[Certificate]) -> None:
    """Lock them, and refuse those whose state changed meanwhile."""
    for one in locks.certificates(one.pk for one in certificates).values():
        if one.state != CertificateState.VERIFIED.value:
            raise Conflict(NOT_VERIFIED, number=one.number)


def draw(lot: Lot, certificate_ids: Iterable[int], kg: int, *, by: User, now: datetime) -> None:
    """Move ``kg`` from free to listed on each certificate; InvalidInput names what is left."""
    errors = []
    for pk in sorted(certificate_ids) if kg else ():
        drawn = Certificate.objects.filter(
            pk=pk,
            state=CertificateState.VERIFIED.value,
            certified_kg__gte=F("allocated_kg") + kg,
        ).update(allocated_kg=F("allocated_kg") + kg)
        if drawn:
            _post(lot, pk, LedgerAccount.FREE, LedgerAccount.LISTED, kg, by=by, now=now)
        else:
            errors.append(_too_few(Certificate.objects.get(pk=pk), kg))
    if errors:
        raise InvalidInput(errors)


def give_back(
    lot: Lot, certificate_ids: Iterable[int], kg: int, *, by: User, now: datetime
) -> None:
    """Move ``kg`` from listed back to free on each certificate; nothing for 0."""
    for pk in sorted(certificate_ids) if kg else ():
        Certificate.objects.filter(pk=pk).update(allocated_kg=F("allocated_kg") - kg)
        _post(lot, pk, LedgerAccount.LISTED, LedgerAccount.FREE, kg, by=by, now=now)


def _post(
    lot: Lot,
    certificate_id: int,
    source: LedgerAccount,
    target: LedgerAccount,
    kg: int,
    *,
    by: User,
    now: datetime,
) -> None:
    ledger.post(
        certificate_id=certificate_id,
        source=source,
        target=target,
        kg=kg,
        lot_id=lot.pk,
        by=by,
        now=now,
    )


def _too_few(certificate: Certificate, kg: int) -> FieldError:
    if certificate.state != CertificateState.VERIFIED.value:
        raise Conflict(NOT_VERIFIED, number=certificate.number)
    left = certificate.free_kg or 0
    told = thousandths(left).removesuffix(".000")
    params = {"number": certificate.number, "left": told}
    return FieldError("quantity_t", thousandths(kg), "certificate_short", TOO_FEW, params)
