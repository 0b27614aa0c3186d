"""Who trades what in the demo, in the real trade's ranges. Days count from the loading."""

from dataclasses import dataclass, field

PASSWORD = "aluminium-demo-2026"  # noqa: S105 - printed for everybody who starts the demo
ADMIN = "admin@demo.example"


@dataclass(frozen=True)
class Party:
    name: str
    country: str
    email: str
    is_producer: bool = False
    is_buyer: bool = False
    group: str = ""
    sites: tuple[tuple[str, str], ...] = ()


PARTIES = (
    Party(
        "Demo Qinghai Hydro Aluminium", "CN", "producer@qinghai.example",
        is_producer=True, sites=(("Demo Datong smelter", "CNQIN"),),
    ),
    Party(
        "Demo Yunnan Lancang Metals", "CN", "producer@lancang.example",
        is_producer=True, sites=(("Demo Lancang casthouse", "CNKMG"),),
    ),
    Party(
        "Demo Nordlys Aluminium", "NO", "producer@nordlys.example",
        is_producer=True, sites=(("Demo Nordlys smelter", "NOSUN"),),
    ),
    Party("Demo Rhein Automotive", "DE", "buyer@rhein.example", is_buyer=True),
    Party("Demo Orchard Devices", "US", "buyer@orchard.example", is_buyer=True),
    Party("Demo Seto Packaging", "JP", "buyer@seto.example", is_buyer=True),
)  # fmt: skip
PRINTED = (
    ("admin", ADMIN),
    ("producer", "producer@qinghai.example"),
    ("producer", "producer@lancang.example"),
    ("buyer", "buyer@rhein.example"),
    ("buyer", "buyer@orchard.example"),
)


@dataclass(frozen=True)
class Paper:
    """A certificate; ``days`` are from when to when it is valid."""

    key: str
    holder: str
    columns: dict[str, str]
    days: tuple[int, int] = (-180, 185)
    verified: bool = True


PAPERS = (
    Paper("Q-GREEN", "producer@qinghai.example", {
        "scheme": "CGMC_GREEN_POWER", "issuer": "CGMC (demo)", "number": "DEMO-GP-0117",
        "certified_t": "12000",
    }),
    Paper("Q-EPD", "producer@qinghai.example", {
        "scheme": "EPD", "issuer": "Demo EPD Programme", "number": "DEMO-EPD-3001",
        "boundary": "CRADLE_TO_GATE", "ci": "4.300",
    }),
    Paper("Q-NEW", "producer@qinghai.example", {
        "scheme": "CGMC_GREEN_LOW_CARBON", "issuer": "CGMC (demo)", "number": "DEMO-GL-0204",
        "certified_t": "5000",
    }, verified=False),
    Paper("L-GREEN", "producer@lancang.example", {
        "scheme": "CGMC_GREEN_POWER", "issuer": "CGMC (demo)", "number": "DEMO-GP-0342",
        "certified_t": "8000",
    }),
    Paper("N-COC", "producer@nordlys.example", {
        "scheme": "ASI_COC", "issuer": "Demo Assurance AS", "number": "DEMO-COC-55",
        "certified_t": "20000",
    }),
    Paper("N-EPD", "producer@nordlys.example", {
        "scheme": "EPD", "issuer": "Demo EPD Programme", "number": "DEMO-EPD-4410",
        "boundary": "CRADLE_TO_GATE", "ci": "3.850",
    }),
)  # fmt: skip


@dataclass(frozen=True)
class Offered:
    holder: str
    papers: tuple[str, ...]
    columns: dict[str, str]
    window: tuple[int, int] = (20, 110)


