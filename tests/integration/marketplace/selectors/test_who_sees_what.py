"""Secrets stay with their side; what is foreign is absent."""

from datetime import UTC, datetime

import pytest

from marketplace.domain.errors import NotFound
from marketplace.models import OrganisationGroup
from marketplace.selectors import dashboard, lots, proposals, requirements
from marketplace.services import proposals as services
from tests.factories import market as made
from tests.factories.offers import member

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_asks_are_for_verified_buyers_without_a_producer_in_their_group() -> None:
    admin = made.admin(now=NOW)
    group = OrganisationGroup.objects.create(name="Family")
    producer = made.trader(side="producer", by=admin, now=NOW, group=group)
    related = made.trader(side="buyer", by=admin, now=NOW, group=group)
    buyer = made.trader(side="buyer", by=admin, now=NOW)
    unverified = made.trader(side="buyer", by=admin, now=NOW, verified=False)
    lot = made.lot(producer, made.certificate(producer, by=admin, now=NOW), now=NOW)

    assert [lots.may_see_asks(one.actor) for one in (buyer, related, producer, unverified)] == [
        True,
        False,
        False,
        False,
    ]
    assert list(lots.open_for_buyers(buyer.actor)) == [lot]
    assert not lots.open_for_buyers(related.actor)
    assert not lots.open_for_buyers(unverified.actor)
    with pytest.raises(NotFound):
        lots.own_one(buyer.actor, lot.public_id)


def test_a_buyers_limits_are_never_read_for_the_other_side() -> None:
    admin = made.admin(now=NOW)
    producer = made.trader(side="producer", by=admin, now=NOW)
    buyer = made.trader(side="buyer", by=admin, now=NOW)
    lot = made.lot(producer, made.certificate(producer, by=admin, now=NOW), now=NOW)
    requirement = made.requirement(buyer, now=NOW)
    services.open_bundles(
        round_number=1,
        engine_version="test",
        bundles=[[member(lot, requirement, 100)]],
        now=NOW,
    )

    (shown,) = requirements.open_for_producers(producer.actor)
    (proposed,) = proposals.own(producer.actor)

    assert {"max_premium", "internal_carbon_price"} <= shown.get_deferred_fields()
    assert "max_premium" in proposed.requirement.get_deferred_fields()
    assert [step.verb for step in proposals.timeline(producer.actor, proposed)] == ["proposed"]
    assert dashboard.waiting(producer.actor, NOW).count() == 1
    assert dashboard.buyer(buyer.actor).wanted_kg == 400_000
