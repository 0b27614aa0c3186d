"""Forms: what is refused stands at its field and saves nothing; what is saved comes back whole."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.domain.vocabulary import ProposalState
from marketplace.models import Certificate, Lot, Proposal, Requirement
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place

FULL_LOT = {
    "brand": "Lancang",
    "al_pct": "99.72",
    "cn_code": "76011090",
    "quantity_t": "512.125",
    "min_take_t": "100.500",
    "ci_cradle_to_gate": "7.150",
    "ci_year": "2025",
    "offsets_used": "yes",
    "recycled_pre_pct": "12.50",
    "recycled_post_pct": "1.25",
    "incoterm": "CIF",
    "place": "Rotterdam",
    "duty_status": "DUTY_UNPAID",
    "ask_premium": "145.50",
    "premium_unit": "CNY_T",
    "delivery_regions": ["EU", "CN"],
}
FULL_REQUIREMENT = {
    "product_forms": ["INGOT", "BILLET"],
    "grades": "P1020A, AA6063",
    "volume_t": "1200.250",
    "min_lot_t": "25",
    "partial_ok": "no",
    "tolerance_pct": "2.50",
    "ci_basis": "PORTFOLIO_AVERAGE",
    "per_lot_cap_ci": "4.250",
    "verified_ci_only": "yes",
    "accept_offsets": "yes",
    "required_schemes": ["CGMC_GREEN_POWER", "EPD"],
    "schemes_rule": "ANY",
    "energy_sources": ["HYDRO", "SOLAR"],
    "min_renewable_pct": "80.00",
    "min_recycled_post_pct": "1.50",
    "allowed_origins": "CN, NO",
    "excluded_origins": "IN",
    "accepted_incoterms": ["CIF", "DDP"],
    "accepted_duty_statuses": ["DUTY_UNPAID"],
    "max_premium": "31.25",
    "premium_unit": "EUR_T",
    "internal_carbon_price": "90",
}


def posted(client: Client, name: str, values: dict[str, Any], *args: object) -> Any:
    regions = values.get("delivery_regions")
    if isinstance(regions, str):
        values = values | {"delivery_regions": regions.split("|")}
    return client.post(reverse(name, args=args), values)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("quantity_t", "0", "Give a value above 0 and up to 500000."),
        ("quantity_t", "10.0001", "Too many decimals: 3 at most; values are never rounded."),
        ("ci_smelter_s1s2", "4,0", "Give a plain number with a decimal point"),
        ("ask_premium", "2600", "premium"),
        ("origin_country", "XX", "ISO 3166"),
        ("certificates", "", "at least one verified certificate"),
        ("produced_to", "2099-01-01", "period of CGMC"),
        ("brand", "<script>alert(1)</script>" * 20, "Give at most"),
    ],
)
def test_a_refused_lot_names_its_field_and_saves_nothing(
    place: Place, field: str, value: str, words: str
) -> None:
    values = made.lot_values(place.certificate) | {field: value}
    answer = posted(place.browser(place.producer), "lot_new", values)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in " ".join(answer.context["form"].errors[field])
    assert f'href="#id_{field}_about"' in text
    assert "P1020A" in text, "what was typed stays"
    assert "<script>alert" not in text
    assert not Lot.objects.exists()


def test_someone_elses_certificate_backs_no_lot(place: Place) -> None:
    other = made.trader(side="producer", by=place.admin)
    values = made.lot_values(place.certificate)
    answer = posted(place.browser(other), "lot_new", values)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["certificates"]


def test_a_lot_through_its_edit_form_unchanged_stays_the_same(place: Place) -> None:
    browser = place.browser(place.producer)
    values = made.lot_values(place.certificate) | FULL_LOT
    values["excluded_buyers"] = [str(place.buyer.organisation.public_id)]
    saved(posted(browser, "lot_new", values))
    assert unchanged_by_edit(browser, "lot_edit", Lot.objects.get)


def test_a_requirement_through_its_edit_form_unchanged_stays_the_same(place: Place) -> None:
    browser = place.browser(place.buyer)
    values = made.requirement_values() | FULL_REQUIREMENT
    values["excluded_producers"] = [str(place.producer.organisation.public_id)]
    saved(posted(browser, "requirement_new", values))
    assert unchanged_by_edit(browser, "requirement_edit", Requirement.objects.get)


def unchanged_by_edit(browser: Client, name: str, stored: Callable[[], Any]) -> bool:
    """Send the edit form back as the browser shows it; compare all columns but the version."""
    before = columns(stored())
    page = browser.get(reverse(name, args=[stored().public_id]))
    sent = as_shown(page.context["form"]) | {"version": stored().version}
    saved(browser.post(reverse(name, args=[stored().public_id]), sent))
    assert columns(stored()) == before
    return True


def saved(answer: Any) -> None:
    assert answer.status_code == 302, answer.context["form"].errors


def columns(row: Any) -> dict[str, object]:
    changing = {"version", "updated_at", "listed_at", "posted_at"}
    plain = {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in changing
    }
    many: dict[str, list[Any]] = {
        field.name: sorted(str(one) for one in getattr(row, field.name).all())
        for field in row._meta.many_to_many
    }
    if isinstance(row, Lot):
        statements = row.carbon_statements.order_by("boundary")
        many["carbon"] = list(statements.values_list("boundary", "ci_milli", "reporting_year"))
    return plain | many


def as_shown(form: Any) -> dict[str, object]:
    """The values a browser would send: those of the rendered inputs."""
    sent: dict[str, object] = {}
    for bound in form:
        value = bound.value()
        if value in (None, "", False, []):
            continue
        sent[bound.name] = "on" if value is True else value
    return sent


def test_an_edit_that_began_before_another_edit_changes_nothing(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate)
    browser = place.browser(place.producer)
    values = made.lot_values(place.certificate)
    first = posted(browser, "lot_edit", values | {"brand": "A", "version": "1"}, lot.public_id)
    late = posted(browser, "lot_edit", values | {"brand": "B", "version": "1"}, lot.public_id)
    assert (first.status_code, late.status_code) == (302, 422)
    lot.refresh_from_db()
    assert lot.brand == "A"


def test_a_withdrawn_lot_is_off_the_market_and_keeps_its_page(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate)
    browser = place.browser(place.producer)
    browser.post(reverse("lot_withdraw", args=[lot.public_id]))
    assert browser.get(reverse("lot", args=[lot.public_id])).status_code == 200
    market = place.browser(place.buyer).get(reverse("market_lots")).content.decode()
    assert place.producer.organisation.name not in market


def test_both_sides_answer_on_their_pages(place: Place, proposal: Proposal) -> None:
    for trader in (place.buyer, place.producer):
        browser = place.browser(trader)
        page = browser.get(reverse("proposal", args=[proposal.public_id]))
        version = re.search(r'name="version" value="(\d+)"', page.content.decode())
        assert version is not None
        path = reverse("proposal_accept", args=[proposal.public_id])
        answer = browser.post(path, {"version": version[1]}, follow=True)
    assert "Confirmation" in answer.content.decode()
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.DEAL.value


def test_declining_needs_a_reason_where_the_own_limits_allow(
    place: Place, proposal: Proposal
) -> None:
    browser = place.browser(place.buyer)
    path = reverse("proposal_decline", args=[proposal.public_id])
    assert browser.post(path, {"reason": " "}).status_code == 422
    assert browser.post(path, {"reason": "Plan changed."}).status_code == 302
    proposal.refresh_from_db()
    assert (proposal.state, proposal.reason) == (ProposalState.DECLINED.value, "Plan changed.")


@pytest.mark.parametrize("text", ["A\x00B", "A\x07", "\u200b"])
def test_what_no_database_stores_is_refused_in_words(place: Place, text: str) -> None:
    answer = posted(
        place.browser(place.buyer), "requirement_new", made.requirement_values() | {"grades": text}
    )
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["grades"]
    lot = made.lot_values(place.certificate) | {"grade": text}
    assert posted(place.browser(place.producer), "lot_new", lot).status_code == 422
    assert not Lot.objects.exists()


def test_why_one_side_declined_is_not_shown_to_the_other(place: Place, proposal: Proposal) -> None:
    buyer, producer = place.browser(place.buyer), place.browser(place.producer)
    path = reverse("proposal_decline", args=[proposal.public_id])
    assert buyer.post(path, {"reason": "a\x00b"}).status_code == 422
    buyer.post(path, {"reason": "Our limit is\n23.57."})
    page = reverse("proposal", args=[proposal.public_id])
    assert "23.57" in buyer.get(page).content.decode()
    assert "23.57" not in producer.get(page).content.decode()


def test_a_paused_listing_goes_on_when_it_is_confirmed_unchanged(place: Place) -> None:
    lot, wanted = made.lot(place.producer, place.certificate), made.requirement(place.buyer)
    for name, row, trader in (
        ("lot_edit", lot, place.producer),
        ("requirement_edit", wanted, place.buyer),
    ):
        type(row)._default_manager.filter(pk=row.pk).update(state="PAUSED")
        browser = place.browser(trader)
        path = reverse(name, args=[row.public_id])
        saved(browser.post(path, as_shown(browser.get(path).context["form"])))
        row.refresh_from_db()
        assert row.state == "OPEN"


def test_an_expired_certificate_backs_no_new_lot(place: Place) -> None:
    Certificate.objects.update(valid_to="2026-01-31", valid_from="2025-02-01")
    values = made.lot_values(place.certificate)
    answer = posted(place.browser(place.producer), "lot_new", values)
    assert "was valid until 2026-01-31" in str(answer.context["form"].errors["certificates"])


def test_lots_for_the_whole_world_are_found_for_each_region(place: Place) -> None:
    made.lot(place.producer, place.certificate, delivery_regions="GLOBAL")
    browser = place.browser(place.buyer)
    page = browser.get(reverse("market_lots"), {"delivery_region": "JP"})
    assert "P1020A" in page.content.decode()
