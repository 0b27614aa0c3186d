"""A person who is erased is nowhere in the database any more; what was done stays."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg2 import sql

from marketplace.domain.errors import Conflict, NotAllowed, NotFound
from marketplace.domain.vocabulary import Role
from marketplace.models import Deal, LedgerPosting, NotificationChoice, User
from marketplace.services import keys, organisations, users
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.factories.offers import books_balance

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOLDS = sql.SQL("SELECT count(*) FROM {table} WHERE {column}::text ILIKE %s")
NAME = "Wilhelmina Rotterdam-Quist"


def places(text: str) -> list[str]:
    """Every table and column of the database in which the text stands."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public'
              AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')"""
        )
        for table, column in cursor.fetchall():
            names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
            cursor.execute(HOLDS.format(**names), [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


@pytest.fixture
def pair() -> Pair:
    """The buyer's trader has a name, a session, a key, choices, and is in the admin's own log."""
    pair = Pair(NOW)
    pair.admin.is_superuser = True
    pair.admin.save()
    person = pair.buyer.user
    person.name = NAME
    person.save()
    pair.deal()
    keys.issue(user=person, organisation=pair.buyer.organisation, now=NOW)
    NotificationChoice.objects.create(user=person, event="DEAL_CONCLUDED", mode="OFF")
    Client().force_login(person)
    office = Client()
    office.force_login(pair.admin)
    members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    sent = {"email": person.email, "name": NAME, "is_active": "on", **members}
    changed = office.post(f"/admin/marketplace/user/{person.pk}/change/", sent)
    assert changed.status_code == 302
    return pair


def test_nothing_of_the_person_is_left_and_everything_it_did_is(pair: Pair) -> None:
    person = pair.buyer.user
    address = person.email
    assert len(places(address)) >= 2, "the search finds what is there"
    erased = users.erase(public_id=person.public_id, by=pair.admin, now=NOW)
    assert places(address) == places(NAME) == []

    person.refresh_from_db()
    assert person.email == f"erased-{person.public_id}@erased.invalid"
    assert (person.name, person.is_active, person.erased_at) == ("", False, NOW)
    assert not person.has_usable_password()
    assert not person.memberships.exists()
    assert not person.notifications.exists()
    assert not person.api_keys.filter(revoked_at__isnull=True).exists()
    decoded = [one.get_decoded()["_auth_user_id"] for one in Session.objects.all()]
    assert decoded == [str(pair.admin.pk)]
    assert (erased.user.pk, erased.without_owner) == (person.pk, [])
    assert Deal.objects.count() == 1
    assert LedgerPosting.objects.filter(posted_by=person).exists()
    books_balance()


def test_who_may_erase_whom(pair: Pair) -> None:
    plain, other = made.admin(now=NOW), made.admin(now=NOW)
    person = pair.buyer.user
    with pytest.raises(NotAllowed):
        users.erase(public_id=person.public_id, by=pair.producer.user, now=NOW)
    with pytest.raises(NotAllowed, match="Nobody erases themselves"):
        users.erase(public_id=plain.public_id, by=plain, now=NOW)
    with pytest.raises(NotAllowed, match="every right"):
        users.erase(public_id=other.public_id, by=plain, now=NOW)
    with pytest.raises(NotFound):
        users.erase(public_id=pair.certificate.public_id, by=plain, now=NOW)
    users.erase(public_id=other.public_id, by=pair.admin, now=NOW)
    users.erase(public_id=person.public_id, by=plain, now=NOW)
    with pytest.raises(Conflict):
        users.erase(public_id=person.public_id, by=plain, now=NOW)


def test_the_last_owner_may_go_and_it_is_said(pair: Pair, capsys: Any) -> None:
    owner = users.create_user(
        email="owner@buyer.example", password="correct horse battery", name="Owner"
    )
    organisations.add_member(organisation=pair.buyer.organisation, user=owner, role=Role.OWNER)
    call_command("erase_user", "OWNER@buyer.example", by=pair.admin.email)
    assert f"{pair.buyer.organisation.name} has no owner any more" in capsys.readouterr().out
    assert not User.objects.filter(email="owner@buyer.example").exists()
    with pytest.raises(CommandError, match="no user"):
        call_command("erase_user", "owner@buyer.example", by=pair.admin.email)
    with pytest.raises(CommandError, match="themselves"):
        call_command("erase_user", pair.admin.email, by=pair.admin.email)


def test_the_admin_page_erases(pair: Pair) -> None:
    office = Client()
    office.force_login(pair.admin)
    organisations.add_member(
        organisation=pair.producer.organisation, user=pair.buyer.user, role=Role.OWNER
    )
    data = {"action": "erase", "_selected_action": str(pair.buyer.user.pk)}
    page = office.post("/admin/marketplace/user/", data, follow=True)
    assert "has no owner any more" in page.content.decode()
    pair.buyer.user.refresh_from_db()
    assert pair.buyer.user.erased_at is not None
    assert pair.buyer.user.erased_at <= timezone.now()
