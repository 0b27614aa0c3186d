"""The certificates that imported lots name: found by scheme and number, counted over many rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from marketplace.domain import imports
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import thousandths
from marketplace.domain.names import certificate_number
from marketplace.domain.terms import CertificateRef
from marketplace.domain.vocabulary import CertificateState, Scheme
from marketplace.models import Certificate, Lot
from marketplace.models.actors import Actor
from marketplace.selectors import certificates

NO_SUCH = gettext_noop("Your organisation has no such certificate.")
SEVERAL = gettext_noop("Two of your certificates have this number: use the form for this lot.")
TOO_FEW = gettext_noop("Certificate {number}: {left} t left after the rows above.")


class Papers:
    """The own certificates that were not refused."""

    def __init__(self, by: Actor) -> None:
        self.by = by
        self._taken: Counter[int] = Counter()
        self._found: dict[tuple[str, str], list[Certificate]] = defaultdict(list)
        self._whole: dict[int, Certificate] = {}
        entered = certificates.own(by).exclude(state=CertificateState.REFUSED.value)
        for one in entered.order_by("pk"):
            key = certificate_number(one.number, Scheme(one.scheme))
            self._found[one.scheme, key].append(one)
            self._whole[one.pk] = one

    def named(
        self, cells: Mapping[str, str], stored: Lot | None, errors: list[FieldError]
    ) -> list[Certificate]:
        """Those of the column, each once; what is none of them joins ``errors``."""
        papers, wrong = imports.certificate_refs(cells.get("certificates", ""))
        errors += wrong
        links = stored.certificate_links.all() if stored else ()
        linked = {link.certificate_id for link in links}
        found: dict[int, Certificate] = {}
        for paper in papers:
            several = self._of(paper, linked)
            if len(several) == 1:
                found[several[0].pk] = several[0]
                continue
            words = ("several", SEVERAL) if several else ("not_own", NO_SUCH)
            value = f"{paper.scheme.value}:{paper.number}"[:100]
            errors.append(FieldError("certificates", value, *words))
        return list(found.values())

    def _of(self, paper: CertificateRef, linked: set[int]) -> list[Certificate]:
        """Of several issuers with one number: what the lot shows already, else a verified one."""
        key = certificate_number(paper.number, paper.scheme)
        found = self._found.get((paper.scheme.value, key), [])
        shown = [one for one in found if one.pk in linked]
        verified = [one for one in found if one.state == CertificateState.VERIFIED.value]
        return next((some for some in (shown, verified) if len(some) == 1), found)

    def produced(
        self, papers: Sequence[Certificate], stored: Lot | None
    ) -> tuple[date | str, date | str]:
        """When the metal was made, which the file has no column for: as stored while the
        certificates over tonnes stay, else the time that all of these cover.
        """
        drawn = [one for one in papers if one.certified_kg is not None]
        if stored is not None:
            links = stored.certificate_links.all()
            before = {link.certificate_id for link in links if link.draws_tonnes}
            if before == {one.pk for one in drawn}:
                return stored.produced_from, stored.produced_to
        if not drawn:
            return "", ""
        return max(one.valid_from for one in drawn), min(one.valid_to for one in drawn)

    def drawn(self) -> dict[int, int]:
        """Certificate -> kilograms that lots draw from it."""
        own = Certificate.objects.filter(organisation=self.by.organisation)
        return dict(own.filter(certified_kg__isnull=False).values_list("pk", "allocated_kg"))

    def take(self, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Count what one row draws. InvalidInput when the rows above it left too little."""
        drawn = {pk: kg - before.get(pk, 0) for pk, kg in after.items() if kg != before.get(pk, 0)}
        errors = []
        for pk, kg in drawn.items():
            paper = self._whole[pk]
            left = (paper.certified_kg or 0) - before.get(pk, 0) - self._taken[pk]
            if kg > left:
                told = thousandths(max(left, 0)).removesuffix(".000")
                params = {"number": paper.number, "left": told}
                short = ("certificate_short", TOO_FEW, params)
                errors.append(FieldError("quantity_t", thousandths(kg), *short))
        if errors:
            raise InvalidInput(errors)
        self._taken.update(drawn)
