"""What is exported comes back unchanged; files of any program are read."""

from typing import Any

import pytest
from django.utils import timezone

from marketplace.domain.errors import InvalidInput
from marketplace.domain.exports import safe
from marketplace.models import (
    Lot,
    Requirement,
)
from marketplace.selectors import imports as selectors
from marketplace.selectors import market_rows
from marketplace.services import imports, lots, requirements, sites
from tests.factories import market as made
from tests.factories.sheets import (
    as_csv,
    as_xlsx,
    checked,
    confirmed,
    outcomes,
    reasons,
    requirement_row,
    sent,
    worked,
)
from tests.integration.marketplace.services.importing.conftest import Place

pytestmark = pytest.mark.django_db


def exported(*listings: Any) -> bytes:
    today = timezone.now().date()
    rows = [
        market_rows.of_lot(one, today) if isinstance(one, Lot) else market_rows.of_requirement(one)
        for one in listings
    ]
    return as_csv([{name: safe(text) for name, text in row.items()} for row in rows])


def full_lot(place: Place) -> Lot:
    epd = made.certificate(
        place.producer,
        by=place.admin,
        scheme="EPD",
        issuer="EPD Norge",
        number="NEPD-7",
        certified_t="",
        boundary="CRADLE_TO_GATE",
        ci="7.100",
    )
    site = sites.create(
        by=place.producer.actor,
        raw={"name": "Datong, 2号", "country": "CN"},
        now=timezone.now(),
    )
    return made.lot(
        place.producer,
        place.certificate,
        epd,
        quantity_t="512.125",
        min_take_t="100.5",
        ci_cradle_to_gate="7.150",
        ci_year="2025",
        offsets_used="yes",
        recycled_pre_pct="12.5",
        recycled_post_pct="1.25",
        al_pct="99.72",
        cn_code="76011090",
        incoterm="CIF",
        place="=Rotterdam",
        duty_status="DUTY_UNPAID",
        brand="'-Lancang",
        site=str(site.public_id),
        excluded_buyers=str(place.buyer.organisation.public_id),
    )


def test_what_is_exported_is_imported_as_unchanged(place: Place) -> None:
    listed = [
        full_lot(place),
        made.lot(place.producer, place.certificate, reference="=A-1"),
        made.lot(place.producer, place.certificate, ask_premium="-4.50", delivery_regions=""),
    ]
    lots.withdraw(by=place.producer.actor, public_id=listed[2].public_id, now=timezone.now())
    job = checked(place.producer, "LOTS", exported(*Lot.objects.all()))
    assert set(outcomes(job).values()) == {"UNCHANGED"}, reasons(job)
    wanted = made.requirement(
        place.buyer,
        reference="R 1",
        product_forms="INGOT|BILLET",
        grades="P1020A|6060",
        volume_t="1200.250",
        partial_ok="no",
        tolerance_pct="2.5",
        ci_basis="PORTFOLIO_AVERAGE",
        per_lot_cap_ci="4.25",
        required_schemes="CGMC_GREEN_POWER|EPD",
        schemes_rule="ANY",
        energy_sources="HYDRO|SOLAR",
        min_renewable_pct="80",
        allowed_origins="CN|NO",
        excluded_producers=str(place.producer.organisation.public_id),
        accepted_incoterms="CIF|DDP",
        max_premium="31.25",
        internal_carbon_price="90",
    )
    made.requirement(place.buyer)
    content = exported(*Requirement.objects.all())
    job = checked(place.buyer, "REQUIREMENTS", content)
    assert set(outcomes(job).values()) == {"UNCHANGED"}, reasons(job)
    row = market_rows.of_requirement(wanted) | {"max_premium": "30"}
    job = confirmed(place.buyer, place.requirements(row))
    wanted.refresh_from_db()
    assert (str(wanted.max_premium), wanted.accepted_incoterms) == ("30.00", ["CIF", "DDP"])


def test_a_listing_without_reference_is_found_by_its_id(place: Place) -> None:
    lot = made.lot(place.producer, place.certificate)
    row = market_rows.of_lot(lot, timezone.now().date())
    assert row["lot_id"] == str(lot.public_id)
    confirmed(place.producer, place.lots(row | {"ask_premium": "18"}))
    changed = Lot.objects.get()
    assert (str(changed.ask_premium), changed.reference) == ("18.00", "")


def test_verified_carbon_is_checked_and_never_taken_from_the_file(place: Place) -> None:
    job = place.lots(place.row("A", ci_verified="yes"))
    ((_column, value, words),) = reasons(job)[2]
    assert (value, "verifies every carbon value" in words) == ("yes", True)
    made.certificate(
        place.producer,
        by=place.admin,
        scheme="ISO_14067",
        issuer="TUV",
        number="ISO-1",
        certified_t="",
        boundary="SMELTER_S1S2",
        ci="3.100",
    )
    papers = {"certificates": f"{place.paper}|ISO_14067:iso - 1"}
    job = place.lots(
        place.row("A", ci_verified="yes", **papers), place.row("B", ci_verified="no", **papers)
    )
    assert outcomes(job) == {"A": "NEW", "B": "NEW"}, reasons(job)
    confirmed(place.producer, job)
    assert [one.carbon_statements.get().evidence_id for one in Lot.objects.all()].count(None) == 0
    again = place.lots(place.row("B", ci_verified="yes", **papers))
    assert outcomes(again) == {"B": "UNCHANGED"}


def test_certificates_with_one_number_are_told_apart_or_refused(place: Place) -> None:
    twin = made.certificate(
        place.producer, by=place.admin, issuer="Another", number=place.certificate.number
    )
    job = place.lots(place.row("A"))
    assert "use the form" in reasons(job)[2][0][2]
    lot = made.lot(place.producer, twin, reference="B")
    row = market_rows.of_lot(lot, timezone.now().date()) | {"ask_premium": "18"}
    assert outcomes(place.lots(row)) == {"B": "CHANGED"}


