"""Certificates against the newest list of their body: what differs and is not settled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from marketplace.domain import bodies
from marketplace.domain.bodies import Certified, Differs
from marketplace.domain.names import certificate_number, comparable
from marketplace.domain.vocabulary import CertificateState, Scheme
from marketplace.models import BodyEntry, BodyList, Certificate, SettledDifference

CHECKED = (CertificateState.PENDING.value, CertificateState.VERIFIED.value)


@dataclass(frozen=True)
class Difference:
    """``entry`` None: the list does not have the certificate."""

    certificate: Certificate
    list: BodyList
    kind: Differs
    entry: BodyEntry | None


def newest_lists() -> list[BodyList]:
    """Of each scheme and issuer."""
    rows = BodyList.objects.order_by("scheme", "issuer_key", "-as_of", "-pk")
    return list(rows.distinct("scheme", "issuer_key"))


def differences() -> list[Difference]:
    """Of pending and verified certificates whose body published a list; unsettled ones only."""
    found = [one for newest in newest_lists() for one in _against(newest)]
    settled = set(
        SettledDifference.objects.filter(list__in={one.list for one in found}).values_list(
            "list", "certificate", "difference"
        )
    )
    return [
        one for one in found if (one.list.pk, one.certificate.pk, one.kind.value) not in settled
    ]


def _against(newest: BodyList) -> Iterator[Difference]:
    entries = {one.number_key: one for one in newest.entries.all()}
    rows = Certificate.objects.filter(
        scheme=newest.scheme, issuer_key=newest.issuer_key, state__in=CHECKED
    )
    for certificate in rows.select_related("organisation", "site").order_by("pk"):
        # By today's rule, as entries are: a stored key may be of an older one.
        key = certificate_number(certificate.number, Scheme(certificate.scheme))
        entry = entries.get(key)
        for kind in bodies.differences(_entered(certificate, key), _listed(entry)):
            yield Difference(certificate, newest, kind, entry)


def _entered(certificate: Certificate, key: str) -> Certified:
    """Bodies certify smelters: the holder's name or its site's."""
    names: Iterable[str] = [certificate.organisation.name]
    if certificate.site is not None:
        names = [*names, certificate.site.name]
    return Certified(
        key,
        frozenset(map(comparable, names)),
        certificate.certified_kg,
        certificate.valid_from,
        certificate.valid_to,
    )


def _listed(entry: BodyEntry | None) -> Certified | None:
    if entry is None:
        return None
    return Certified(
        entry.number_key,
        frozenset({comparable(entry.holder)}),
        entry.certified_kg,
        entry.valid_from,
        entry.valid_to,
    )
