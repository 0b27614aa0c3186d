"""The audit trail of a row in the admin: every change, by whom, without anybody's limit."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Certificate, Lot, Requirement, User
from marketplace.services import requirements
from tests.factories import market as made
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db
LIMIT, OTHER = "23.57", "24.68"


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


@pytest.fixture
def boss() -> User:
    return made.admin(now=timezone.now(), may_all=True)


def office(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_changes_are_told_and_limits_are_not(pair: Pair, boss: User) -> None:
    wanted = pair.requirement(volume_t="500", max_premium=LIMIT)
    raw = made.requirement_values(volume_t="600", max_premium=OTHER)
    requirements.edit(
        by=pair.buyer.actor, public_id=wanted.public_id, raw=raw, version=None, now=timezone.now()
    )
    url = reverse("admin:marketplace_requirement_history", args=[wanted.pk])
    page = office(boss).get(url).content.decode()
    assert "volume_kg" in page
    assert "600000" in page
    assert "max_premium" in page
    assert LIMIT not in page
    assert OTHER not in page


def test_an_admins_decision_names_the_admin(pair: Pair, boss: User) -> None:
    client = office(boss)
    page = reverse("admin:marketplace_certificate_changelist")
    asked = {"action": "suspend", "_selected_action": pair.certificate.pk}
    client.post(page, {**asked, "confirmed": "yes", "reason": "A test."})
    url = reverse("admin:marketplace_certificate_history", args=[pair.certificate.pk])
    found = client.get(url).content.decode()
    assert "SUSPENDED" in found
    assert boss.email in found


def test_it_needs_the_right_to_view_and_a_row(pair: Pair) -> None:
    clerk = made.admin(now=timezone.now())
    clerk.user_permissions.add(Permission.objects.get(codename="view_lot"))
    url = reverse("admin:marketplace_certificate_history", args=[pair.certificate.pk])
    assert office(clerk).get(url).status_code == 403
    boss = made.admin(now=timezone.now(), may_all=True)
    gone = reverse("admin:marketplace_certificate_history", args=[Certificate.objects.count() + 99])
    assert office(boss).get(gone).status_code == 404


def queries_of_lists(client: Client) -> dict[str, int]:
    """Of every list of the admin, by its name."""
    found = {}
    for model in admin.site._registry:
        if model._meta.app_label not in ("marketplace", "matching"):
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200, name
        found[name] = len(queries)
    return found


def test_no_list_asks_once_for_each_row(pair: Pair, boss: User) -> None:
    client = office(boss)
    pair.deliver(pair.deal(10), "10")
    queries_of_lists(client)
    few = queries_of_lists(client)
    for _each in range(4):
        more = Pair(timezone.now())
        more.deliver(more.deal(10), "10")
        more.proposal(more.lot(), more.requirement(), 100)
    many = queries_of_lists(client)
    # One more where a page of several has something to count that a page of one has not.
    grown = {name: (few[name], count) for name, count in many.items() if count > few[name] + 1}
    assert grown == {}
    assert Requirement.objects.count() > 8
    assert max(many.values()) <= 20, many


def test_every_list_can_be_taken_along(pair: Pair, boss: User) -> None:
    pair.producer.organisation.name = "=cmd|' /C calc'!A0"
    pair.producer.organisation.save()
    pair.deal(10)
    client = office(boss)
    for model in admin.site._registry:
        if model._meta.app_label not in ("marketplace", "matching"):
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        keys = list(model._default_manager.values_list("pk", flat=True)[:50])
        answer = client.post(reverse(name), {"action": "as_csv", "_selected_action": keys})
        if answer.headers.get("Content-Type", "").startswith("text/csv"):
            text = answer.content.decode()
            assert text.count("\n") == len(keys) + 1 or "\n" in text, name
            assert not any(cell.startswith("=") for cell in text.replace("\n", ",").split(",")), (
                name
            )
            assert "25.00" not in text or model is not Requirement
    lots = client.post(
        reverse("admin:marketplace_lot_changelist"),
        {"action": "as_csv", "_selected_action": [lot.pk for lot in pair_lots(pair)]},
    )
    assert lots["Content-Type"] == "text/csv; charset=utf-8"
    assert "'=cmd" in lots.content.decode()


def pair_lots(pair: Pair) -> list[Lot]:
    return list(Lot.objects.filter(organisation=pair.producer.organisation))
