"""A certificate's columns, and when two spellings are one certificate."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.certificates import CertificateTerms, parse_certificate
from marketplace.domain.errors import InvalidInput
from marketplace.domain.names import certificate_number, comparable
from marketplace.domain.vocabulary import Boundary, Scheme
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
        "CGMC-1",
        "cgmc-0001",
        "cgmc -1",
        "CGMC - 001",
        "C G M C-001",
        "ＣＧＭＣ-００１",
        "CGMC－001",
        "CGMC–001",
        "CGMC—001",
        "CGMC―001",
        "CGMC--001",
        "CGMC\u2010001",
        "CGMC\u2011001",
        "CGMC\u2012001",
        "CGMC\u2043001",
        "CGMC\u2212001",
        "CGMC\ufe58001",
        "CGMC\ufe63001",
        "CGMC-\u200b001",
        "CGMC\u00ad-001",
        "\u200fCGMC\u2060-001\ufeff",
        "CGMC-0\ufe0f01",
        "CGM\u034fC-001",
        "\u0421G\u041c\u0421-001",
        "CG\u039cC-001",
        "CGMC-\u0660\u0660\u0661",
        "ⒸGMC-001",
    ],
)
def test_spellings_of_one_number_are_one(spelling: str) -> None:
    assert parsed(number=spelling).number_key == "cgmc-1"


def test_other_numbers_stay_others() -> None:
    others = ("CGMC-1", "CGMC-10", "CGMC1", "CG-MC1", "CGMC-1-1", "CGMC-11", "CGMD-1", "CGMC/1")
    assert len({certificate_number(text, Scheme.CGMC_GREEN_POWER) for text in others}) == 8


@pytest.mark.parametrize("scheme", list(Scheme))
def test_leading_zeros_count_for_nothing_where_the_scheme_pads_with_them(scheme: Scheme) -> None:
    keys = {certificate_number(text, scheme) for text in ("A-007/0100", "a-7/100")}
    padded = scheme not in (Scheme.OTHER, Scheme.ISO_14067)
    assert len(keys) == (1 if padded else 2)
    assert certificate_number("0", scheme) == "0"


def test_an_issuer_is_one_in_any_alphabet_and_dash() -> None:
    spellings = ("DNV - China", "dnv–china", "DN\u200bV-China", "DNV-\u0421hina")
    assert {parsed(issuer=text).issuer_key for text in spellings} == {"dnv-china"}
    assert parsed(issuer="DNV China").issuer_key == "dnv china"


def test_a_key_longer_than_its_column_is_refused_like_a_long_text() -> None:
    assert refused(number="\ufdfa" * 20) == {"number": "too_long"}
    assert refused(issuer="\ufdfa" * 20) == {"issuer": "too_long"}
    assert refused(number="\u200b\u00ad") == {"number": "required"}


@given(st.text())
def test_comparing_twice_changes_nothing(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)


@given(st.text(), st.sampled_from(Scheme), st.sampled_from("\u200b\u00ad\u2066\ufe0f\u034f"))
def test_what_nobody_sees_makes_no_other_number(text: str, scheme: Scheme, unseen: str) -> None:
    assert certificate_number(unseen.join(text), scheme) == certificate_number(text, scheme)
