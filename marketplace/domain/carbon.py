"""Carbon intensity: t CO2e per t of aluminium, 3 decimals, always with its boundary."""

import itertools
from collections.abc import Mapping

from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import Reader
from marketplace.domain.vocabulary import Boundary

LOW, HIGH = "0.010", "25.000"
COLUMNS = {
    Boundary.SMELTER_S1S2: "ci_smelter_s1s2",
    Boundary.CRADLE_TO_GATE: "ci_cradle_to_gate",
    Boundary.CBAM_DIRECT: "ci_cbam_direct",
}
NEEDED = gettext_noop("State the carbon intensity for smelter 1+2 or cradle-to-gate.")
ORDER = gettext_noop(
    "For one metal CBAM direct is at most smelter 1+2, and that at most cradle-to-gate."
)
VERY_LOW = gettext_noop(
    "Smelter 1+2 below 1.3 t CO2e/t with less than half recycled metal is unusual: please check."
)


def read(row: Reader, name: str, *, required: bool = False) -> int | None:
    """Milli t CO2e per t; None when absent or refused."""
    return row.scaled(name, LOW, HIGH, decimals=3, required=required)


def statements(row: Reader) -> Mapping[Boundary, int]:
    """The lot's intensity by boundary, in milli t CO2e per t, checked against each other."""
    before = len(row.errors)
    read_ones = {boundary: read(row, name) for boundary, name in COLUMNS.items()}
    found = {boundary: milli for boundary, milli in read_ones.items() if milli is not None}
    if len(row.errors) > before:
        return found
    if not found.keys() & {Boundary.SMELTER_S1S2, Boundary.CRADLE_TO_GATE}:
        row.refuse("ci_smelter_s1s2", "carbon_needed", NEEDED)
    rising = [
        boundary
        for boundary in (Boundary.CBAM_DIRECT, Boundary.SMELTER_S1S2, Boundary.CRADLE_TO_GATE)
        if boundary in found
    ]
    for inner, outer in itertools.pairwise(rising):
        if found[inner] > found[outer]:
            row.refuse(COLUMNS[outer], "boundaries_contradict", ORDER)
    return found


def unusual(found: Mapping[Boundary, int], recycled_centi_pct: int) -> list[str]:
    """Warnings, not errors."""
    smelter = found.get(Boundary.SMELTER_S1S2)
    return (
        [VERY_LOW] if smelter is not None and smelter < 1300 and recycled_centi_pct < 5000 else []
    )
