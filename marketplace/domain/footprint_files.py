"""Footprints of others, read: PACT v3 and v2.3, alone, in an answer, or in a fulfilled request.

The official schema lets absurd values through, so ranges are judged here. What makes a value
weaker, but not wrong, is a warning; the text is kept as it came.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any, NoReturn

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.footprints import DEPRECATED, moment

NO_JSON = gettext_noop("This is not valid JSON.")
NOT_ONE = gettext_noop("Give one footprint: alone, as data, or as the only one of an answer.")
VERSION = gettext_noop("Versions 3 and 2.3 are read.")
NO_DECIMAL = gettext_noop("Give a decimal number as text, such as 4.125.")
NOT_ABOVE = gettext_noop("Give a number above 0.")
NO_KILOGRAM = gettext_noop("In version 2.3 only footprints over kilograms are read.")
SHARE = gettext_noop("Give a share from 0 to 100.")
OUT_OF_RANGE = gettext_noop("{ci} kg CO2e/kg: metal has 0.010 to 25.000.")
NO_INSTANT = gettext_noop("Give an instant such as 2026-01-01T00:00:00Z.")
BACKWARDS = gettext_noop("The reference period ends before it begins.")
NO_TEXT = gettext_noop("Give a text of up to 200 characters.")
NO_LIST = gettext_noop("Give a list such as AR6.")

DECIMAL = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)
LOWEST, HIGHEST = Decimal("0.010"), Decimal("25.000")
MILLI = Decimal("0.001")
WARNINGS = {
    "NOT_AR6": gettext_noop("It is not calculated with the factors of AR6 alone."),
    "EXPIRED": gettext_noop("Its validity is over."),
    "NO_PRIMARY_SHARE": gettext_noop("It does not state its share of primary data."),
    "DEPRECATED": gettext_noop("Its owner replaced it by another one."),
    "SEVERAL_UNITS": gettext_noop("It is over several units; its value is read as one unit's."),
    "ROUNDED_UP": gettext_noop("Its value has more than three decimals and is rounded up."),
}


@dataclass(frozen=True)
class Read:
    """``ci``: kg CO2e/kg, exactly. ``ci_milli``: the same in thousandths, never below it."""

    version: str
    id: str
    company: str
    product: str
    ci: Decimal
    ci_milli: int
    begin: datetime
    end: datetime
    warnings: tuple[str, ...]


def read(text: str, *, now: datetime) -> Read:
    """Raises InvalidInput with every rule that is broken; fields are named by their path."""
    return _Reading(_one(_parsed(text)), now).result()


class _Reading:
    def __init__(self, body: Mapping[str, Any], now: datetime) -> None:
        self.body, self.now = body, now
        pcf = body.get("pcf")
        self.pcf: Mapping[str, Any] = pcf if isinstance(pcf, dict) else {}
        self.errors: list[FieldError] = []

    def result(self) -> Read:
        version = self.text("specVersion")
        if not re.match(r"3\.|2\.3(\.|$)", version):
            self.refuse("specVersion", version, VERSION)
        third = not version.startswith("2.")
        ci = self.intensity_v3() if third else self.intensity_v2()
        begin, end = (self.instant(f"referencePeriod{side}") for side in ("Start", "End"))
        if begin and end and end <= begin:
            self.refuse("pcf.referencePeriodEnd", self.pcf["referencePeriodEnd"], BACKWARDS)
        name, company = self.text("id"), self.text("companyName")
        product = self.text("productNameCompany")
        warnings = self.warnings(third, ci)
        if self.errors or ci is None or begin is None or end is None:
            raise InvalidInput(self.errors)
        milli = int((ci / MILLI).to_integral_value(ROUND_CEILING))
        return Read(version, name, company, product, ci, milli, begin, end, warnings)

    def intensity_v3(self) -> Decimal | None:
        """pcfExcludingBiogenicUptake over productMassPerDeclaredUnit."""
        value = self.decimal("pcf.pcfExcludingBiogenicUptake", above=True)
        mass = self.decimal("pcf.productMassPerDeclaredUnit", above=True)
        self.decimal("pcf.declaredUnitAmount", above=True)
        if value is None or mass is None:
            return None
        return self.in_range("pcf.pcfExcludingBiogenicUptake", value / mass)

    def intensity_v2(self) -> Decimal | None:
        """pCfExcludingBiogenic is stated per declared unit, here a kilogram."""
        if self.pcf.get("declaredUnit") != "kilogram":
            self.refuse("pcf.declaredUnit", self.pcf.get("declaredUnit"), NO_KILOGRAM)
        self.decimal("pcf.unitaryProductAmount", above=True)
        value = self.decimal("pcf.pCfExcludingBiogenic", above=True)
        return None if value is None else self.in_range("pcf.pCfExcludingBiogenic", value)

    def in_range(self, name: str, ci: Decimal) -> Decimal | None:
        if LOWEST <= ci <= HIGHEST:
            return ci
        self.refuse(name, f"{ci:f}", OUT_OF_RANGE, ci=f"{ci:.6g}")
        return None

    def warnings(self, third: bool, ci: Decimal | None) -> tuple[str, ...]:
        factors = self.pcf.get("ipccCharacterizationFactors")
        if not third:
            factors = self.pcf.get("ipccCharacterizationFactorsSources") or [
                self.pcf.get("characterizationFactors")
            ]
        if not isinstance(factors, list) or not factors:
            self.refuse("pcf.ipccCharacterizationFactors", factors, NO_LIST)
        share = self.pcf.get("primaryDataShare")
        if share is not None:
            number = self.decimal("pcf.primaryDataShare")
            if number is not None and not 0 <= number <= 100:
                self.refuse("pcf.primaryDataShare", share, SHARE)
        until = moment(self.body.get("validityPeriodEnd"))
        units = self.decimal("pcf.unitaryProductAmount", above=True) if not third else None
        found = {
            "NOT_AR6": factors != ["AR6"],
            "EXPIRED": until is not None and until < self.now,
            "NO_PRIMARY_SHARE": share is None,
            "DEPRECATED": str(self.body.get("status", "")).casefold() == DEPRECATED.casefold(),
            "SEVERAL_UNITS": units is not None and units != 1,
            "ROUNDED_UP": ci is not None and ci % MILLI != 0,
        }
        return tuple(code for code, holds in found.items() if holds)

    def value(self, path: str) -> Any:
        name = path.removeprefix("pcf.")
        return (self.pcf if name != path else self.body).get(name)

    def text(self, path: str) -> str:
        found = self.value(path)
        if isinstance(found, str) and 0 < len(found) <= 200 and found.isprintable():
            return found
        self.refuse(path, found, NO_TEXT)
        return ""

    def decimal(self, path: str, *, above: bool = False) -> Decimal | None:
        """Texts, as version 3 has them; numbers as well, as version 2 has some."""
        found = self.value(path)
        text = found if isinstance(found, str) else str(found)
        usable = isinstance(found, str | Decimal | int) and not isinstance(found, bool)
        if not usable or not DECIMAL.fullmatch(text):
            self.refuse(path, found, NO_DECIMAL)
            return None
        number = Decimal(text)
        if above and number <= 0:
            self.refuse(path, found, NOT_ABOVE)
            return None
        return number

    def instant(self, name: str) -> datetime | None:
        found = moment(self.pcf.get(name))
        if found is None:
            self.refuse(f"pcf.{name}", self.pcf.get(name), NO_INSTANT)
        return found

    def refuse(self, path: str, value: object, message: str, **params: str) -> None:
        shown = "" if value is None else str(value)[:100]
        if all(one.field != path for one in self.errors):
            self.errors.append(FieldError(path, shown, "not_possible", message, params))


def _parsed(text: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput([FieldError("", "", "no_json", NO_JSON)]) from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _one(found: object) -> Mapping[str, Any]:
    """A bare object, {"data": ...}, or the event of a fulfilled request."""
    inner = found.get("data", found) if isinstance(found, dict) else found
    if isinstance(inner, dict) and "pfs" in inner:
        inner = inner["pfs"]
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    if not isinstance(inner, dict) or "pcf" not in inner:
        raise InvalidInput([FieldError("", "", "not_one", NOT_ONE)])
    return inner
