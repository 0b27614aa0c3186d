"""Books that agree say nothing; whatever an operator bends in them is found and named."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from marketplace.models import Proposal
from marketplace.selectors import reconciliation
from marketplace.services import bundles, cancellations, certificates, claims, lots, proposals
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.factories.offers import member

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AsOwner = Callable[[str], None]
UNTRIGGERED = (
    "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {0} DISABLE TRIGGER USER; {1}; "
    "ALTER TABLE {0} ENABLE TRIGGER USER"
)


@pytest.fixture
def market() -> made.Trader:
    """Of a lot of 500 t a deal over 300 t, an open proposal over 100 t, and 100 t on offer."""
    admin = made.admin(now=NOW)
    producer, buyer = (made.trader(side=side, by=admin, now=NOW) for side in ("producer", "buyer"))
    lot = made.lot(producer, made.certificate(producer, by=admin, now=NOW), now=NOW)
    wanted = [made.requirement(buyer, now=NOW, volume_t=tonnes) for tonnes in ("300", "100")]
    bundles.open_bundles(
        round_number=1,
        engine_version="test",
        bundles=[[member(lot, wanted[0], 300)], [member(lot, wanted[1], 100)]],
        now=NOW,
    )
    first = Proposal.objects.get(requirement=wanted[0])
    for trader in (producer, buyer):
        proposals.accept(by=trader.actor, public_id=first.public_id, now=NOW)
    return producer


def rules() -> set[str]:
    return {f"{one.what}: {one.rule.split(' on cert')[0]}" for one in reconciliation.differences()}


def test_books_that_agree_reconcile(market: made.Trader) -> None:
    assert reconciliation.differences() == []
    out = io.StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue().startswith("1 certificates, ")
    assert out.getvalue().endswith("reconcile: 0 differences\n")


def test_a_whole_life_to_the_retired_claim_reconciles() -> None:
    pair = Pair(NOW)
    deal = pair.deliver(pair.deal(), "499.975")
    assert reconciliation.differences() == []
    year = {"reporting_year": str(NOW.year)}
    claims.retire(by=pair.buyer.actor, public_id=deal.public_id, raw=year, now=NOW)
    assert reconciliation.differences() == []
    other = pair.deal()
    cancellations.decide(by=pair.admin, public_id=other.public_id, reason="Void", now=NOW)
    pair.deliver(pair.deal(300), "301")
    assert reconciliation.differences() == []


def test_a_claim_without_its_posting_is_named(as_owner: AsOwner) -> None:
    pair = Pair(NOW)
    pair.deliver(pair.deal())
    as_owner("""UPDATE marketplace_claim SET retired_at = now(), reporting_year = 2026,
        retired_by_id = (SELECT min(id) FROM marketplace_user)""")
    assert rules() == {
        "proposal: retired claim = CLAIMED",
        "proposal: delivered and not retired = DELIVERED",
    }


def test_what_is_withdrawn_and_revoked_still_reconciles(market: made.Trader) -> None:
    lot = market.organisation.lots.get()
    lots.withdraw(by=market.actor, public_id=lot.public_id, now=NOW)
    assert reconciliation.differences() == []
    paper = market.organisation.certificates.get()
    boss = made.admin(now=NOW)
    certificates.revoke(public_id=paper.public_id, by=boss, reason="Forged", now=NOW)
    assert reconciliation.differences() == []


BENT = {
    "a counter of a lot": (
        "UPDATE marketplace_lot SET reserved_kg = reserved_kg + 1000",
        {
            "lot: reserved_kg = RESERVED",
            "lot: reserved_kg = open proposals",
            "lot: available_kg = LISTED",
        },
    ),
    "tonnes sold without a deal": (
        "UPDATE marketplace_lot SET sold_kg = sold_kg + 1",
        {"lot: sold_kg = deals", "lot: sold_kg = SOLD + DELIVERED + CLAIMED"},
    ),
    "tonnes delivered without a delivery": (
        "UPDATE marketplace_lot SET delivered_kg = 5",
        {"lot: delivered_kg = DELIVERED + CLAIMED", "lot: delivered_kg = deliveries"},
    ),
    "tonnes bought without a deal": (
        "UPDATE marketplace_requirement SET bought_kg = bought_kg - 1 WHERE bought_kg > 0",
        {"requirement: bought_kg = deals"},
    ),
    "tonnes reserved without a proposal": (
        "UPDATE marketplace_requirement SET reserved_kg = reserved_kg - 1 WHERE reserved_kg > 0",
        {"requirement: reserved_kg = open proposals"},
    ),
    "what lots draw": (
        "UPDATE marketplace_certificate SET allocated_kg = allocated_kg + 7",
        {
            "certificate: certified_kg - allocated_kg = FREE",
            "certificate: allocated_kg = LISTED + RESERVED + SOLD + DELIVERED + CLAIMED",
        },
    ),
    "what is certified": (
        "UPDATE marketplace_certificate SET certified_kg = certified_kg + 7",
        {"certificate: certified_kg = issued", "certificate: certified_kg - allocated_kg = FREE"},
    ),
    "what is claimed": (
        "UPDATE marketplace_certificate SET claimed_kg = 7",
        {"certificate: claimed_kg = CLAIMED"},
    ),
    "tonnes issued twice": (
        """INSERT INTO marketplace_ledgerposting (certificate_id, source, target, kg, posted_at)
        SELECT id, 'ISSUED', 'FREE', 1000, now() FROM marketplace_certificate""",
        {"certificate: issued once", "certificate: certified_kg = issued"},
    ),
    "tonnes that were never issued": (
        "DELETE FROM marketplace_ledgerposting WHERE source = 'ISSUED'",
        {"certificate: issued once", "certificate: FREE was never below 0"},
    ),
    "a posting less": (
        "DELETE FROM marketplace_ledgerposting WHERE target = 'SOLD'",
        {"proposal: confirmed deal = SOLD", "proposal: open = RESERVED"},
    ),
    "a claim out of nothing": (
        """INSERT INTO marketplace_ledgerposting
        (certificate_id, lot_id, proposal_id, source, target, kg, posted_at)
        SELECT certificate_id, lot_id, proposal_id, 'SOLD', 'CLAIMED', kg, now()
        FROM marketplace_ledgerposting WHERE target = 'SOLD'""",
        {"proposal: retired claim = CLAIMED", "certificate: claimed_kg = CLAIMED"},
    ),
    "a closed proposal that keeps its tonnes": (
        """UPDATE marketplace_proposal SET state = 'WITHDRAWN', closed_at = now()
        WHERE state = 'PROPOSED'""",
        {"proposal: open = RESERVED", "lot: reserved_kg = open proposals"},
    ),
    "a withdrawn lot under an open proposal": (
        "UPDATE marketplace_lot SET state = 'WITHDRAWN'",
        {"proposal: open only on a lot on offer"},
    ),
    "a filled requirement under an open proposal": (
        "UPDATE marketplace_requirement SET state = 'CLOSED'",
        {"proposal: open only for a requirement on the market"},
    ),
    "a suspended certificate under an open proposal": (
        "UPDATE marketplace_certificate SET state = 'SUSPENDED'",
        {"proposal: open only on verified certificates"},
    ),
    "a deal that is gone": (
        "DELETE FROM marketplace_deal",
        {"proposal: a deal where its state says so", "lot: sold_kg = deals"},
    ),
    "a delivery that is none": (
        "UPDATE marketplace_deal SET state = 'DELIVERED', closed_at = now()",
        {
            "deal: a delivery where its state says so",
            "deal: a claim where its state says so",
            "proposal: confirmed deal = SOLD",
        },
    ),
    "another record": (
        UNTRIGGERED.format(
            "marketplace_deal", "UPDATE marketplace_deal SET record = record || '{\"premium\": 1}'"
        ),
        {"deal: content hash of its record", "deal: newest audit row"},
    ),
    "another quantity": (
        UNTRIGGERED.format("marketplace_deal", "UPDATE marketplace_deal SET quantity_kg = 299999"),
        {"proposal: a deal over its kilograms"},
    ),
    "other parties": (
        UNTRIGGERED.format(
            "marketplace_deal",
            "UPDATE marketplace_deal SET producer_id = buyer_id, buyer_id = producer_id",
        ),
        {"proposal: a deal between its parties"},
    ),
    "a deal that one side never accepted": (
        """ALTER TABLE marketplace_proposal DROP CONSTRAINT proposal_deal_needs_both;
        UPDATE marketplace_proposal SET buyer_answer = 'OPEN'""",
        {"proposal: accepted by both sides"},
    ),
    "a change past the audit": (
        UNTRIGGERED.format("marketplace_lot", "UPDATE marketplace_lot SET place = 'Elsewhere'"),
        {"lot: newest audit row"},
    ),
}
MENDED = """
DO $$ BEGIN
  ALTER TABLE marketplace_proposal ADD CONSTRAINT proposal_deal_needs_both CHECK
    (state <> 'DEAL' OR (producer_answer = 'ACCEPTED' AND buyer_answer = 'ACCEPTED')) NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL; END $$