def _lot(holder: str, papers: str, text: str, **more: str) -> Offered:
    """``text``: form, grade, tonnes, smelter 1+2, ask in USD/t."""
    form, grade, tonnes, carbon, ask = text.split()
    columns = {
        "product_form": form, "grade": grade, "quantity_t": tonnes, "ci_smelter_s1s2": carbon,
        "ask_premium": ask, "premium_unit": "USD_T", "origin_country": "CN",
        "energy_source": "HYDRO", "renewable_pct": "100", "incoterm": "CIF",
        "place": "NLRTM Rotterdam", "duty_status": "DUTY_UNPAID", "delivery_regions": "EU|JP|US",
        "ci_year": "2025", **more,
    }  # fmt: skip
    return Offered(holder, tuple(papers.split()), columns)


QINGHAI, LANCANG, NORDLYS = (party.email for party in PARTIES[:3])
LOTS = (
    _lot(QINGHAI, "Q-GREEN", "INGOT P1020A 500 3.200 20"),
    _lot(QINGHAI, "Q-GREEN", "BILLET 6063 800 2.450 18", recycled_pre_pct="12"),
    _lot(QINGHAI, "Q-GREEN", "INGOT P1020A 1200 1.900 0", delivery_regions="US|KR"),
    _lot(QINGHAI, "Q-GREEN Q-EPD", "SLAB 6016 600 2.100 28", ci_cradle_to_gate="4.300"),
    _lot(LANCANG, "L-GREEN", "BILLET 6063 650 1.850 24.50"),
    _lot(LANCANG, "L-GREEN", "TBAR P1020A 400 2.300 1", premium_unit="USC_LB"),
    _lot(LANCANG, "L-GREEN", "INGOT P1020A 900 2.700 110", premium_unit="CNY_T"),
    _lot(
        NORDLYS, "N-COC N-EPD", "BILLET 6063 1000 1.650 32",
        ci_cradle_to_gate="3.850", origin_country="NO", incoterm="DAP", place="DEDUI Duisburg",
        duty_status="DUTY_PAID", delivery_regions="EU", premium_unit="EUR_T",
    ),
    _lot(
        NORDLYS, "N-COC", "FOUNDRY_ALLOY A356.2 300 1.700 35",
        origin_country="NO", delivery_regions="EU", duty_status="DUTY_PAID",
        recycled_post_pct="30",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    buyer: str
    columns: dict[str, str] = field(default_factory=dict)
    window: tuple[int, int] = (30, 120)


def _need(buyer: str, text: str, **more: str) -> Wanted:
    """``text``: form, grade, tonnes, carbon limit, boundary, highest premium in USD/t, region."""
    form, grade, tonnes, limit, boundary, most, region = text.split()
    columns = {
        "product_forms": form, "grades": grade, "volume_t": tonnes, "max_ci": limit,
        "boundary": boundary, "max_premium": most, "premium_unit": "USD_T",
        "delivery_region": region, **more,
    }  # fmt: skip
    return Wanted(buyer, columns)


RHEIN, ORCHARD, SETO = (party.email for party in PARTIES[3:])
REQUIREMENTS = (
    _need(RHEIN, "BILLET 6063 1200 4.000 SMELTER_S1S2 30 EU", internal_carbon_price="5"),
    _need(RHEIN, "BILLET 6063 700 4.000 CRADLE_TO_GATE 40 EU", verified_ci_only="yes"),
    _need(RHEIN, "SLAB 6016 500 3.000 CRADLE_TO_GATE 35 EU", verified_ci_only="yes"),
    _need(ORCHARD, "INGOT P1020A 800 2.000 SMELTER_S1S2 0 US"),
    _need(
        ORCHARD, "INGOT|TBAR P1020A 1000 4.000 SMELTER_S1S2 25 US",
        required_schemes="CGMC_GREEN_POWER",
    ),
    _need(ORCHARD, "BILLET 6063 300 2.000 SMELTER_S1S2 26 US", min_renewable_pct="90"),
    _need(SETO, "WIRE_ROD 1350 250 3.500 SMELTER_S1S2 22 JP"),
    _need(SETO, "INGOT P1020A 350 2.500 SMELTER_S1S2 15 JP", accepted_incoterms="CIF|CFR"),
)  # fmt: skip
RATES = (("EUR", "1.0850"), ("CNY", "0.1390"))
