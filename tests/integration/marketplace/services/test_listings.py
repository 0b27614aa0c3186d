"""Lots, requirements and certificates as they change: what may, what may not, in which words."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed
from marketplace.domain.vocabulary import Role
from marketplace.models import Certificate, Lot, Organisation, OutboxRow, Proposal, Requirement
from marketplace.models.actors import Actor
from marketplace.services import (
    bundles,
    certificates,
    lots,
    proposals,
    requirements,
    sites,
)
from tests.factories import market as made
from tests.factories.offers import books_balance, member

pytestmark = pytest.mark.django_db


class Market:
    def __init__(self) -> None:
        self.now = timezone.now()
        self.admin = made.admin(now=self.now)
        self.producer = made.trader(side="producer", by=self.admin)
        self.buyer = made.trader(side="buyer", by=self.admin)
        self.certificate = made.certificate(self.producer, by=self.admin)

    def edit_lot(self, lot: Lot, *backing: Certificate, **raw: Any) -> Lot:
        values = made.lot_values(*(backing or [self.certificate]), **raw)
        return lots.edit(
            by=self.producer.actor, public_id=lot.public_id, raw=values, version=None, now=self.now
        )

    def edit_requirement(self, wanted: Requirement, **raw: Any) -> Requirement:
        return requirements.edit(
            by=self.buyer.actor,
            public_id=wanted.public_id,
            raw=made.requirement_values(**raw),
            version=None,
            now=self.now,
        )

    def proposed(self, lot: Lot, wanted: Requirement, tonnes: int) -> Proposal:
        (opened,) = bundles.open_bundles(
            round_number=1,
            engine_version="1",
            bundles=[[member(lot, wanted, tonnes)]],
            now=self.now,
        )
        assert opened.proposal_id is not None
        return Proposal.objects.get(pk=opened.proposal_id)

    def sold(self, lot: Lot, wanted: Requirement, tonnes: int) -> None:
        found = self.proposed(lot, wanted, tonnes)
        for side in (self.producer, self.buyer):
            proposals.accept(by=side.actor, public_id=found.public_id, now=self.now)


@pytest.fixture
def market() -> Iterator[Market]:
    yield Market()
    books_balance()


def refused(error: InvalidInput) -> dict[str, tuple[str, str]]:
    return {one.field: (one.value, str(one)) for one in error.errors}


def test_a_lot_shrinks_and_grows_within_its_certificate(market: Market) -> None:
    lot = made.lot(market.producer, market.certificate)
    for tonnes in ("200", "12000"):
        market.edit_lot(lot, quantity_t=tonnes)
        market.certificate.refresh_from_db()
        assert market.certificate.allocated_kg == int(tonnes) * 1000
    with pytest.raises(InvalidInput) as more:
        market.edit_lot(lot, quantity_t="12000.001")
    assert refused(more.value)["quantity_t"][0] == "0.001"


def test_a_lot_moves_to_another_certificate_until_some_of_it_is_sold(market: Market) -> None:
    lot = made.lot(market.producer, market.certificate)
    other = made.certificate(market.producer, by=market.admin)
    market.edit_lot(lot, other)
    market.certificate.refresh_from_db()
    other.refresh_from_db()
    assert (market.certificate.allocated_kg, other.allocated_kg) == (0, 500_000)

    lot.refresh_from_db()
    market.sold(lot, made.requirement(market.buyer, volume_t="100"), 100)
    with pytest.raises(InvalidInput) as fixed:
        market.edit_lot(lot, market.certificate)
    assert "sold under its certificates" in refused(fixed.value)["certificates"][1]


def test_neither_side_goes_below_what_is_traded(market: Market) -> None:
    lot = made.lot(market.producer, market.certificate)
    wanted = made.requirement(market.buyer)
    market.sold(lot, wanted, 300)
    with pytest.raises(InvalidInput) as under_sold:
        market.edit_lot(lot, quantity_t="299.999")
    told = ("299.999", "300.000 t of this lot are sold or returned already.")
    assert refused(under_sold.value)["quantity_t"] == told
    with pytest.raises(InvalidInput) as under_bought:
        market.edit_requirement(wanted, volume_t="299.999")
    assert refused(under_bought.value)["volume_t"][0] == "299.999"
    assert market.edit_requirement(wanted, volume_t="300").state == "CLOSED"
    assert market.edit_lot(lot, quantity_t="300").state == "CLOSED"


def test_a_lot_is_never_cleaner_than_its_certificate(market: Market) -> None:
    epd = made.certificate(
        market.producer,
        by=market.admin,
        scheme="EPD",
        issuer="EPD Norge",
        number="NEPD-1",
        certified_t="",
        boundary="CRADLE_TO_GATE",
        ci="7.100",
    )
    below = made.lot_values(market.certificate, epd, ci_cradle_to_gate="7.099")
    with pytest.raises(InvalidInput) as error:
        lots.publish(by=market.producer.actor, raw=below, now=market.now)
    told = ("7.099", "Certificate NEPD-1 says 7.100: a lot's value is never below it.")
    assert refused(error.value)["ci_cradle_to_gate"] == told
    lot = made.lot(market.producer, market.certificate, epd, ci_cradle_to_gate="7.100")
    evidence = {one.boundary: one.evidence for one in lot.carbon_statements.all()}
    assert evidence["CRADLE_TO_GATE"] == epd
    assert evidence["SMELTER_S1S2"] != epd


def test_a_withdrawn_requirement_ends_its_proposals(market: Market) -> None:
    lot, wanted = made.lot(market.producer, market.certificate), made.requirement(market.buyer)
    found = market.proposed(lot, wanted, 300)
    gone = requirements.withdraw(by=market.buyer.actor, public_id=wanted.public_id, now=market.now)
    found.refresh_from_db()
    lot.refresh_from_db()
    assert (gone.state, found.state, lot.reserved_kg) == ("WITHDRAWN", "WITHDRAWN", 0)
    for late in (requirements.withdraw, lambda **named: market.edit_requirement(wanted)):
        with pytest.raises(Conflict):
            late(by=market.buyer.actor, public_id=wanted.public_id, now=market.now)


def test_what_is_sold_out_or_withdrawn_is_not_withdrawn_again(market: Market) -> None:
    lot, wanted = made.lot(market.producer, market.certificate), made.requirement(market.buyer)
    market.sold(lot, wanted, 500)
    for verb, trader, listing in (
        (lots.withdraw, market.producer, lot),
        (requirements.withdraw, market.buyer, wanted),
    ):
        with pytest.raises(Conflict):
            verb(by=trader.actor, public_id=listing.public_id, now=market.now)
    other = made.lot(market.producer, market.certificate)
    lots.withdraw(by=market.producer.actor, public_id=other.public_id, now=market.now)
    with pytest.raises(Conflict):
        market.edit_lot(other)


def test_a_suspended_certificate_is_lifted_by_verifying_it_again(market: Market) -> None:
    lot, wanted = made.lot(market.producer, market.certificate), made.requirement(market.buyer)
    found = market.proposed(lot, wanted, 300)
    named: dict[str, Any] = {"public_id": market.certificate.public_id, "now": market.now}
    with pytest.raises(InvalidInput):
        certificates.suspend(by=market.admin, reason="  ", **named)
    certificates.suspend(by=market.admin, reason="Audit is late.", **named)
    found.refresh_from_db()
    assert (found.state, found.reason) == ("WITHDRAWN", "Audit is late.")
    with pytest.raises(Conflict):
        certificates.suspend(by=market.admin, reason="again", **named)
    assert certificates.verify(by=market.admin, **named).state == "VERIFIED"
    with pytest.raises(Conflict):
        certificates.verify(by=market.admin, **named)
    with pytest.raises(Conflict):
        certificates.refuse(by=market.admin, reason="late", **named)
    with pytest.raises(NotAllowed):
        certificates.revoke(by=market.buyer.user, reason="x", **named)


@pytest.mark.parametrize("changed", ["lot", "requirement", "requirement state", "organisation"])
def test_what_changed_since_the_snapshot_is_not_proposed(market: Market, changed: str) -> None:
    lot, wanted = made.lot(market.producer, market.certificate), made.requirement(market.buyer)
    seen = member(lot, wanted, 100)
    if changed == "lot":
        market.edit_lot(lot, ask_premium="21")
    elif changed == "requirement":
        market.edit_requirement(wanted, max_premium="24")
    elif changed == "requirement state":
        requirements.withdraw(by=market.buyer.actor, public_id=wanted.public_id, now=market.now)
    else:
        Organisation.objects.filter(pk=lot.organisation_id).update(
            verified_at=None, verified_by=None
        )
    (answer,) = bundles.open_bundles(
        round_number=1, engine_version="1", bundles=[[seen]], now=market.now
    )
    expected = (
        "ORGANISATION_NOT_TRADING" if changed == "organisation" else changed.split(maxsplit=1)[0]
    )
    assert answer.dropped_because.startswith(expected.upper())
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("name", ["producer", "buyer"])
def test_who_may_list_and_post(market: Market, name: str) -> None:
    def listed(actor: Actor) -> None:
        raw = made.lot_values(market.certificate)
        lots.publish(by=actor, raw=raw, now=market.now)

    def posted(actor: Actor) -> None:
        requirements.post(by=actor, raw=made.requirement_values(), now=market.now)

    step = listed if name == "producer" else posted
    other_side = market.buyer if name == "producer" else market.producer
    unverified = made.trader(side=name, by=market.admin, verified=False)
    own = getattr(market, name)
    viewer = Actor(user=own.user, organisation=own.organisation, role=Role.VIEWER)
    for actor in (other_side.actor, unverified.actor, viewer):
        with pytest.raises(NotAllowed):
            step(actor)
    step(own.actor)
    assert OutboxRow.objects.filter(done_at__isnull=True).exists()


def test_a_lot_names_an_own_site(market: Market) -> None:
    def created(**raw: str) -> object:
        site = {"name": "Qinghai casthouse", "country": "cn", "unlocode": "cn qdg", **raw}
        return sites.create(by=market.producer.actor, raw=site, now=market.now)

    for field, value in (("name", " "), ("country", "XX"), ("unlocode", "Q!")):
        with pytest.raises(InvalidInput) as error:
            created(**{field: value})
        assert list(refused(error.value)) == [field]
    site = created()
    lot = made.lot(market.producer, market.certificate, site=str(site.public_id))  # type: ignore[attr-defined]
    assert lot.site is not None
    assert lot.site.unlocode == "CNQDG"
    for value in ("nonsense", str(market.certificate.public_id)):
        with pytest.raises(InvalidInput) as error:
            made.lot(market.producer, market.certificate, site=value)
        assert list(refused(error.value)) == ["site"]
