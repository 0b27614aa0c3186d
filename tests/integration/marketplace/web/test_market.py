"""The market page: public, the same for everybody, each picture with its table and CSV."""

import csv
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.models import MarketFigure
from tests.integration.marketplace.web.conftest import Place

pytestmark = pytest.mark.django_db
PAGE = reverse("market")


def figure(signal: str, value: int, level: int | None = 3_000, *, ago: int = 2) -> MarketFigure:
    today = timezone.now().date()
    monday = today - timedelta(days=today.weekday(), weeks=ago)
    ladder = signal in ("SUPPLY", "DEMAND")
    return MarketFigure.objects.create(
        signal=signal,
        boundary="" if level is None else "SMELTER_S1S2",
        level_milli=level,
        begin=monday if ladder else monday - timedelta(weeks=3),
        end=monday,
        value=value,
        shown_from=today,
    )


def rows(client: Client, picture: str) -> list[list[str]]:
    answer = client.get(reverse("market_csv", args=[picture]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(answer.content.decode().splitlines()))


def test_an_empty_market_says_why(client: Client) -> None:
    page = client.get(PAGE).content.decode()
    assert page.count("Nothing yet") == 3
    assert len(rows(client, "premium")) == 1


def test_figures_are_drawn_tabled_and_exported(client: Client) -> None:
    premium = figure("PREMIUM", 20)
    figure("PREMIUM", -5, 12_000)
    figure("SUPPLY", 1_250_000)
    figure("DEMAND", 400_000, 4_000)
    figure("TONNES", 950_000, None)
    page = client.get(PAGE).content.decode()
    assert page.count("<svg") == 3
    assert page.count("<rect") == 5
    for words in ("20 to below 25", "-5 to below 0", "3.000–4.000", "1,250", "400", "950"):
        assert words in page, words
    assert rows(client, "premium")[1] == [
        "SMELTER_S1S2", "3.000", "4.000", "20", "25",
        premium.begin.isoformat(), (premium.end - timedelta(days=1)).isoformat(),
    ]  # fmt: skip
    assert [row[0] for row in rows(client, "ladder")[1:]] == ["supply", "demand"]
    assert rows(client, "tonnes")[1][2] == "950.000"


def test_boundaries_are_apart(client: Client) -> None:
    figure("PREMIUM", 20)
    page = client.get(f"{PAGE}?boundary=CRADLE_TO_GATE").content.decode()
    assert "20 to below 25" not in page


@pytest.mark.parametrize("boundary", ["", "CBAM_DIRECT", "'; DROP TABLE", "a" * 5_000])
def test_any_other_boundary_is_the_first(client: Client, boundary: str) -> None:
    figure("PREMIUM", 20)
    assert "20 to below 25" in client.get(PAGE, {"boundary": boundary}).content.decode()


def test_what_is_to_be_told_later_is_not_there(client: Client) -> None:
    early = figure("PREMIUM", 20)
    MarketFigure.objects.filter(pk=early.pk).update(shown_from=date(2999, 1, 1))
    assert "20 to below 25" not in client.get(PAGE).content.decode()


def test_everybody_reads_the_same_figures(client: Client, place: Place) -> None:
    figure("PREMIUM", 20)
    figure("SUPPLY", 1_250_000)
    readers = [client, place.browser(place.producer), place.browser(place.buyer)]
    mains = {one.get(PAGE).content.decode().partition("<section")[2] for one in readers}
    assert len({main.partition("</main>")[0] for main in mains}) == 1


def test_numbers_of_the_picture_have_points_in_every_language(client: Client) -> None:
    figure("PREMIUM", 20)
    page = client.get(PAGE, headers={"accept-language": "zh-CN"}).content.decode()
    assert 'x="60.50"' in page


def test_an_unknown_picture_is_not_found(client: Client) -> None:
    assert client.get("/market/limits.csv").status_code == 404


def test_few_queries(client: Client, django_assert_max_num_queries: object) -> None:
    for level in range(0, 20_000, 1_000):
        figure("PREMIUM", 20, level)
        figure("SUPPLY", 50_000, level)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        client.get(PAGE)
