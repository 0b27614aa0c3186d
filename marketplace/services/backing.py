"""What lots draw from certificates: guarded counters, with a posting beside each change."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from marketplace.domain.errors import Conflict, FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import thousandths
from marketplace.domain.vocabulary import CertificateState, LedgerAccount
from marketplace.models import Certificate, Lot, User
from marketplace.services import ledger, locks

TOO_FEW = gettext_noop("Certificate {number}: {left} t left.")
NOT_VERIFIED = gettext_noop("Certificate {number} is not verified any more.")


@dataclass(frozen=True)
class _Draw:
    lot: Lot
    certificate_id: int
    kg: int
    by: User
    now: datetime


class TooFew(Exception):
    """A certificate has less left than several lots draw together."""


_together: ContextVar[list[_Draw] | None] = ContextVar("together", default=None)


@contextmanager
def together() -> Iterator[None]:
    """What many lots draw within is taken from each certificate once, at the end.

    PostgreSQL finds a row through all its versions of a transaction: n draws one by one take n x n
    time. TooFew when there is not enough for all: roll back, and draw one by one to see for whom.
    """
    draws: list[_Draw] = []
    token = _together.set(draws)
    try:
        yield
    finally:
        _together.reset(token)
    sums: Counter[int] = Counter()
    for one in draws:
        sums[one.certificate_id] += one.kg
    if not all(_taken(pk, sums[pk]) for pk in sorted(sums)):
        raise TooFew
    for one in draws:
        _post(
            one.lot, one.certificate_id, LedgerAccount.FREE, LedgerAccount.LISTED, one.kg,
            by=one.by, now=one.now,
        )  # fmt: skip


@contextmanager
def undone_on_failure() -> Iterator[None]:
    """What a lot that fails would have drawn ``together`` with others is forgotten with it."""
    draws = _together.get()
    before = len(draws or ())
    try:
        yield
    except BaseException:
        if draws is not None:
            del draws[before:]
        raise


def hold(certificates: Iterable[Certificate]) -> None:
    """Lock them, and refuse those whose state changed meanwhile."""
    for one in locks.certificates(one.pk for one in certificates).values():
        if one.state != CertificateState.VERIFIED.value:
            raise Conflict(NOT_VERIFIED, number=one.number)


def draw(lot: Lot, certificate_ids: Iterable[int], kg: int, *, by: User, now: datetime) -> None:
    """Move ``kg`` from free to listed on each certificate; InvalidInput names what is left."""
    errors, draws = [], _together.get()
    for pk in sorted(certificate_ids) if kg else ():
        if draws is not None:
            draws.append(_Draw(lot, pk, kg, by, now))
        elif _taken(pk, kg):
            _post(lot, pk, LedgerAccount.FREE, LedgerAccount.LISTED, kg, by=by, now=now)
        else:
            errors.append(_too_few(Certificate.objects.get(pk=pk), kg))
    if errors:
        raise InvalidInput(errors)


def _taken(certificate_id: int, kg: int) -> bool:
    """The guard: nothing is taken beyond what is certified, nor of what is not verified."""
    enough = Certificate.objects.filter(
        pk=certificate_id,
        state=CertificateState.VERIFIED.value,
        certified_kg__gte=F("allocated_kg") + kg,
    )
    return bool(enough.update(allocated_kg=F("allocated_kg") + kg))


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
