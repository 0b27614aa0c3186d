"""Row locks, in one order: lots, requirements, proposals, certificates; each by primary key.

FOR NO KEY UPDATE, so that a foreign key to a locked row can still be written.
"""

from collections.abc import Iterable

from marketplace.models import Certificate, Lot, Proposal, Requirement


def lots(pks: Iterable[int]) -> dict[int, Lot]:
    rows = Lot.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def requirements(pks: Iterable[int]) -> dict[int, Requirement]:
    rows = Requirement.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def proposals(pks: Iterable[int]) -> dict[int, Proposal]:
    rows = Proposal.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def certificates(pks: Iterable[int]) -> dict[int, Certificate]:
    rows = Certificate.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}
