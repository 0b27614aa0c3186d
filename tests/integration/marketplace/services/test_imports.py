"""Imports of market files: what a check shows, what a confirmation saves, what stops either."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from marketplace import tasks
from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Paused
from marketplace.domain.exports import safe
from marketplace.domain.vocabulary import Role
from marketplace.models import (
    Certificate,
    ImportJob,
    ImportRow,
    Lot,
    Membership,
    OutboxRow,
    Requirement,
    User,
)
from marketplace.models.actors import Actor
from marketplace.selectors import imports as selectors
from marketplace.selectors import market_rows
from marketplace.services import bundles, imports, lots, outbox, pauses, requirements, sites
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import books_balance, member
from tests.factories.sheets import (
    as_csv,
    as_xlsx,
    checked,
    confirmed,
    lot_row,
    outcomes,
    reasons,
    requirement_row,
    sent,
    worked,
)

pytestmark = pytest.mark.django_db

PAPER = "CGMC_GREEN_POWER:"


@dataclass
class Place:
    admin: User
    producer: Trader
    buyer: Trader
    certificate: Certificate

    @property
    def paper(self) -> str:
        return f"{PAPER}{self.certificate.number}"

    def row(self, number: str, **cells: str) -> dict[str, str]:
        return lot_row(number, self.paper, today=None, **cells)

    def lots(self, *rows: dict[str, str]) -> ImportJob:
        return checked(self.producer, "LOTS", as_csv(rows))

    def requirements(self, *rows: dict[str, str]) -> ImportJob:
        return checked(self.buyer, "REQUIREMENTS", as_csv(rows))


@pytest.fixture
def place() -> Place:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    buyer = made.trader(side="buyer", by=admin)
    return Place(admin, producer, buyer, made.certificate(producer, by=admin))


def exported(*listings: Any) -> bytes:
    today = timezone.now().date()
    rows = [
        market_rows.of_lot(one, today) if isinstance(one, Lot) else market_rows.of_requirement(one)
        for one in listings
    ]
    return as_csv([{name: safe(text) for name, text in row.items()} for row in rows])


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


def test_who_draws_the_tonnes_between_check_and_confirmation_stops_all_of_it(place: Place) -> None:
    job = place.lots(place.row("A", quantity_t="6000"), place.row("B", quantity_t="6000"))
    made.lot(place.producer, place.certificate, quantity_t="100")

    job = confirmed(place.producer, job)

    assert job.state == "REFUSED"
    assert outcomes(job) == {"A": "NEW", "B": "ERROR"}
    assert "5900 t left" in reasons(job)[3][0][2]
    assert Lot.objects.count() == 1
    books_balance()


@pytest.mark.parametrize("moved", ["changed", "same", "new"])
def test_what_moved_since_the_check_is_an_error_and_nothing_is_saved(
    place: Place, moved: str
) -> None:
    first, second = (
        made.lot(place.producer, place.certificate, reference=name) for name in ("A", "B")
    )
    raw = made.lot_values(place.certificate, ask_premium="18")
    rows = [
        market_rows.of_lot(first, timezone.now().date()) | {"ask_premium": "19"},
        market_rows.of_lot(second, timezone.now().date()),
        {**market_rows.of_lot(second, timezone.now().date()), "lot_id": "C"},
    ]
    job = place.lots(*rows)
    assert outcomes(job) == {"A": "CHANGED", "B": "UNCHANGED", "C": "NEW"}
    if moved == "new":
        made.lot(place.producer, place.certificate, reference="c")
    else:
        lot = first if moved == "changed" else second
        lots.edit(
            by=place.producer.actor,
            public_id=lot.public_id,
            raw={**raw, "reference": lot.reference},
            version=lot.version,
            now=timezone.now(),
        )
    held = sorted(Lot.objects.values_list("reference", "version"))

    job = confirmed(place.producer, job)

    assert job.state == "REFUSED"
    ((_column, value, words),) = next(iter(reasons(job).values()))
    assert value == {"changed": "A", "same": "B", "new": "C"}[moved]
    assert "changed after the check" in words
    assert sorted(Lot.objects.values_list("reference", "version")) == held


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


@pytest.mark.parametrize("kind", ["LOTS", "REQUIREMENTS"])
def test_who_may_not_list_may_not_import(place: Place, kind: str) -> None:
    own, other = (place.producer, place.buyer) if kind == "LOTS" else (place.buyer, place.producer)
    content = as_csv([place.row("A") if kind == "LOTS" else requirement_row("A")])
    viewer = Trader(Actor(own.user, own.organisation, Role.VIEWER))
    unverified = made.trader(
        side="producer" if kind == "LOTS" else "buyer", by=place.admin, verified=False
    )
    for trader in (other, viewer, unverified):
        with pytest.raises(NotAllowed):
            sent(trader, kind, content)
    job = checked(own, kind, content)
    what = pauses.What(trading=True, organisation=own.organisation.public_id)
    pauses.pause(what=what, by=place.admin, reason="An inspection", now=timezone.now())
    with pytest.raises(Paused):
        sent(own, kind, content)
    with pytest.raises(Paused):
        confirmed(own, job)


def test_who_was_stopped_after_confirming_saves_nothing(place: Place) -> None:
    job = place.lots(place.row("A"))
    imports.confirm(
        by=place.producer.actor,
        public_id=job.public_id,
        good_rows_only=False,
        now=timezone.now(),
    )
    Membership.objects.filter(user=place.producer.user).delete()
    job = worked(job, selectors.IMPORT)
    assert (job.state, Lot.objects.exists()) == ("REFUSED", False)
    assert "does not act for this organisation" in job.problems[0]["message"]
    other = sent(place.buyer, "REQUIREMENTS", as_csv([requirement_row("A")]))
    User.objects.filter(pk=place.buyer.user.pk).update(is_active=False)
    assert worked(other, selectors.CHECK).state == "UNREADABLE"


def test_delivered_twice_it_happens_once(place: Place) -> None:
    job = sent(place.producer, "LOTS", as_csv([place.row("A")]))
    row = OutboxRow.objects.get(task=selectors.CHECK)
    for _time in range(2):
        imports.check(row=row, clock=timezone.now)
    assert job.rows.count() == 1
    imports.confirm(
        by=place.producer.actor,
        public_id=job.public_id,
        good_rows_only=False,
        now=timezone.now(),
    )
    with pytest.raises(Conflict):
        confirmed(place.producer, job)
    row = OutboxRow.objects.get(task=selectors.IMPORT)
    rounds = OutboxRow.objects.filter(task=outbox.ROUND).count()
    for _time in range(2):
        imports.carry_out(row=row, clock=timezone.now)
    assert Lot.objects.get().version == 1
    assert OutboxRow.objects.filter(task=outbox.ROUND).count() == rounds + 1
    tasks.run_import(row.pk)
    row.refresh_from_db()
    assert row.done_at


def test_a_discarded_import_is_over(place: Place) -> None:
    job = place.lots(place.row("A"))
    named: dict[str, Any] = {"public_id": job.public_id, "now": timezone.now()}
    with pytest.raises(NotFound):
        imports.discard(by=place.buyer.actor, **named)
    with pytest.raises(NotFound):
        imports.confirm(by=place.buyer.actor, good_rows_only=False, **named)
    assert imports.discard(by=place.producer.actor, **named).state == "DISCARDED"
    assert not ImportRow.objects.exists()
    with pytest.raises(Conflict):
        imports.discard(by=place.producer.actor, **named)
    with pytest.raises(Conflict):
        imports.confirm(by=place.producer.actor, good_rows_only=False, **named)


def test_nothing_to_save_is_not_confirmed(place: Place) -> None:
    confirmed(place.producer, place.lots(place.row("A")))
    with pytest.raises(Conflict, match="new or changed"):
        confirmed(place.producer, place.lots(place.row("A")))
    bad = place.lots(place.row("B", quantity_t="x"))
    with pytest.raises(Conflict, match="new or changed"):
        confirmed(place.producer, bad, good_rows_only=True)


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


def test_three_imports_of_an_organisation_at_a_time(place: Place) -> None:
    for _number in range(3):
        sent(place.producer, "LOTS", as_csv([place.row("A")]))
    with pytest.raises(Conflict, match="Three"):
        sent(place.producer, "LOTS", as_csv([place.row("A")]))
    sent(place.buyer, "REQUIREMENTS", as_csv([requirement_row("A")]))


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
