"""Records and identities: hashes of deals and claims, and one accepted holder of a certificate."""

from collections import defaultdict
from collections.abc import Iterator

from marketplace.domain.names import certificate_issuer, certificate_number
from marketplace.domain.records import content_sha256
from marketplace.domain.vocabulary import CertificateState, Scheme
from marketplace.models import Certificate, Claim, Deal
from marketplace.selectors.reconciliation.difference import Difference

CHUNK = 2_000
ACCEPTED = (CertificateState.VERIFIED, CertificateState.SUSPENDED, CertificateState.REVOKED)


def differences() -> list[Difference]:
    return [*_hashes(), *_holders()]


def _hashes() -> Iterator[Difference]:
    for model in (Deal, Claim):
        rows = model.objects.order_by("pk").values_list("pk", "record", "content_sha256")
        for pk, record, kept in rows.iterator(CHUNK):
            right = content_sha256(record)
            if kept != right:
                what = model._meta.model_name or ""
                yield Difference(what, pk, "content hash of its record", kept, right)


def _holders() -> Iterator[Difference]:
    """By the rules of today, also for a certificate whose key was made by older ones."""
    held: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    rows = Certificate.objects.filter(state__in=[state.value for state in ACCEPTED])
    columns = ("pk", "organisation_id", "scheme", "issuer", "number")
    for pk, holder, scheme, issuer, number in rows.order_by("pk").values_list(*columns):
        number_key = certificate_number(number, Scheme(scheme))
        identity = (scheme, certificate_issuer(issuer), number_key)
        held[identity].append((pk, holder))
    for (_first, owner), *others in held.values():
        for pk, holder in others:
            if holder != owner:
                words = (f"organisation {holder}", f"organisation {owner}")
                yield Difference("certificate", pk, "one accepted holder", *words)
