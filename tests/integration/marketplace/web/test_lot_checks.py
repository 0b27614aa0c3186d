"""Checks beside the form of a lot: certificates, premium in USD/t, carbon and its boundaries."""

import re
from datetime import timedelta
from uuid import uuid4

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Lot
from marketplace.services import bundles, lots
from tests.factories import market as made
from tests.factories.offers import member
from tests.integration.marketplace.web.conftest import Place


def panel(place: Place, *, lot: Lot | None = None, live: bool = True, **raw: object) -> str:
    client = Client(headers={"HX-Request": "true"} if live else {})
    client.force_login(place.producer.user)
    values = made.lot_values(place.certificate, today=None, **raw)
    values["delivery_regions"] = ["EU", "CN"]
    address = (
        reverse("lot_checks") if lot is None else reverse("lot_edit_checks", args=[lot.public_id])
    )
    answer = client.post(address, values)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_certificate_says_what_is_left_after_this(place: Place) -> None:
    """Of 12,000 t the lots draw 11,200; 500 more leave 300."""
    made.lot(place.producer, place.certificate, quantity_t="11200")

    assert "300 t left after this" in panel(place)
    assert "200 t too few: it has 800 t free" in panel(place, quantity_t="1000")
    assert "800 t free" in panel(place, quantity_t="")
    assert "No certificate over tonnes is chosen yet." in panel(place, certificates=[])


def test_what_a_lot_draws_already_counts_for_it(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate, quantity_t="500")
    other = made.certificate(place.producer, by=place.admin, certified_t="600")

    assert "11,400 t left after this" in panel(place, lot=lot, quantity_t="600")
    moved = panel(place, lot=lot, quantity_t="600", certificates=[str(other.public_id)])
    assert "0 t left after this" in moved
    both = [str(one.public_id) for one in (place.certificate, other)]
    assert "11,400 t left after this" in panel(place, lot=lot, quantity_t="600", certificates=both)


def test_the_checks_say_what_saving_does(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate, quantity_t="500")
    values = made.lot_values(place.certificate, quantity_t="700")
    assert "11,300 t left after this" in panel(place, lot=lot, quantity_t="700")

    lots.edit(
        by=place.producer.actor, public_id=lot.public_id, raw=values, version=None,
        now=timezone.now(),
    )  # fmt: skip

    place.certificate.refresh_from_db()
    assert place.certificate.free_kg == 11_300_000


def test_the_premium_stands_beside_its_value_in_usd(place: Place) -> None:
    today = timezone.now().date().isoformat()

    euro = panel(place, ask_premium="20", premium_unit="EUR_T")
    pounds = panel(place, ask_premium="1", premium_unit="USC_LB")

    assert "20.00 EUR/t = 21.60 USD/t" in euro and f"at the rate of {today}" in euro
    assert "1.00 US cents/lb = 22.05 USD/t" in pounds and "at the rate of" not in pounds
    assert "unusual: is it the green premium only?" in panel(place, ask_premium="250")
    assert "leave out the metal price" in panel(place, ask_premium="2600")
    place.forget_rates()
    assert "the lot would not be matched until there is one" in panel(place, premium_unit="EUR_T")


def test_the_trap_of_the_two_boundaries_is_explained(place: Place) -> None:
    alone = panel(place, ci_smelter_s1s2="3.900")
    both = panel(place, ci_smelter_s1s2="3.900", ci_cradle_to_gate="6.100")
    gate = panel(place, ci_smelter_s1s2="", ci_cradle_to_gate="6.100")

    assert "Limits at smelter 1+2: with 3.900." in alone
    assert "The 4.0 trap" in alone and "roughly at 6" in alone
    assert "Limits at cradle-to-gate: with 6.100." in both and "trap" not in both
    assert "Limits at smelter 1+2: not comparable" in gate and "trap" not in gate


def test_unusual_and_impossible_values_are_said(place: Place) -> None:
    low = panel(place, ci_smelter_s1s2="1.200")
    wrong = panel(place, ci_smelter_s1s2="3200", quantity_t="-5")
    turned = panel(place, ci_smelter_s1s2="6.000", ci_cradle_to_gate="4.000")

    assert "less than half recycled metal is unusual" in low
    assert "<strong>Smelter scope 1+2</strong>" in wrong
    assert "<strong>Quantity</strong>" in wrong
    assert "at most cradle-to-gate" in turned
    assert "unusual" not in panel(place, ci_smelter_s1s2="1.200", recycled_post_pct="60")


