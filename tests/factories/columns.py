"""Raw columns of an ordinary lot, requirement and certificate, as text from a form or a file."""

LOT = {
    "product_form": "INGOT",
    "grade": "P1020A",
    "quantity_t": "500",
    "ci_smelter_s1s2": "3.200",
    "origin_country": "CN",
    "window_start": "2027-01-01",
    "window_end": "2027-03-31",
    "ask_premium": "20",
}
REQUIREMENT = {
    "product_forms": "INGOT|SOW",
    "volume_t": "500",
    "max_ci": "4.000",
    "boundary": "SMELTER_S1S2",
    "max_premium": "25",
    "delivery_region": "EU",
    "window_start": "2027-01-01",
    "window_end": "2027-03-31",
}
CERTIFICATE = {
    "scheme": "CGMC_GREEN_POWER",
    "issuer": "CGMC",
    "number": "CGMC-001",
    "certified_t": "12000",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
}
