"""Rows of a market file: shown before anything is saved, judged by the rules of the forms."""

import pytest
from django.utils import timezone

from marketplace.domain.errors import Conflict
from marketplace.models import (
    Lot,
    OutboxRow,
)
from marketplace.selectors import market_rows
from marketplace.services import bundles, lots, outbox
from tests.factories import market as made
from tests.factories.offers import books_balance, member
from tests.factories.sheets import (
    confirmed,
    outcomes,
    reasons,
)
from tests.figures import attack
from tests.integration.marketplace.services.importing.conftest import PAPER, Place

pytestmark = [pytest.mark.django_db, attack("C6")]


def test_new_rows_are_shown_first_and_saved_when_confirmed(place: Place) -> None:
    job = place.lots(place.row("A-1"), place.row("A-2", quantity_t="20.5", site=""))
    assert job.state == "CHECKED"
    assert outcomes(job) == {"A-1": "NEW", "A-2": "NEW"}
    assert not Lot.objects.exists()
    assert not job.parts.exists(), "the bytes are gone once they are rows"

    job = confirmed(place.producer, job)

    assert (job.state, job.rows_done) == ("IMPORTED", 2)
    kilograms = {one.reference: one.quantity_kg for one in Lot.objects.all()}
    assert kilograms == {"A-1": 10_000, "A-2": 20_500}
    assert {row.listing for row in job.rows.all()} == {one.public_id for one in Lot.objects.all()}
    lot = Lot.objects.get(reference="A-1")
    assert (lot.produced_from, lot.produced_to) == (
        place.certificate.valid_from,
        place.certificate.valid_to,
    )
    assert OutboxRow.objects.filter(task=outbox.ROUND, argument=None).exists()
    books_balance()


def test_a_known_reference_is_changed_an_equal_one_left_alone(place: Place) -> None:
    confirmed(place.producer, place.lots(place.row("A-1"), place.row("A-2")))
    before = {one.reference: one.version for one in Lot.objects.all()}

    job = place.lots(
        place.row(" a-1 ", quantity_t="10.000", premium_unit="usd_t"),
        place.row("A-2", ask_premium="19.50", quantity_t="12"),
        place.row("A-3"),
    )

    assert outcomes(job) == {"a-1": "UNCHANGED", "A-2": "CHANGED", "A-3": "NEW"}
    changes = job.rows.get(reference="A-2").changes
    assert changes == {"ask_premium": ["20.00", "19.50"], "quantity_t": ["10.000", "12.000"]}
    confirmed(place.producer, job)
    found = {one.reference: (one.version, one.quantity_kg) for one in Lot.objects.all()}
    assert found == {"A-1": (before["A-1"], 10_000), "A-2": (2, 12_000), "A-3": (1, 10_000)}
    books_balance()


def test_one_bad_row_of_fifty_names_row_column_and_rule_and_saves_nothing(place: Place) -> None:
    rows = [place.row(f"L{number}") for number in range(50)]
    rows[6]["ci_smelter_s1s2"] = "3200"

    job = place.lots(*rows)

    assert reasons(job) == {
        8: [("ci_smelter_s1s2", "3200", "Give a value from 0.010 to 25.000.")],
    }
    with pytest.raises(Conflict, match="errors"):
        confirmed(place.producer, job)
    assert not Lot.objects.exists()
    job = confirmed(place.producer, job, good_rows_only=True)
    assert (job.state, Lot.objects.count()) == ("IMPORTED", 49)
    books_balance()


def test_everything_wrong_with_a_row_is_told_at_once(place: Place) -> None:
    foreign = made.certificate(made.trader(side="producer", by=place.admin), by=place.admin)
    bad = place.row(
        "",
        producer="Somebody else",
        quantity_t="0",
        certificates=f"{PAPER}{foreign.number}|EPD",
        site="Nowhere",
        excluded_buyers="Nobody|" + place.buyer.organisation.name,
        listed_at="2999-01-01T00:00:00Z",
    )
    told = {column: (value, words) for column, value, words in reasons(place.lots(bad))[2]}
    assert told["lot_id"] == ("", "Give 1 to 64 characters.")
    assert "your own organisation's name" in told["producer"][1]
    assert told["quantity_t"][0] == "0"
    assert told["certificates"][0] in (f"{PAPER}{foreign.number}", "EPD")
    assert told["site"] == ("Nowhere", "You have no such site.")
    assert told["excluded_buyers"][0] == "Nobody"
    assert "as-of" in told["listed_at"][1]


def test_references_that_compare_equal_are_told_with_both_lines(place: Place) -> None:
    job = place.lots(place.row("A-1"), place.row("ａ-1"), place.row("B"))
    assert reasons(job) == {3: [("lot_id", "ａ-1", "It is the same as in line 2.")]}
    assert outcomes(job)["B"] == "NEW"


def test_rows_are_counted_together_against_a_certificate(place: Place) -> None:
    rows = [place.row(f"L{number}", quantity_t="5000") for number in range(3)]
    job = place.lots(*rows)
    words = f"Certificate {place.certificate.number}: 2000 t left after the rows above."
    assert reasons(job) == {4: [("quantity_t", "5000", words)]}
    assert outcomes(job) == {"L0": "NEW", "L1": "NEW", "L2": "ERROR"}


def test_a_change_keeps_the_rules_of_the_form(place: Place) -> None:
    """An ask under an open proposal is not raised, a withdrawn lot not changed."""
    lot = made.lot(place.producer, place.certificate, reference="A")
    gone = made.lot(place.producer, place.certificate, reference="B")
    lots.withdraw(by=place.producer.actor, public_id=gone.public_id, now=timezone.now())
    wanted = made.requirement(place.buyer)
    bundles.open_bundles(
        round_number=1,
        engine_version="1",
        bundles=[[member(lot, wanted, 100)]],
        now=timezone.now(),
    )
    today = timezone.now().date()
    raised = market_rows.of_lot(lot, today) | {"ask_premium": "21"}
    revived = market_rows.of_lot(gone, today) | {"ask_premium": "21"}

    job = place.lots(raised, revived, market_rows.of_lot(gone, today) | {"lot_id": "C"})

    told = [words for ((_column, _value, words),) in reasons(job).values()]
    assert told == [
        "The ask cannot be raised while a proposal at it is open.",
        "This lot is withdrawn.",
    ]
    lowered = place.lots(market_rows.of_lot(lot, today) | {"ask_premium": "19"})
    assert lot.proposals.get().state == "PROPOSED", "trying changes nothing"
    confirmed(place.producer, lowered)
    assert lot.proposals.get().state == "WITHDRAWN"
    books_balance()