def test_what_is_no_market_file_says_so(place: Place) -> None:
    def problems(content: bytes) -> list[tuple[int, str, str]]:
        job = checked(place.producer, "LOTS", content)
        assert (job.state, job.rows.exists(), job.parts.exists()) == ("UNREADABLE", False, False)
        return [
            (one["line"], one["column"], one["message"].format(**one["params"]))
            for one in job.problems
        ]

    assert problems(b"lot_id,colour\n1,green\n") == [(1, "colour", "there is no such column")]
    assert problems(b"lot_id,lot_id\n") == [(1, "lot_id", "stands twice")]
    assert problems(b"lot_id\n") == [(0, "file", "has no rows below its first line")]
    assert problems(b"\xff\xfe;")[0][:2] == (0, "file")
    assert problems(b"PK\x03\x04 no workbook")[0][:2] == (0, "file")
    assert problems(b"requirement_id\nA\n")[0][1] == "requirement_id"
    for content in (b"%PDF-1.7\x00\x01", b"\xd0\xcf\x11\xe0\x00", b""):
        with pytest.raises(InvalidInput):
            sent(place.producer, "LOTS", content)
    with pytest.raises(InvalidInput):
        sent(place.producer, "DEALS", b"deal\n1\n")
    with pytest.raises(InvalidInput):
        imports.upload(by=place.producer.actor, kind="LOTS", file=None, now=timezone.now())
    big = imports.Upload("lots.csv", 50 * 1024**2 + 1, [b"x"])
    with pytest.raises(InvalidInput):
        imports.upload(by=place.producer.actor, kind="LOTS", file=big, now=timezone.now())


@pytest.mark.parametrize("way", [{}, {"bom": True, "end": "\r\n", "delimiter": ";"}, {"end": "\r"}])
def test_csv_of_any_program_is_read(place: Place, way: dict[str, Any]) -> None:
    rows = [place.row("青海-1", brand='say "x"; y'), place.row("B")]
    job = checked(place.producer, "LOTS", as_csv(rows, **way))
    assert outcomes(job) == {"青海-1": "NEW", "B": "NEW"}, (job.problems, reasons(job))


def test_a_spreadsheet_is_read_and_none_of_its_formulas_run(place: Place) -> None:
    row = place.row("A", quantity_t="512.3", brand="Qinghai")
    cells = [float(text) if text.replace(".", "").isdigit() else text for text in row.values()]
    job = checked(place.producer, "LOTS", as_xlsx([list(row), cells]))
    confirmed(place.producer, job)
    assert Lot.objects.get().quantity_kg == 512_300
    cells[list(row).index("quantity_t")] = "=250+250"
    job = checked(place.producer, "LOTS", as_xlsx([list(row), cells]))
    assert (job.state, "formula" in job.problems[0]["message"]) == ("UNREADABLE", True)
    # In a CSV it is text, and stays it.
    job = place.lots(place.row("=cmd()"), place.row("B", quantity_t="=1+1"))
    assert outcomes(job) == {"=cmd()": "NEW", "B": "ERROR"}
    hostile = as_csv([place.row("C\x00", brand="\x07", grade="\ufdfa" * 50)])
    file = imports.Upload("\x1b" * 300, len(hostile), [hostile[:9], hostile[9:]])
    job = imports.upload(by=place.producer.actor, kind="LOTS", file=file, now=timezone.now())
    assert job.file_name == "-"
    assert outcomes(worked(job, selectors.CHECK)) == {"C\ufffd": "ERROR"}


def test_a_requirement_is_imported_like_a_lot(place: Place) -> None:
    name = place.producer.organisation.name
    job = place.requirements(
        requirement_row("R1", excluded_producers=name.upper(), buyer=place.buyer.organisation.name),
        requirement_row("R2", allowed_producers="Nobody"),
    )
    assert reasons(job)[3][0][:2] == ("allowed_producers", "Nobody")
    confirmed(place.buyer, job, good_rows_only=True)
    wanted = Requirement.objects.get()
    assert [one.name for one in wanted.excluded_producers.all()] == [name]
    requirements.withdraw(by=place.buyer.actor, public_id=wanted.public_id, now=timezone.now())
    job = place.requirements(requirement_row("R1", volume_t="2"))
    assert reasons(job)[2][0][2] == "This requirement is withdrawn."


def test_another_reference_is_no_other_lot(place: Place) -> None:
    """Its proposals stand; two of one organisation never share one, two organisations may."""
    lot = made.lot(place.producer, place.certificate, reference="A")
    other = made.lot(place.producer, place.certificate)
    version = lot.version
    raw = made.lot_values(place.certificate)

    def called(one: Lot, name: str) -> Lot:
        return lots.edit(
            by=place.producer.actor,
            public_id=one.public_id,
            raw={**raw, "reference": name},
            version=None,
            now=timezone.now(),
        )

    assert called(lot, "B").version == version + 1
    for name, words in (("ｂ ", "has this reference"), ("x" * 65, "64"), ("\ufdfa" * 9, "64")):
        with pytest.raises(InvalidInput, match=words):
            called(other, name)
    wanted = made.requirement(place.buyer, reference="B")
    kept = requirements.edit(
        by=place.buyer.actor,
        public_id=wanted.public_id,
        raw=made.requirement_values(reference="C"),
        version=None,
        now=timezone.now(),
    )
    assert (kept.reference, kept.reference_key, kept.version) == ("C", "c", 2)
