"""Where the market wants it, two admins verify a certificate; a stop says first what it hits."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.errors import Conflict
from marketplace.models import Certificate, MarketSettings, User
from marketplace.selectors.stops import behind
from marketplace.services import certificates, market
from tests.factories import market as made
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


@pytest.fixture
def second(pair: Pair) -> User:
    market.settings()
    MarketSettings.objects.update(two_verify=True)
    return made.admin(now=timezone.now())


def submitted(pair: Pair) -> Certificate:
    raw = {
        "scheme": "CGMC_GREEN_POWER", "issuer": "CGMC", "number": "CGMC-TWO", "certified_t": "100",
        "valid_from": "2026-01-01", "valid_to": "2027-12-31",
    }  # fmt: skip
    return certificates.submit(by=pair.producer.actor, raw=raw, document=None, now=timezone.now())


def verify(certificate: Certificate, by: User) -> Certificate:
    certificates.verify(public_id=certificate.public_id, by=by, now=timezone.now())
    certificate.refresh_from_db()
    return certificate


def test_the_first_word_waits_for_another_persons(pair: Pair, second: User) -> None:
    found = verify(submitted(pair), pair.admin)
    assert (found.state, found.first_verified_by) == ("PENDING", pair.admin)
    with pytest.raises(Conflict, match="second admin"):
        verify(found, pair.admin)
    found = verify(found, second)
    assert (found.state, found.decided_by, found.free_kg) == ("VERIFIED", second, 100_000)


def test_a_refusal_takes_the_first_word_back(pair: Pair, second: User) -> None:
    found = verify(submitted(pair), pair.admin)
    certificates.refuse(public_id=found.public_id, by=second, reason="A test.", now=timezone.now())
    found.refresh_from_db()
    assert (found.state, found.first_verified_by) == ("REFUSED", None)


def test_lifting_a_suspension_needs_two_as_well(pair: Pair, second: User) -> None:
    found = verify(verify(submitted(pair), pair.admin), second)
    certificates.suspend(public_id=found.public_id, by=second, reason="A test.", now=timezone.now())
    found = verify(found, second)
    assert found.state == "SUSPENDED"
    assert verify(found, pair.admin).state == "VERIFIED"


def test_one_is_enough_again_when_the_market_says_so(pair: Pair, second: User) -> None:
    found = verify(submitted(pair), pair.admin)
    MarketSettings.objects.update(two_verify=False)
    found = verify(found, pair.admin)
    assert (found.state, found.first_verified_by) == ("VERIFIED", None)


def test_the_database_refuses_one_person_as_two(pair: Pair, second: User) -> None:
    found = verify(verify(submitted(pair), pair.admin), second)
    with pytest.raises(IntegrityError, match="verified_by_two"), transaction.atomic():
        Certificate.objects.filter(pk=found.pk).update(decided_by=pair.admin)


def test_a_stop_says_first_what_it_would_hit(pair: Pair) -> None:
    deal = pair.deal(400, lot=pair.lot(quantity_t="500"))
    pair.proposal(pair.lot(quantity_t="100"), pair.requirement(volume_t="60"), 60)
    hit = behind(pair.certificate)
    assert (hit.lots, hit.proposals, hit.open_kg) == (2, 1, 60_000)
    assert (hit.deals, hit.deal_kg) == (1, 400_000)

    boss = made.admin(now=timezone.now(), may_all=True)
    office = Client()
    office.force_login(boss)
    page = reverse("admin:marketplace_certificate_changelist")
    asked = office.post(page, {"action": "revoke", "_selected_action": pair.certificate.pk})
    words = "2 lots, 60.000 t in 1 open proposals to withdraw, 400.000 t in 1 deals to flag"
    assert words in asked.content.decode()
    pair.certificate.refresh_from_db()
    assert pair.certificate.state == "VERIFIED"
    deal.refresh_from_db()
    assert deal.flagged_at is None
