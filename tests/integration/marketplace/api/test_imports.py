"""Imports over the API: many rows a call, what became of each, and nothing twice."""

from typing import Any

import pytest
from django.utils import timezone

from marketplace.models import Certificate, ImportJob, Lot, Requirement
from marketplace.selectors.imports import CHECK, IMPORT
from tests.factories import market as made
from tests.factories.api import Caller
from tests.factories.market import Trader
from tests.factories.sheets import lot_row, requirement_row, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def producer() -> Trader:
    return made.trader(side="producer", by=made.admin(now=timezone.now()))


@pytest.fixture
def certificate(producer: Trader) -> Certificate:
    return made.certificate(producer, by=made.admin(now=timezone.now()), certified_t="100")


def row(certificate: Certificate, number: str, **cells: Any) -> dict[str, str]:
    return lot_row(number, f"CGMC_GREEN_POWER:{certificate.number}", **cells)


def begun(caller: Caller, *rows: object, kind: str = "LOTS", **more: object) -> ImportJob:
    answer = caller.post("imports", {"kind": kind, "rows": list(rows), **more})
    assert answer.status_code == 201, answer.content
    job = ImportJob.objects.latest("pk")
    assert answer["Location"] == f"/api/v1/imports/{job.public_id}"
    assert answer.json()["state"] == "UPLOADED"
    return worked(job, CHECK)


def results(caller: Caller, job: ImportJob, query: str = "") -> list[dict[str, Any]]:
    found = caller.get(f"imports/{job.public_id}/rows{query}").json()["results"]
    assert isinstance(found, list)
    return found


def test_rows_are_checked_saved_and_told_one_by_one(
    producer: Trader, certificate: Certificate
) -> None:
    caller = Caller.of(producer)
    rows = [row(certificate, "A"), row(certificate, "=B", delivery_regions="EU")]
    rows[1] |= {"delivery_regions": ["CN", "EU"], "quantity_t": 12.5, "offsets_used": False}  # type: ignore[dict-item]
    job = begun(caller, *rows, confirm="ALL")
    assert job.state == "CONFIRMED"
    job = worked(job, IMPORT)
    told = caller.get(f"imports/{job.public_id}").json()
    assert (told["state"], told["counts"]["NEW"], told["rows_done"]) == ("IMPORTED", 2, 2)
    second = Lot.objects.get(reference="=B")
    assert (second.quantity_kg, second.delivery_regions) == (12_500, ["CN", "EU"])
    found = results(caller, job)
    assert [(one["row"], one["reference"], one["outcome"]) for one in found] == [
        (1, "A", "NEW"), (2, "=B", "NEW"),
    ]  # fmt: skip
    assert found[1]["listing"] == str(second.public_id)

    again = begun(caller, *rows, confirm="ALL")
    assert again.state == "IMPORTED", "nothing of it is new, so nothing waits"
    assert {one["outcome"] for one in results(caller, again)} == {"UNCHANGED"}
    changed = begun(caller, row(certificate, "A", ask_premium="19"), confirm="ALL")
    worked(changed, IMPORT)
    assert Lot.objects.get(reference="A").ask_premium == 19
    assert Lot.objects.count() == 2


