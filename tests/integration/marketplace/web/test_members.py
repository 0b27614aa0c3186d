"""People of an organisation: invited by owners, joined by their own confirmed address."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from marketplace.domain.vocabulary import Role
from marketplace.models import Invitation, Letter, Membership, Proposal, User
from marketplace.models.actors import Actor
from marketplace.services import (
    keys,
    letters,
    members,
    organisations,
    users,
)
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place

PASSWORD = "correct horse battery"

PAGE = reverse("members")


def person(email: str = "guest@mill.example") -> User:
    return users.create_user(email=email, password=PASSWORD, name="Guest")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(place: Place) -> Actor:
    user = person("owner@mill.example")
    organisations.add_member(organisation=place.producer.organisation, user=user, role=Role.OWNER)
    return Actor(user, place.producer.organisation, Role.OWNER)


def invited(owner: Actor, email: str = "guest@mill.example", role: str = "TRADER") -> Invitation:
    raw = {"email": email, "role": role}
    return members.invite(by=owner, raw=raw, now=timezone.now())


def token_of(invitation: Invitation) -> str:
    found = re.search(r"/join/(\S+)", Letter.objects.get(to=invitation.email).body)
    assert found
    return found[1]


def test_invited_by_letter_joined_by_its_link(owner: Actor, place: Place) -> None:
    client = browser(owner.user)
    answer = client.post(PAGE, {"email": " Guest@Mill.example ", "role": "TRADER"})
    assert answer["Location"] == PAGE
    invitation = Invitation.objects.get()
    assert invitation.email == "guest@mill.example"
    token = token_of(invitation)
    assert token not in invitation.token_sha256
    letters.send(letter_id=Letter.objects.get().pk)
    assert place.producer.organisation.name in mail.outbox[0].body
    assert "guest@mill.example" in client.get(PAGE).content.decode()

    path = reverse("join", args=[token])
    assert Client().get(path)["Location"] == f"{reverse('login')}?next={path}"
    guest = browser(person())
    assert f"Join {owner.organisation.name}" in guest.get(path).content.decode()
    assert (
        f"Join {owner.organisation.name}" in guest.get(reverse("organisation_new")).content.decode()
    ), "the way of who signs up first"
    assert guest.post(reverse("invitation_accept", args=[invitation.public_id])).status_code == 302
    assert "Guest" in guest.get(PAGE).content.decode()
    assert Membership.objects.get(user__email="guest@mill.example").role == "TRADER"
    assert guest.get(path).status_code == 404, "a link works once"


def test_a_link_is_for_its_address_and_its_time(owner: Actor) -> None:
    invitation = invited(owner)
    stranger, guest, now = person("other@mill.example"), person(), timezone.now()
    assert browser(stranger).get(reverse("join", args=[token_of(invitation)])).status_code == 404
    accept = reverse("invitation_accept", args=[invitation.public_id])
    absent = reverse("invitation_accept", args=[uuid4()])
    assert {browser(stranger).post(one).status_code for one in (accept, absent)} == {404}
    with pytest.raises(NotFound):
        members.accept(by=guest, public_id=invitation.public_id, now=now + timedelta(days=7))
    members.accept(by=guest, public_id=invitation.public_id, now=now + timedelta(days=6))
    with pytest.raises(NotFound):
        members.accept(by=guest, public_id=invitation.public_id, now=now)


def test_one_is_open_for_each_address_and_revoked_ones_are_over(owner: Actor) -> None:
    first, second = invited(owner), invited(owner, role="VIEWER")
    first.refresh_from_db()
    assert first.revoked_at is not None
    client = browser(owner.user)
    client.post(reverse("invitation_revoke", args=[second.public_id]))
    second.refresh_from_db()
    assert second.revoked_at is not None
    assert client.post(reverse("invitation_revoke", args=[second.public_id])).status_code == 404
    with pytest.raises(NotFound):
        members.accept(by=person(), public_id=second.public_id, now=timezone.now())
    for number in range(members.MOST_A_DAY - 2):
        invited(owner, f"guest{number}@mill.example")
    with pytest.raises(Conflict):
        invited(owner)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"email": "no address", "role": "TRADER"}, "email"),
        ({"email": "owner@mill.example", "role": "TRADER"}, "email"),
        ({"email": "a@b.example", "role": "KING"}, "role"),
    ],
)
def test_what_an_invitation_lacks(owner: Actor, raw: dict[str, str], field: str) -> None:
    answer = browser(owner.user).post(PAGE, raw)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_roles_change_and_the_last_owner_stays(owner: Actor, place: Place) -> None:
    now, client = timezone.now(), browser(owner.user)
    trader = place.producer.user
    role = reverse("member_role", args=[trader.public_id])
    client.post(role, {"role": "VIEWER"})
    assert Membership.objects.get(user=trader).role == "VIEWER"
    client.post(role, {"role": "KING"})
    assert Membership.objects.get(user=trader).role == "VIEWER"
    own = owner.user.public_id
    for step in (
        lambda: members.change_role(by=owner, user=own, role="TRADER", now=now),
        lambda: members.remove(by=owner, user=own, now=now),
    ):
        with pytest.raises(Conflict, match="last owner"):
            step()
    members.change_role(by=owner, user=trader.public_id, role="OWNER", now=now)
    User.objects.filter(pk=trader.pk).update(is_active=False)
    with pytest.raises(Conflict, match="last owner"):
        members.remove(by=owner, user=own, now=now)
    User.objects.filter(pk=trader.pk).update(is_active=True)
    members.remove(by=owner, user=own, now=now)
    assert not Membership.objects.filter(user=owner.user).exists()


def test_who_is_removed_loses_the_keys_and_every_page(owner: Actor, place: Place) -> None:
    trader, client = place.producer.user, place.browser(place.producer)
    key = keys.issue(user=trader, organisation=owner.organisation, now=timezone.now())
    assert key
    assert client.get(reverse("lots")).status_code == 200
    browser(owner.user).post(reverse("member_remove", args=[trader.public_id]))
    assert client.get(reverse("lots"))["Location"] == reverse("organisation_new")
    assert not trader.api_keys.filter(revoked_at__isnull=True).exists()


def test_only_owners_manage_and_everybody_may_leave(owner: Actor, place: Place) -> None:
    now, trader = timezone.now(), place.producer
    invitation = invited(owner)
    for step in (
        lambda: members.invite(by=trader.actor, raw={}, now=now),
        lambda: members.revoke(by=trader.actor, public_id=invitation.public_id, now=now),
        lambda: members.change_role(
            by=trader.actor, user=owner.user.public_id, role="VIEWER", now=now
        ),
        lambda: members.remove(by=trader.actor, user=owner.user.public_id, now=now),
    ):
        with pytest.raises(NotAllowed):
            step()
    page = place.browser(trader).get(PAGE).content.decode()
    assert "owner@mill.example" in page
    assert "Send invitation" not in page
    assert "guest@mill.example" not in page, "invitations are the owners'"
    members.remove(by=trader.actor, user=trader.user.public_id, now=now)


def test_members_of_others_read_like_nobody(owner: Actor, place: Place) -> None:
    for user in (place.buyer.user.public_id, uuid4()):
        assert browser(owner.user).post(reverse("member_remove", args=[user])).status_code == 404
    assert place.buyer.user.email not in browser(owner.user).get(PAGE).content.decode()


def test_a_viewer_sees_no_button_that_would_refuse(place: Place, proposal: Proposal) -> None:
    Membership.objects.update(role=Role.VIEWER.value)
    for trader, names in (
        (place.producer, ("lots", "certificates", "dashboard", "proposals")),
        (place.buyer, ("requirements", "dashboard", "proposals")),
    ):
        client = place.browser(trader)
        for name in names:
            page = client.get(reverse(name)).content.decode()
            for path in ("lot_new", "requirement_new", "certificate_new"):
                assert f'href="{reverse(path)}"' not in page, (name, path)


def test_erasure_takes_invitations_of_the_address(owner: Actor, place: Place) -> None:
    guest = person()
    invited(owner, guest.email)
    boss = made.admin(now=timezone.now(), may_all=True)
    users.erase(public_id=guest.public_id, by=boss, now=timezone.now())
    assert not Invitation.objects.exists()
    assert not Letter.objects.exists()


def test_an_invitation_of_a_member_conflicts(owner: Actor, place: Place) -> None:
    invitation, guest = invited(owner), person()
    organisations.add_member(organisation=owner.organisation, user=guest, role=Role.VIEWER)
    answer = browser(guest).post(reverse("invitation_accept", args=[invitation.public_id]))
    assert answer["Location"] == PAGE
    with pytest.raises(InvalidInput):
        invited(owner, guest.email)


def test_a_large_acceptance_waits_on_the_page_and_in_the_api(
    owner: Actor, place: Place, proposal: Proposal
) -> None:
    boss = browser(owner.user)
    limit = reverse("approval_limit")
    assert boss.post(limit, {"approval_above_t": "many"}).status_code == 422
    assert boss.post(limit, {"approval_above_t": "100"})["Location"] == PAGE
    assert 'value="100.000"' in boss.get(PAGE).content.decode()

    path = reverse("proposal", args=[proposal.public_id])
    key = keys.issue(user=place.producer.user, organisation=owner.organisation, now=timezone.now())
    answer = Client().post(
        f"/api/v1/proposals/{proposal.public_id}/accept",
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "a"},
        content_type="application/json",
        data={},
    )
    assert answer.status_code == 202, answer.content
    assert answer.json()["code"] == "approval_needed"
    asker = place.browser(place.producer)
    page = asker.get(path).content.decode()
    assert "need two people" in page
    assert reverse("proposal_accept", args=[proposal.public_id]) not in page
    refused = asker.post(reverse("proposal_accept", args=[proposal.public_id]), follow=True)
    assert "You accepted already" in refused.content.decode()

    page = boss.get(path).content.decode()
    assert "Accept as the second person" in page
    done = boss.post(reverse("proposal_accept", args=[proposal.public_id]), follow=True)
    assert "Accepted." in done.content.decode()
    proposal.refresh_from_db()
    assert proposal.producer_answer == "ACCEPTED"


def test_the_first_of_two_is_told_that_it_waits(
    owner: Actor, place: Place, proposal: Proposal
) -> None:
    browser(owner.user).post(reverse("approval_limit"), {"approval_above_t": "100"})
    accept = reverse("proposal_accept", args=[proposal.public_id])
    page = place.browser(place.producer).post(accept, follow=True).content.decode()
    assert "A second person of your organisation has to accept as well" in page
