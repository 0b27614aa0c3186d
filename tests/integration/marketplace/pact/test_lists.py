"""Pages and filters of PACT's list of footprints."""

from urllib.parse import quote

import pytest

from tests.factories.deals import Pair
from tests.integration.marketplace.pact.conftest import System, footprint

pytestmark = pytest.mark.django_db(transaction=True)


def test_pages_have_absolute_links_on_the_host_of_the_request(smelter: System, pair: Pair) -> None:
    ids = {str(footprint(pair)[1].public_id) for _ in range(5)}
    seen: list[str] = []
    url = "/3/footprints?limit=2&geography=cn"
    while url:
        answer = smelter.http.get(url)
        rows = answer.json()["data"]
        assert len(rows) <= 2
        seen += [one["id"] for one in rows]
        link = answer.headers.get("Link", "")
        assert bool(link) == (len(seen) < 5)
        url = link.partition(">")[0].lstrip("<")
        if url:
            assert url.startswith(f"{smelter.http.base_url}".rstrip("/") + "/3/footprints?")
            assert link.endswith('rel="next"')
            assert "geography=cn" in url
            again = smelter.http.get(url).json()
            assert again == smelter.http.get(url).json(), "it can be called more than once"
    assert (len(seen), set(seen)) == (5, ids)


@pytest.mark.parametrize("limit", ["-1", "two", "1.5", "1e3"])
def test_an_impossible_limit_is_refused(smelter: System, limit: str) -> None:
    answer = smelter.http.get(f"/3/footprints?limit={limit}")
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")


def test_filters_match_without_case_or_within_and_across(smelter: System, pair: Pair) -> None:
    lot, row = footprint(pair, cn_code="76011090")
    footprint(pair)
    product = quote(f"URN:PACT:LOCALHOST:PRODUCT-ID:{str(lot.public_id).upper()}")
    one, every, none = {str(row.public_id)}, 2, 0
    cases: dict[str, object] = {
        f"?productId={product}": one,
        f"?productId=urn:pact:other&productId={product}": one,
        "?classification=URN:PACT:EC.EUROPA.EU:CN-CODE:76011090": one,
        f"?companyId=urn:pact:localhost:company-id:{pair.producer.organisation.public_id}": every,
        f"?productId={product}&geography=DE": none,
        "?geography=de&geography=cn": every,
        "?geography=": every,
        "?status=Bogus": none,
        "?status=aCtIvE": every,
        "?companyId=urn:nobody": none,
        "?unknown=1": every,
    }
    for query, expected in cases.items():
        found = smelter.footprints(query)
        told = len(found) if isinstance(expected, int) else {each["id"] for each in found}
        assert told == expected, query


def test_dates_are_compared_with_the_validity_period(smelter: System, pair: Pair) -> None:
    """Three years from the end of the reference period: from 2026 to the end of 2028."""
    footprint(pair, ci_year="2025")
    cases = {
        "?validOn=2026-01-01T00:00:00Z": 1,
        "?validOn=2025-12-31T23:59:59Z": 0,
        "?validOn=2029-01-01T00:00:00Z": 1,
        "?validOn=2029-01-01T00:00:01Z": 0,
        "?validOn=2026-01-01T07:59:59%2B08:00": 0,
        "?validAfter=2025-12-31T00:00:00Z": 1,
        "?validAfter=2026-01-01T00:00:00Z": 0,
        "?validBefore=2029-01-02T00:00:00Z": 1,
        "?validBefore=2029-01-01T00:00:00Z": 0,
        "?validOn=yesterday": 0,
        "?validOn=yesterday&validOn=2026-06-01T00:00:00Z": 1,
    }
    for query, expected in cases.items():
        assert len(smelter.footprints(query)) == expected, query