def test_what_publishing_would_refuse_is_said_before(place: Place) -> None:
    """The same parser; fields that are only empty are not complained of."""
    wrong = panel(
        place, recycled_pre_pct="60", recycled_post_pct="55", min_take_t="501", al_pct="99.5"
    )

    for label in ("Post-consumer scrap", "Smallest portion", "Aluminium"):
        assert f"<strong>{label}</strong>" in wrong
    empty = panel(place, grade="", quantity_t="", ci_smelter_s1s2="", window_start="")
    assert "<strong>" not in empty and "error" not in empty


def test_a_value_below_its_certificate_is_said_before(place: Place) -> None:
    paper = made.certificate(
        place.producer, by=place.admin, scheme="EPD", certified_t="", issuer="EPD Norge",
        boundary="SMELTER_S1S2", ci="3.500",
    )  # fmt: skip
    both = [str(one.public_id) for one in (place.certificate, paper)]

    assert f"Certificate {paper.number} says 3.500" in panel(place, certificates=both)
    assert "says 3.500" not in panel(place, certificates=both, ci_smelter_s1s2="3.500")


def test_open_proposals_give_their_tonnes_back_before_a_lot_moves(place: Place) -> None:
    """To another certificate and back: what saving does, to the kilogram."""
    lot = made.lot(place.producer, place.certificate, quantity_t="500")
    wanted = made.requirement(place.buyer, volume_t="200")
    bundles.open_bundles(
        round_number=1, engine_version="test", bundles=[[member(lot, wanted, 200)]],
        now=timezone.now(),
    )  # fmt: skip
    other = made.certificate(
        place.producer, by=place.admin, scheme="CGMC_GREEN_LOW_CARBON", certified_t="900"
    )
    both = [str(one.public_id) for one in (place.certificate, other)]

    text = panel(place, lot=lot, quantity_t="600", certificates=both)
    values = made.lot_values(place.certificate, other, quantity_t="600")
    lots.edit(
        by=place.producer.actor, public_id=lot.public_id, raw=values, version=None,
        now=timezone.now(),
    )  # fmt: skip

    for paper, said in ((place.certificate, "11,400 t left"), (other, "300 t left")):
        paper.refresh_from_db()
        assert paper.free_kg is not None
        assert said in text and f"{paper.free_kg // 1000:,} t left" == said


def test_without_javascript_the_page_comes_back_with_all_that_was_typed(place: Place) -> None:
    text = panel(place, live=False, quantity_t="123.456", brand="Fjord")

    assert "11,876.544 t left after this" in text
    assert 'value="123.456"' in text and 'value="Fjord"' in text
    assert f'action="{reverse("lot_new")}"' in text


def test_foreign_certificates_and_lots_tell_nothing(place: Place) -> None:
    stranger = made.trader(side="producer", by=place.admin)
    foreign = made.certificate(stranger, by=place.admin, certified_t="777")
    made.certificate(
        stranger, by=place.admin,
        valid_to=(timezone.now().date() + timedelta(days=1)).isoformat(),
    )  # fmt: skip

    assert "777" not in panel(place, certificates=[str(foreign.public_id), "nonsense"])
    lot = made.lot(place.producer, place.certificate)
    browser = place.browser(stranger)
    for public_id in (lot.public_id, uuid4()):
        assert browser.post(reverse("lot_edit_checks", args=[public_id])).status_code == 404


def test_another_lot_like_it_begins_with_its_values_and_without_its_reference(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate, quantity_t="123.456", reference="OURS-1")
    browser = place.browser(place.producer)
    page = browser.get(reverse("lot_copy", args=[lot.public_id])).content.decode()
    assert 'value="123.456"' in page
    assert "OURS-1" not in page
    assert f'action="{reverse("lot_new")}"' in page
    stranger = place.browser(place.buyer)
    assert stranger.get(reverse("lot_copy", args=[lot.public_id])).status_code == 404
