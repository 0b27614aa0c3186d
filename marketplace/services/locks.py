"""Row locks, in one order, each by key: organisations, lots, requirements, proposals, deals,
certificates.

FOR NO KEY UPDATE, so that a foreign key to a locked row can still be written.
"""

from collections.abc import Iterable

from django.db import connection

from marketplace.models import Certificate, Deal, Lot, Organisation, Proposal, Requirement


def organisations(pks: Iterable[int]) -> dict[int, Organisation]:
    """Who decides about them holds these; see ``hold_organisations`` for who relies on them."""
    rows = Organisation.objects.select_for_update(no_key=True, of=("self",))
    return {row.pk: row for row in rows.filter(pk__in=set(pks)).order_by("pk")}


def hold_organisations(pks: Iterable[int]) -> None:
    """FOR SHARE: nobody suspends or pauses them until this transaction has ended.

    Those who only rely on them do not wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM marketplace_organisation WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [sorted(set(pks))],
        )


def lots(pks: Iterable[int]) -> dict[int, Lot]:
    rows = Lot.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def requirements(pks: Iterable[int]) -> dict[int, Requirement]:
    rows = Requirement.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def proposals(pks: Iterable[int]) -> dict[int, Proposal]:
    rows = Proposal.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def deals(pks: Iterable[int]) -> dict[int, Deal]:
    rows = Deal.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def certificates(pks: Iterable[int]) -> dict[int, Certificate]:
    rows = Certificate.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}