def test_all_waits_where_a_row_is_bad_and_good_leaves_it_out(
    producer: Trader, certificate: Certificate
) -> None:
    caller = Caller.of(producer)
    rows = [row(certificate, "A"), row(certificate, "B", quantity_t="-1")]
    job = begun(caller, *rows, confirm="ALL")
    assert job.state == "CHECKED"
    (bad,) = results(caller, job, "?outcome=ERROR")
    assert (bad["row"], bad["reference"], bad["listing"]) == (2, "B", None)
    assert [one["column"] for one in bad["problems"]] == ["quantity_t"]
    assert bad["problems"][0]["detail"]
    refused = caller.post(f"imports/{job.public_id}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    gone = caller.post(f"imports/{job.public_id}/discard")
    assert (gone.status_code, gone.json()["state"]) == (200, "DISCARDED")
    assert not Lot.objects.exists()

    good = worked(begun(caller, *rows, confirm="GOOD"), IMPORT)
    assert good.state == "IMPORTED"
    assert list(Lot.objects.values_list("reference", flat=True)) == ["A"]


def test_good_is_over_where_the_good_rows_change_nothing(
    producer: Trader, certificate: Certificate
) -> None:
    caller = Caller.of(producer)
    rows = [row(certificate, "A"), row(certificate, "B", quantity_t="-1")]
    worked(begun(caller, *rows, confirm="GOOD"), IMPORT)
    again = begun(caller, *rows, confirm="GOOD")
    assert again.state == "IMPORTED"
    assert again.finished_at is not None


def test_a_list_of_imports_asks_no_more_for_more_of_them(
    producer: Trader, certificate: Certificate, django_assert_max_num_queries: Any
) -> None:
    caller = Caller.of(producer)
    for number in range(6):
        begun(caller, row(certificate, f"L{number}"))
    with django_assert_max_num_queries(9):
        found = caller.get("imports").json()["results"]
    assert [one["counts"]["NEW"] for one in found] == [1] * 6


def test_no_more_than_a_hundred_errors_are_told(producer: Trader) -> None:
    rows = [{f"colour {number}": "red"} for number in range(1000)]
    answer = Caller.of(producer).post("imports", {"kind": "LOTS", "rows": rows})
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 100)


def test_a_checked_import_is_confirmed_by_a_call(
    producer: Trader, certificate: Certificate
) -> None:
    caller = Caller.of(producer)
    job = begun(caller, row(certificate, "A"), row(certificate, "B", grade=""))
    answer = caller.post(f"imports/{job.public_id}/confirm", {"good_rows_only": True})
    assert (answer.status_code, answer.json()["state"]) == (200, "CONFIRMED")
    worked(job, IMPORT)
    assert Lot.objects.get().reference == "A"
    assert [one["id"] for one in caller.get("imports?kind=LOTS").json()["results"]] == [
        str(job.public_id)
    ]


def test_a_buyer_imports_requirements_and_no_lots() -> None:
    buyer = made.trader(side="buyer", by=made.admin(now=timezone.now()))
    caller = Caller.of(buyer)
    worked(begun(caller, requirement_row("R"), kind="REQUIREMENTS", confirm="ALL"), IMPORT)
    assert Requirement.objects.get().reference == "R"
    refused = caller.post("imports", {"kind": "LOTS", "rows": [{"lot_id": "A"}]})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "DEALS", "rows": [{}]}, "unknown"),
        ({"kind": "LOTS", "confirm": "MAYBE", "rows": [{}]}, "unknown"),
        ({"kind": "LOTS"}, "not_rows"),
        ({"kind": "LOTS", "rows": []}, "not_rows"),
        ({"kind": "LOTS", "rows": ["A"]}, "not_rows"),
        ({"kind": "LOTS", "rows": [{}] * 1001}, "not_rows"),
        ({"kind": "LOTS", "rows": [{"colour": "red"}]}, "unknown_column"),
        ({"kind": "LOTS", "rows": [{"lot_id": {"a": "b"}}]}, "not_a_value"),
        ({"kind": "LOTS", "rows": [{"origin_country": False}]}, "not_a_value"),
        ({"kind": "LOTS", "rows": [{"lot_id": "a\x00"}]}, "not_a_value"),
        ({"kind": "LOTS", "rows": [{"lot_id": "two\nlines"}]}, "not_a_value"),
        ({"kind": "LOTS", "rows": [{}], "colour": "red"}, "unknown_field"),
    ],
)
def test_what_is_no_import_is_refused_at_once(producer: Trader, body: Any, code: str) -> None:
    answer = Caller.of(producer).post("imports", body)
    assert answer.status_code == 400
    assert code in {one["code"] for one in answer.json()["errors"]}
    assert not ImportJob.objects.exists()


def test_a_row_of_nothing_says_why_it_is_no_table(producer: Trader) -> None:
    caller = Caller.of(producer)
    job = begun(caller, {}, confirm="ALL")
    told = caller.get(f"imports/{job.public_id}").json()
    assert (told["state"], len(told["problems"])) == ("UNREADABLE", 1)
    assert told["problems"][0]["detail"]
