"""Open lots as buyers use them: side by side, and as searches that are kept."""

import re
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from marketplace.models import Lot, OrganisationGroup, SavedSearch
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place


def side_by_side(browser: Client, *lots: object) -> tuple[int, str]:
    ids = [str(getattr(one, "public_id", one)) for one in lots]
    answer = browser.get(reverse("lots_compare"), {"lot": ids})
    text = re.sub(r"\s+", " ", answer.content.decode())
    return answer.status_code, text.partition("<main")[2].partition("</main>")[0]


def row(text: str, label: str) -> str:
    (found,) = [one for one in re.findall(r"<tr.*?</tr>", text) if f"> {label} <" in one]
    return str(found)


def test_lots_are_compared_and_differences_have_a_word(place: Place) -> None:
    one = made.lot(place.producer, place.certificate)
    other = made.lot(
        place.producer,
        place.certificate,
        ci_smelter_s1s2="3.900",
        ci_cradle_to_gate="6.100",
        ask_premium="18.50",
        premium_unit="EUR_T",
    )

    code, text = side_by_side(place.browser(place.buyer), one, other)

    assert code == 200
    smelter = row(text, "Carbon, t CO2e/t · smelter 1+2")
    assert "differs" in smelter and "3.200" in smelter and "3.900" in smelter
    gate = row(text, "Carbon, t CO2e/t · cradle-to-gate")
    assert gate.count("not comparable") == 2 and "6.100" in gate
    assert 'class="num"' in smelter
    assert "20.00 USD/t" in row(text, "Premium asked")
    assert "19.98" in row(text, "In USD/t")
    assert "differs" not in row(text, "Grade")
    assert place.producer.organisation.name not in text
    assert 'role="region"' in text


def test_nothing_tells_whose_a_lot_is(place: Place) -> None:
    """Neither name nor brand: the producer is learned with a proposal."""
    lots = [made.lot(place.producer, place.certificate, brand="Fjordal") for _ in range(2)]

    text = side_by_side(place.browser(place.buyer), *lots)[1]

    assert "Fjordal" not in text and "Brand" not in text


def test_asks_are_left_out_for_who_may_not_see_them(place: Place) -> None:
    group = OrganisationGroup.objects.create(name="Group")
    made.trader(side="producer", by=place.admin, group=group)
    buyer = made.trader(side="buyer", by=place.admin, group=group)
    lots = [made.lot(place.producer, place.certificate, ask_premium="33.33") for _ in range(2)]

    code, text = side_by_side(place.browser(buyer), *lots)

    assert code == 200
    assert "33.33" not in text and "Premium asked" not in text


def test_up_to_four_and_at_least_two(place: Place) -> None:
    lots = [made.lot(place.producer, place.certificate) for _ in range(5)]
    browser = place.browser(place.buyer)

    assert side_by_side(browser, *lots[:4])[0] == 200
    code, text = side_by_side(browser, *lots)
    assert (code, "Choose up to 4 lots: these are 5." in text) == (400, True)
    code, text = side_by_side(browser, lots[0], lots[0])
    assert (code, "Choose two to 4 lots in the list." in text) == (400, True)


def test_what_is_not_on_offer_reads_like_what_does_not_exist(place: Place) -> None:
    shown = made.lot(place.producer, place.certificate)
    barred = str(place.buyer.organisation.public_id)
    hidden = made.lot(place.producer, place.certificate, excluded_buyers=barred)
    browser = place.browser(place.buyer)

    texts = {side_by_side(browser, shown, other)[1] for other in (hidden, uuid4(), "nonsense")}

    assert len(texts) == 1
    assert "1 of the lots you named is not on offer to you." in texts.pop()


def test_without_a_rate_a_premium_is_not_comparable(place: Place) -> None:
    lots = [
        made.lot(place.producer, place.certificate, premium_unit=unit)
        for unit in ("USD_T", "EUR_T")
    ]
    Lot.objects.filter(pk=lots[1].pk).update(incoterm="CIF", place="Rotterdam", min_take_kg=25_000)
    place.forget_rates()

    text = side_by_side(place.browser(place.buyer), *lots)[1]

    assert "not comparable: no exchange rate" in text
    assert "CIF Rotterdam" in text and "any" in row(text, "Smallest portion, t")


def test_the_list_offers_to_compare_and_to_save(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate)

    page = place.browser(place.buyer).get(reverse("market_lots"), {"product_form": "INGOT"})
    text = page.content.decode()

    assert f'value="{lot.public_id}"' in text
    assert 'name="product_form" value="INGOT"' in text
    assert 'id="compare"' in text
    own = place.browser(place.producer).get(reverse("lots")).content.decode()
    assert 'form="compare"' not in own


def test_a_search_is_kept_looked_at_and_deleted(place: Place) -> None:
    browser = place.browser(place.buyer)
    saved = browser.post(
        reverse("search_save"),
        {"search_name": "Hydro", "energy_source": "HYDRO", "grade": "P1020A", "x": "y"},
        follow=True,
    )
    assert "Saved. You are told when new lots fit." in saved.content.decode()
    assert saved.redirect_chain[-1][0] == "/market/lots?grade=P1020A&energy_source=HYDRO"
    made.lot(place.producer, place.certificate)

    listed = re.sub(r"\s+", " ", browser.get(reverse("searches")).content.decode())

    assert "Energy source: Hydro" in listed
    assert 'class="num">1</td>' in listed
    search = SavedSearch.objects.get()
    looked = browser.get(reverse("search", args=[search.public_id]))
    assert looked["Location"].startswith("/market/lots?")
    assert 'class="num">0</td>' in browser.get(reverse("searches")).content.decode()
    browser.post(reverse("search_delete", args=[search.public_id]))
    assert not SavedSearch.objects.exists()
    assert "None yet" in browser.get(reverse("searches")).content.decode()


def test_a_refused_name_is_said_and_the_list_stays_narrowed(place: Place) -> None:
    browser = place.browser(place.buyer)
    browser.post(reverse("search_save"), {"search_name": "All"})

    again = browser.post(
        reverse("search_save"), {"search_name": "all", "product_form": "INGOT"}, follow=True
    )

    assert "You have a search of this name." in again.content.decode()
    assert again.redirect_chain[-1][0] == "/market/lots?product_form=INGOT"
    assert "all of them" in browser.get(reverse("searches")).content.decode()


def test_foreign_searches_read_like_absent_ones(place: Place) -> None:
    place.browser(place.buyer).post(reverse("search_save"), {"search_name": "Mine"})
    search = SavedSearch.objects.get()
    stranger = place.browser(made.trader(side="buyer", by=place.admin))
    for public_id in (search.public_id, uuid4()):
        assert stranger.get(reverse("search", args=[public_id])).status_code == 404
        assert stranger.post(reverse("search_delete", args=[public_id])).status_code == 404
