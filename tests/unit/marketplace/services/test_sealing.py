"""Secrets that are read again: sealed, bound to keys outside the database, keys replaceable."""

from typing import Any

import pytest

from marketplace.services import sealing


def test_what_is_sealed_can_be_opened_and_not_be_read(settings: Any) -> None:
    settings.SEALING_KEYS = ["first"]
    sealed = sealing.seal("whsec_abc")
    assert "whsec" not in sealed
    assert sealed != sealing.seal("whsec_abc")
    assert sealing.open_sealed(sealed) == "whsec_abc"


def test_a_former_key_opens_until_it_is_taken_away(settings: Any) -> None:
    settings.SEALING_KEYS = ["first"]
    sealed = sealing.seal("whsec_abc")
    settings.SEALING_KEYS = ["second", "first"]
    assert sealing.open_sealed(sealed) == "whsec_abc"
    settings.SEALING_KEYS = ["second"]
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(sealed)


def test_without_keys_the_secret_key_seals(settings: Any) -> None:
    settings.SEALING_KEYS, settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = [], "a" * 50, []
    sealed = sealing.seal("x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "b" * 50, ["a" * 50]
    assert sealing.open_sealed(sealed) == "x"


def test_what_was_changed_is_not_opened() -> None:
    sealed = sealing.seal("x")
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(sealed[:-4] + "AAAA")
