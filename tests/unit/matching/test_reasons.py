"""Reasons tell owners what helps them and nothing of a counterpart's secret."""

import pytest

from matching import reasons


def codes(told: tuple[reasons.Reason, ...]) -> list[str]:
    return [reason.code for reason in told]


@pytest.mark.parametrize("reason", ["OUTBID", "VOLUME_SHORT"])
def test_being_outbid_and_a_short_volume_read_alike(reason: str) -> None:
    told = reasons.of_requirement(reason, {}, may_see_asks=True)

    assert codes(told) == ["NO_TONNES_LEFT"]
    assert str(told[0].words) == "no tonnes left for you this round"


@pytest.mark.parametrize("reason", ["OUTBID", "VOLUME_SHORT", "PREMIUM_TOO_HIGH", "AVERAGE_CI"])
def test_a_producer_learns_nothing_from_limits(reason: str) -> None:
    with_limits = reasons.of_lot(reason, {"GRADE": 2, "PREMIUM_TOO_HIGH": 7})
    without = reasons.of_lot("VOLUME_SHORT", {"GRADE": 2})

    assert with_limits == without


def test_a_buyer_hears_of_asks_above_the_limit_only_when_asks_are_shown() -> None:
    seen = reasons.of_requirement("PREMIUM_TOO_HIGH", {"PREMIUM_TOO_HIGH": 3}, may_see_asks=True)
    blind = reasons.of_requirement("PREMIUM_TOO_HIGH", {"PREMIUM_TOO_HIGH": 3}, may_see_asks=False)

    assert (seen[0].code, seen[0].counterparts) == ("PREMIUM_TOO_HIGH", 3)
    assert (blind[0].code, blind[0].counterparts) == ("NO_TONNES_LEFT", None)


def test_a_buyers_list_reads_as_the_buyers_own_rules() -> None:
    told = reasons.of_lot("PRODUCER_EXCLUDED", {"PRODUCER_EXCLUDED": 1})

    assert str(told[0].words) == "the buyer's own rules"


def test_the_binding_reason_comes_first_then_the_most_frequent() -> None:
    told = reasons.of_requirement(
        "SCHEME_MISSING",
        {"PRODUCT": 4, "CI_TOO_HIGH": 14, "SCHEME_MISSING": 6, "OFFSETS": 0},
        may_see_asks=True,
    )

    assert [(reason.code, reason.counterparts) for reason in told] == [
        ("SCHEME_MISSING", 6),
        ("CI_TOO_HIGH", 14),
        ("PRODUCT", 4),
    ]
