"""The chain over the audit rows, and what an owner of the database cannot do unseen. C13."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from marketplace.domain.chain import Head
from marketplace.models import AuditLink, LedgerPosting, Requirement
from marketplace.selectors import audit
from marketplace.selectors.audit import rows
from marketplace.services import chain, requirements
from tests.factories.deals import Pair
from tests.figures import attack

pytestmark = [pytest.mark.django_db(transaction=True), attack("C13")]
EVENTS = "marketplace_requirementevent"
Owner = Callable[[str], None]


@pytest.fixture
def pair() -> Pair:
    """A deal, so that something stands in most tables, all of it linked."""
    made = Pair(timezone.now())
    made.deal()
    assert chain.link_new(now=timezone.now()) > 20
    return made


def broken() -> list[tuple[str, str]]:
    return [(one.table, one.what) for one in audit.report().broken]


def tamper(as_owner: Owner, table: str, statement: str) -> None:
    """As somebody who owns the tables, and knows of the triggers."""
    as_owner(
        f"ALTER TABLE {table} DISABLE TRIGGER USER; {statement}; "
        f"ALTER TABLE {table} ENABLE TRIGGER USER"
    )


def test_every_row_is_linked_once_and_the_chain_holds(pair: Pair) -> None:
    linked = set(AuditLink.objects.values_list("shape__table", "row"))
    assert len(linked) == AuditLink.objects.count() == audit.head().number
    postings = {row for table, row in linked if table == LedgerPosting._meta.db_table}
    assert postings == set(LedgerPosting.objects.values_list("pk", flat=True))
    assert chain.link_new(now=timezone.now()) == 0
    before = audit.head()
    pair.requirement()
    assert chain.link_new(now=timezone.now()) > 0
    assert broken() == []
    assert audit.report(before).broken == ()


def test_it_goes_on_in_parts(pair: Pair) -> None:
    for _ in range(3):
        pair.requirement()
    parts = [chain.link_new(now=timezone.now(), most=1) for _ in range(4)]
    assert parts[0] >= 1
    assert parts[3] == 0
    assert broken() == []


def test_a_changed_row_is_named_and_those_after_it_are_not(pair: Pair, as_owner: Owner) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MIN(pgh_id) FROM {EVENTS}")
        (first,) = cursor.fetchone()
    tamper(as_owner, EVENTS, f"UPDATE {EVENTS} SET max_premium = 1 WHERE pgh_id = {first}")
    (found,) = audit.report().broken
    assert (found.table, found.row, found.what) == (EVENTS, first, "is not what it was")
    with pytest.raises(CommandError, match=f"the first: link .* {EVENTS} {first}: is not what"):
        call_command("check_audit")


def test_who_did_it_is_a_part_of_the_row(pair: Pair, as_owner: Owner) -> None:
    as_owner(
        "INSERT INTO pghistory_context (id, created_at, updated_at, metadata)"
        " VALUES ('11111111-1111-1111-1111-111111111111', now(), now(), '{\"user\": 1}')"
    )
    context = "'11111111-1111-1111-1111-111111111111'"
    wanted = Requirement.objects.get()
    requirements.withdraw(
        by=pair.buyer.actor, public_id=pair.requirement().public_id, version=None, now=pair.now
    )
    tamper(as_owner, EVENTS, f"UPDATE {EVENTS} SET pgh_context_id = {context} WHERE pgh_obj_id = "
           f"{wanted.pk + 1}")  # fmt: skip
    chain.link_new(now=timezone.now())
    assert broken() == []
    as_owner(f"UPDATE pghistory_context SET metadata = '{{\"user\": 2}}' WHERE id = {context}")
    assert {what for _table, what in broken()} == {"is not what it was"}


def test_a_removed_row_is_named(pair: Pair, as_owner: Owner) -> None:
    table = LedgerPosting._meta.db_table
    last = LedgerPosting.objects.latest("pk").pk
    tamper(as_owner, table, f"DELETE FROM {table} WHERE id = {last}")
    assert broken() == [(table, "is gone")]


def test_a_removed_link_leaves_a_gap(pair: Pair, as_owner: Owner) -> None:
    as_owner("DELETE FROM marketplace_auditlink WHERE number = 3")
    (found,) = audit.report().broken
    assert (found.number, found.what) == (4, "a link before it is gone")


def test_a_row_put_in_behind_the_chain_is_named(
    pair: Pair, as_owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "REACH", 0)
    table = LedgerPosting._meta.db_table
    as_owner(
        f"INSERT INTO {table} (id, certificate_id, source, target, kg, posted_at)"
        f" SELECT 0, certificate_id, source, target, kg, posted_at FROM {table} LIMIT 1"
    )
    assert chain.link_new(now=timezone.now()) == 0
    assert broken() == [(table, "was put in behind the chain")]


def test_a_chain_made_anew_does_not_hold_the_head_that_was_noted(
    pair: Pair, as_owner: Owner
) -> None:
    noted = audit.head()
    tamper(as_owner, EVENTS, f"UPDATE {EVENTS} SET max_premium = 1")
    as_owner("TRUNCATE marketplace_auditlink")
    chain.link_new(now=timezone.now())
    assert broken() == [], "whoever owns the tables can do so"
    (found,) = audit.report(noted).broken
    assert found.what == "the chain does not hold this head any more"
    with pytest.raises(CommandError):
        call_command("check_audit", "--expect", str(noted))


def test_a_column_of_a_later_version_changes_no_link(pair: Pair, as_owner: Owner) -> None:
    as_owner(f"ALTER TABLE {EVENTS} ADD COLUMN later integer NOT NULL DEFAULT 7")
    try:
        assert broken() == []
    finally:
        as_owner(f"ALTER TABLE {EVENTS} DROP COLUMN later")


def test_a_column_that_went_is_said(pair: Pair, as_owner: Owner) -> None:
    as_owner("ALTER TABLE marketplace_proposalstep RENAME COLUMN side TO party")
    try:
        assert {what for _table, what in broken()} == {"cannot be checked without its columns side"}
    finally:
        as_owner("ALTER TABLE marketplace_proposalstep RENAME COLUMN party TO side")


def test_the_command_tells_the_head(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_audit")
    told = capsys.readouterr().out
    assert f"Head {audit.head()}" in told
    call_command("check_audit", "--expect", str(Head()))
    with pytest.raises(CommandError, match="NUMBER:SHA256"):
        call_command("check_audit", "--expect", "yesterday")
