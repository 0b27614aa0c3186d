"""An admin reads a buyer's limit: by a permission of its own, with a reason, and not unseen."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.errors import NotAllowed
from marketplace.domain.vocabulary import Role
from marketplace.models import Requirement, Reveal, User
from marketplace.services import organisations, reveals
from tests.factories import market as made
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db
LIMIT, CARBON_PRICE, WHY = "23.57", "88.7", "The buyer asked us to look."
LIST = reverse("admin:marketplace_requirement_changelist")


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


@pytest.fixture
def wanted(pair: Pair) -> Requirement:
    return pair.requirement(max_premium=LIMIT, internal_carbon_price=CARBON_PRICE)


def admin_with(*permissions: str) -> User:
    found = made.admin(now=timezone.now())
    found.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return found


def office(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, wanted: Requirement, **more: str) -> str:
    asked = {"action": "reveal", "_selected_action": str(wanted.pk), **more}
    return client.post(LIST, asked, follow=True).content.decode()


def test_with_a_reason_it_is_shown_once_and_the_buyer_reads_of_it(
    pair: Pair, wanted: Requirement
) -> None:
    looker = admin_with("view_requirement", "reveal_limit")
    client = office(looker)
    assert LIMIT not in ask(client, wanted)
    told = ask(client, wanted, confirmed="yes", reason=WHY)
    assert LIMIT in told
    assert CARBON_PRICE in told
    kept = Reveal.objects.get()
    assert (kept.by, kept.reason, kept.requirement) == (looker, WHY, wanted)
    assert LIMIT not in client.get(LIST).content.decode(), "no message keeps it"
    page = office(pair.buyer.user).get(reverse("requirement", args=[wanted.public_id]))
    assert WHY in page.content.decode()


def test_without_a_reason_nothing_is_shown(wanted: Requirement) -> None:
    client = office(admin_with("view_requirement", "reveal_limit"))
    assert LIMIT not in ask(client, wanted, confirmed="yes", reason="  ")
    assert not Reveal.objects.exists()


def test_other_admins_have_no_such_action(wanted: Requirement) -> None:
    client = office(admin_with("view_requirement", "change_requirement"))
    assert "reveal" not in client.get(LIST).content.decode()
    assert LIMIT not in ask(client, wanted, confirmed="yes", reason=WHY)
    assert not Reveal.objects.exists()


def test_the_service_asks_as_well(pair: Pair, wanted: Requirement) -> None:
    """Whatever page calls it: permission, staff, and no admin of the buyer's own house."""
    for by in (admin_with(), pair.buyer.user, pair.producer.user):
        with pytest.raises(NotAllowed):
            reveals.limit(public_id=wanted.public_id, by=by, reason=WHY, now=timezone.now())
    insider = admin_with("reveal_limit")
    organisations.add_member(organisation=pair.buyer.organisation, user=insider, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        reveals.limit(public_id=wanted.public_id, by=insider, reason=WHY, now=timezone.now())
    assert not Reveal.objects.exists()
