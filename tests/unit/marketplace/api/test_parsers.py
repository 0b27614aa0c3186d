"""Bodies that a careless or hostile system may send."""

import io
from typing import Any

import pytest
from rest_framework.exceptions import ParseError

from marketplace.api.errors import PayloadTooLarge
from marketplace.api.parsers import ExactJsonParser


def parsed(body: bytes) -> dict[str, Any]:
    return ExactJsonParser().parse(io.BytesIO(body))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (b"3.9996", "3.9996"),
        (b"500", "500"),
        (b"0.1", "0.1"),
        (b"1e2", "100"),
        (b"25.00", "25.00"),
        (b"-0", "-0"),
        (b"1e400", "1e400"),
    ],
)
def test_a_number_arrives_as_it_was_written(number: bytes, text: str) -> None:
    assert parsed(b'{"max_ci": ' + number + b"}") == {"max_ci": text}


@pytest.mark.parametrize(
    "body",
    [
        b'{"max_ci": NaN}',
        b'{"max_ci": Infinity}',
        b'{"max_ci": -Infinity}',
        b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"max_ci": 1, "max_ci": 2}',
        b"[]",
        b"null",
        b"{",
        b"",
        b"\xff\xfe",
    ],
)
def test_what_is_not_one_plain_object_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(body)


def test_a_body_above_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(PayloadTooLarge):
        parsed(b'{"grade": "' + b"x" * 1024 * 1024 + b'"}')
