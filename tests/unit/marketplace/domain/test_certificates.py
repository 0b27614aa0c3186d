"""A certificate's columns, and when two spellings are one certificate."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.certificates import CertificateTerms, parse_certificate
from marketplace.domain.errors import InvalidInput
from marketplace.domain.names import certificate_number, comparable
from marketplace.domain.vocabulary import Boundary
from tests.factories.columns import CERTIFICATE

EVIDENCE = {"scheme": "EPD", "certified_t": "", "boundary": "CRADLE_TO_GATE", "ci": "4.300"}


def parsed(**columns: Any) -> CertificateTerms:
    return parse_certificate({**CERTIFICATE, **columns})


def refused(**columns: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parsed(**columns)
    return {error.field: error.code for error in caught.value.errors}


def test_a_certificate_over_tonnes_and_one_over_carbon() -> None:
    assert parsed().certified_kg == 12_000_000
    evidence = parsed(**EVIDENCE)
    assert (evidence.certified_kg, evidence.ci_milli) == (None, 4_300)
    assert evidence.boundary == Boundary.CRADLE_TO_GATE


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"scheme": ""}, {"scheme": "required"}),
        ({"issuer": " "}, {"issuer": "required"}),
        ({"certified_t": ""}, {"certified_t": "tonnes_needed"}),
        ({"certified_t": "0"}, {"certified_t": "out_of_range"}),
        ({"certified_t": "x"}, {"certified_t": "not_a_number"}),
        ({"valid_to": "2025-12-31"}, {"valid_to": "period_unordered"}),
        ({"boundary": "CRADLE_TO_GATE", "ci": "4"}, {"ci": "no_carbon"}),
        ({**EVIDENCE, "certified_t": "5"}, {"certified_t": "no_tonnes"}),
        ({**EVIDENCE, "boundary": ""}, {"boundary": "boundary_needed"}),
        ({**EVIDENCE, "ci": ""}, {"ci": "carbon_needed"}),
        ({**EVIDENCE, "ci": "4300"}, {"ci": "out_of_range"}),
    ],
)
def test_a_bad_value_is_refused(columns: dict[str, str], expected: dict[str, str]) -> None:
    found = refused(**columns)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "spelling",
    [
        " cgmc-001 ",
        "CGMC-001",
        "CGMC–001",
        "ＣＧＭＣ-001",
        "cgmc -1",
        "CGMC-\u200b001",
        "cgmc-0001",
    ],
)
def test_spellings_of_one_number_are_one(spelling: str) -> None:
    assert parsed(number=spelling).number_key == "cgmc-1"


def test_other_numbers_stay_others() -> None:
    assert len({certificate_number(text) for text in ("CGMC-1", "CGMC-10", "CGMC1", "CG-MC1")}) == 4


@given(st.text())
def test_comparing_twice_changes_nothing(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)
