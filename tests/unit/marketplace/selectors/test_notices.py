"""Notices as sentences: a reason that is a sentence itself does not end twice."""

import pytest
from django.utils import translation

from marketplace.domain.vocabulary import Event
from marketplace.models import Notification
from marketplace.selectors import notices

MARKED = "The buyer changed the requirement."


def told(language: str, why: str) -> str:
    params = {"number": "GP-2026-000042", "why": why}
    with translation.override(language):
        return notices.sentence(Notification(event=Event.DEAL_CANCELLED.value, params=params))


def test_a_marked_reason_is_told_in_the_readers_language() -> None:
    assert told("en", MARKED) == (
        "Deal GP-2026-000042 is cancelled: The buyer changed the requirement."
    )
    assert told("zh-hans", MARKED) == "成交 GP-2026-000042 已取消：采购方已修改采购需求。"


@pytest.mark.parametrize("why", ["熔炼炉停产", "熔炼炉停产。", "熔炼炉停产."])
def test_somebodys_own_words_end_once(why: str) -> None:
    assert told("zh-hans", why) == "成交 GP-2026-000042 已取消：熔炼炉停产。"
