"""Footprints of a partner, in both versions that are read."""

from typing import Any

V3: dict[str, Any] = {
    "id": "079e425a-464f-528d-341d-4a944a1dfd70", "specVersion": "3.0.0",
    "created": "2026-01-05T00:00:00Z", "status": "Active", "companyName": "Smelter AG",
    "companyIds": ["urn:x:1"], "productDescription": "", "productIds": ["urn:x:2"],
    "productNameCompany": "Ingot",
    "pcf": {
        "declaredUnitOfMeasurement": "kilogram", "declaredUnitAmount": "1",
        "productMassPerDeclaredUnit": "1", "referencePeriodStart": "2025-01-01T00:00:00Z",
        "referencePeriodEnd": "2026-01-01T00:00:00Z", "pcfExcludingBiogenicUptake": "4.125",
        "pcfIncludingBiogenicUptake": "4.125", "fossilGhgEmissions": "4.125",
        "fossilCarbonContent": "0", "ipccCharacterizationFactors": ["AR6"],
        "crossSectoralStandards": ["ISO14067"], "exemptedEmissionsPercent": "0",
        "primaryDataShare": "80",
    },
}  # fmt: skip
V2: dict[str, Any] = {
    **V3, "specVersion": "2.3.0",
    "pcf": {
        "declaredUnit": "kilogram", "unitaryProductAmount": "1", "pCfExcludingBiogenic": "4.125",
        "fossilGhgEmissions": "4.125", "characterizationFactors": "AR6",
        "ipccCharacterizationFactorsSources": ["AR6"], "primaryDataShare": 56.12,
        "referencePeriodStart": "2025-01-01T00:00:00Z",
        "referencePeriodEnd": "2026-01-01T00:00:00Z",
    },
}  # fmt: skip
