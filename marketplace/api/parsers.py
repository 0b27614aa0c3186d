"""Request bodies: JSON in which every number stays the text that was sent."""

import json
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from marketplace.api.errors import PayloadTooLarge

MOST_DIGITS = 30


class ExactJsonParser(BaseParser):
    """No number passes through a float, so 3.9996 arrives at the rules as it was written."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        try:
            found = json.loads(
                _body(stream).decode("utf-8"),
                parse_float=plain_number,
                parse_int=str,
                parse_constant=_refuse_constant,
                object_pairs_hook=_without_duplicates,
            )
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if not isinstance(found, dict):
            raise ParseError(_("The body must be a JSON object."))
        return found


def _body(stream: IO[bytes]) -> bytes:
    found = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    if len(found) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise PayloadTooLarge
    return found


def plain_number(text: str) -> str:
    """1e2 as 100. Absurd exponents stay as they are: the rules of the field refuse them."""
    value = Decimal(text)
    if abs(value.adjusted()) > MOST_DIGITS or len(text) > MOST_DIGITS * 2:
        return text
    return format(value, "f")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


class VerbatimParser(BaseParser):
    """JSON that is kept as it came: its text, for a service that reads it by rules of its own."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, str]:
        try:
            text = _body(stream).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if "\x00" in text:
            raise ParseError(_("The body is not valid JSON."))
        return {"text": text}


class PdfParser(BaseParser):
    """An upload as the whole body; services tell its kind by its content."""

    media_type = "application/pdf"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        return stream


class PngParser(PdfParser):
    media_type = "image/png"


class JpegParser(PdfParser):
    media_type = "image/jpeg"


PAPERS = (PdfParser, PngParser, JpegParser)
