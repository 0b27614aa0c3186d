"""How exact values read in JSON: decimals as strings, in the market files' units.

Used for answers and for the schema only. What comes in goes raw to the services' one parser.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


def scaled(value: int, places: int) -> str:
    """An integer in units of 10**-places as a decimal string: (3200, 3) -> "3.200"."""
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


class Scaled(serializers.Field[int, str, str, Any]):
    places = 3

    def to_representation(self, value: int) -> str:
        return scaled(value, self.places)


@extend_schema_field({"type": "string", "pattern": r"^\d+(\.\d+)?$", "examples": ["500.000"]})
class Tonnes(Scaled):
    """Kilograms as tonnes with 3 decimals."""


@extend_schema_field({"type": "string", "pattern": r"^\d+(\.\d+)?$", "examples": ["3.200"]})
class Intensity(Scaled):
    """t CO2e per t of aluminium with 3 decimals."""


@extend_schema_field({"type": "string", "pattern": r"^\d+(\.\d+)?$", "examples": ["75.00"]})
class Percent(Scaled):
    places = 2


@extend_schema_field({"type": "string", "pattern": r"^-?\d+\.\d{4}$", "examples": ["22.0462"]})
class UsdPerTonne(Scaled):
    """1/10000 USD/t as USD/t with 4 decimals."""

    places = 4


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["20.00"]})
class Amount(serializers.Field[Decimal, str, str, Any]):
    """An amount in its own unit, as many decimals as stored."""

    def to_representation(self, value: Decimal) -> str:
        return format(value, "f")


@extend_schema_field({"type": "string", "format": "uuid"})
class PublicId(serializers.Field[Any, str, str, Any]):
    """Another thing, named by its public id."""

    def to_representation(self, value: Any) -> str:
        return str(value if isinstance(value, UUID) else value.public_id)


@extend_schema_field({"type": "array", "items": {"type": "string", "format": "uuid"}})
class PublicIds(serializers.Field[Any, list[str], list[str], Any]):
    """Several other things by their public ids; ``through`` is the way from a link to its thing."""

    def __init__(self, *, through: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.through = through

    def to_representation(self, value: Any) -> list[str]:
        rows = value.all()
        things = [getattr(row, self.through) for row in rows] if self.through else rows
        return sorted(str(thing.public_id) for thing in things)


def choice(codes: type[StrEnum], **options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField([code.value for code in codes], **options)


def choices(codes: type[StrEnum], **options: Any) -> serializers.ListField:
    return serializers.ListField(child=choice(codes), **options)


def texts(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), **options)
