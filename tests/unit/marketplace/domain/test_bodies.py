"""A certification body's list: its lines, and where it differs from what was entered."""

from datetime import date

import pytest

from marketplace.domain import bodies
from marketplace.domain.bodies import Certified, Differs
from marketplace.domain.errors import InvalidInput
from marketplace.domain.names import comparable
from marketplace.domain.vocabulary import Scheme

LINE = {
    "number": " cgmc-0117 ",
    "holder": "Qinghai Hydro",
    "certified_t": "12000",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
}


def entry(**cells: str) -> bodies.Entry:
    return bodies.parse_entry({**LINE, **cells}, Scheme.CGMC_GREEN_POWER)


def test_a_line_is_read_and_found_by_its_number_as_certificates_are() -> None:
    one = entry()
    assert (one.number, one.certified_kg) == ("cgmc-0117", 12_000_000)
    assert one.number_key == entry(number="CGMC–117").number_key
    assert entry(certified_t="").certified_kg is None


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"number": ""}, "number"),
        ({"holder": ""}, "holder"),
        ({"certified_t": "0"}, "certified_t"),
        ({"certified_t": "-5"}, "certified_t"),
        ({"certified_t": "1.0005"}, "certified_t"),
        ({"valid_from": "1/1/2026"}, "valid_from"),
        ({"valid_to": ""}, "valid_to"),
        ({"valid_to": "2025-12-31"}, "valid_to"),
        ({"extra": "x"}, "extra"),
    ],
)
def test_a_bad_line_names_its_column(cells: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        entry(**cells)
    assert [one.field for one in refused.value.errors] == [field]


def entered(**more: object) -> Certified:
    known: dict[str, object] = {
        "number_key": "cgmc-117",
        "holders": frozenset({"qinghai hydro"}),
        "certified_kg": 12_000_000,
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
    }
    return Certified(**{**known, **more})  # type: ignore[arg-type]


def listed(**cells: str) -> Certified:
    one = entry(**cells)
    holders = frozenset({comparable(one.holder)})
    return Certified(one.number_key, holders, one.certified_kg, one.valid_from, one.valid_to)


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ({}, ()),
        ({"holders": frozenset({"another", "qinghai hydro"})}, ()),
        ({"holders": frozenset({"another"})}, (Differs.HOLDER,)),
        ({"certified_kg": 12_000_001}, (Differs.TONNES,)),
        ({"certified_kg": None}, (Differs.TONNES,)),
        ({"valid_to": date(2027, 12, 31)}, (Differs.VALIDITY,)),
        (
            {"certified_kg": 1, "valid_from": date(2025, 1, 1)},
            (Differs.TONNES, Differs.VALIDITY),
        ),
    ],
)
def test_differences(more: dict[str, object], kinds: tuple[Differs, ...]) -> None:
    assert bodies.differences(entered(**more), listed()) == kinds


def test_what_is_not_on_the_list_is_absent_and_no_tonnes_are_not_compared() -> None:
    assert bodies.differences(entered(), None) == (Differs.ABSENT,)
    assert bodies.differences(entered(), listed(certified_t="")) == ()


def test_a_number_stands_once() -> None:
    assert bodies.repeated([(2, entry()), (7, entry(number="CGMC-0117"))]) == {7: 2}