"""


@pytest.mark.parametrize("bent", BENT)
def test_whatever_is_bent_is_named(market: made.Trader, as_owner: AsOwner, bent: str) -> None:
    statement, expected = BENT[bent]
    as_owner(statement)
    found = rules()
    as_owner(MENDED)
    assert found >= expected, found


def test_a_second_holder_is_named(market: made.Trader, as_owner: AsOwner) -> None:
    other = made.trader(side="producer", by=made.admin(now=NOW), now=NOW)
    made.certificate(other, by=made.admin(now=NOW), now=NOW)
    as_owner("""UPDATE marketplace_certificate
        SET number = (SELECT lower(number) || ' ' FROM marketplace_certificate ORDER BY id LIMIT 1)
        WHERE id = (SELECT max(id) FROM marketplace_certificate)""")
    assert rules() == {"certificate: one accepted holder"}


def test_the_command_says_which_and_how_much_and_fails(
    market: made.Trader, as_owner: AsOwner
) -> None:
    as_owner("UPDATE marketplace_lot SET sold_kg = sold_kg + 1")
    out = io.StringIO()
    with pytest.raises(CommandError, match="reconcile: 3 differences"):
        call_command("reconcile", stdout=out)
    lot = market.organisation.lots.get()
    line = f"lot {lot.pk}: sold_kg = deals: 300001 / 300000, difference -1 kg"
    assert line in out.getvalue().splitlines()
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("reconcile", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["checked"]["lots"] == 1
    assert [one["difference_kg"] for one in told["differences"]] == [1, -1, -1]
