"""Stored lots and requirements as rows of market files: what is exported, and compared with."""

from collections.abc import Iterable
from datetime import date

from marketplace.domain import carbon
from marketplace.domain.fields import hundredths, thousandths
from marketplace.domain.vocabulary import CertificateState
from marketplace.models import Certificate, Lot, Organisation, Requirement

LOT_RELATED = (
    "organisation", "site", "carbon_statements__evidence", "certificate_links__certificate",
    "excluded_buyers",
)  # fmt: skip
REQUIREMENT_RELATED = ("organisation", "allowed_producers", "excluded_producers")


def name_of(listing: Lot | Requirement) -> str:
    """Its own reference; where it has none, the id that the market gave it."""
    return listing.reference or str(listing.public_id)


def certificate_name(certificate: Certificate) -> str:
    return f"{certificate.scheme}:{certificate.number}"


def is_proven(lot: Lot, today: date) -> bool:
    """Whether a verified certificate, valid today, stands behind each carbon value."""
    papers = [one.evidence for one in lot.carbon_statements.all()]
    return bool(papers) and all(
        paper is not None
        and paper.state == CertificateState.VERIFIED.value
        and paper.valid_from <= today <= paper.valid_to
        for paper in papers
    )


def of_lot(lot: Lot, today: date) -> dict[str, str]:
    """Text by column of lots.csv. Prefetch LOT_RELATED for more than a few."""
    years = {one.reporting_year for one in lot.carbon_statements.all() if one.reporting_year}
    links = sorted(lot.certificate_links.all(), key=lambda link: link.certificate_id)
    return {
        "lot_id": name_of(lot),
        "producer": lot.organisation.name,
        "quantity_t": thousandths(lot.quantity_kg),
        **_metal(lot),
        "ci_verified": _yes(is_proven(lot, today)),
        "certificates": "|".join(certificate_name(link.certificate) for link in links),
        **_delivery(lot),
        **_asked(lot),
        "excluded_buyers": _names(lot.excluded_buyers.all()),
        "site": lot.site.name if lot.site else "",
        "brand": lot.brand,
        "al_pct": _hundredths(lot.al_centi_pct),
        "cn_code": lot.cn_code,
        "ci_year": str(min(years)) if years else "",
    }


def of_market_lot(lot: Lot, *, shows_asks: bool) -> dict[str, str]:
    """As a buyer sees it: without producer, papers' numbers, site, brand and balances."""
    statements = lot.carbon_statements.all()
    return {
        "lot_id": str(lot.public_id),
        "available_t": thousandths(lot.available_kg),
        **_metal(lot),
        "verified_boundaries": "|".join(
            sorted(one.boundary for one in statements if one.evidence_id is not None)
        ),
        "schemes": "|".join(sorted({link.scheme for link in lot.certificate_links.all()})),
        **_delivery(lot),
        **(_asked(lot) if shows_asks else {}),
    }


def _metal(lot: Lot) -> dict[str, str]:
    stated = {one.boundary: one.ci_milli for one in lot.carbon_statements.all()}
    return {
        "product_form": lot.product_form,
        "grade": lot.grade,
        "min_take_t": thousandths(lot.min_take_kg),
        **{
            column: thousandths(stated[boundary.value]) if boundary.value in stated else ""
            for boundary, column in carbon.COLUMNS.items()
        },
        "offsets_used": _yes(lot.offsets_used),
        "energy_source": lot.energy_source,
        "renewable_pct": _hundredths(lot.renewable_centi_pct),
        "recycled_pre_pct": _hundredths(lot.recycled_pre_centi_pct),
        "recycled_post_pct": _hundredths(lot.recycled_post_centi_pct),
    }


def _asked(lot: Lot) -> dict[str, str]:
    return {"ask_premium": str(lot.ask_premium), "premium_unit": lot.premium_unit}


def _delivery(lot: Lot) -> dict[str, str]:
    return {
        "origin_country": lot.origin_country,
        "delivery_regions": "|".join(lot.delivery_regions),
        "window_start": lot.window_start.isoformat(),
        "window_end": lot.window_end.isoformat(),
        "incoterm": lot.incoterm,
        "place": lot.place,
        "duty_status": lot.duty_status,
        "listed_at": lot.listed_at.isoformat(),
    }


def of_requirement(found: Requirement) -> dict[str, str]:
    """Text by column of requirements.csv, the buyer's limits among them: for its own eyes."""
    return {
        "requirement_id": name_of(found),
        "buyer": found.organisation.name,
        "product_forms": "|".join(found.product_forms),
        "grades": "|".join(found.grades),
        "volume_t": thousandths(found.volume_kg),
        "min_lot_t": thousandths(found.min_lot_kg),
        "partial_ok": _yes(found.partial_ok),
        "tolerance_pct": _hundredths(found.tolerance_centi_pct),
        "max_ci": thousandths(found.max_ci_milli),
        "boundary": found.boundary,
        "ci_basis": found.ci_basis,
        "per_lot_cap_ci": (
            "" if found.per_lot_cap_milli is None else thousandths(found.per_lot_cap_milli)
        ),
        "max_premium": str(found.max_premium),
        "premium_unit": found.premium_unit,
        "internal_carbon_price": str(found.internal_carbon_price),
        "required_schemes": "|".join(found.required_schemes),
        "schemes_rule": found.schemes_rule,
        "energy_sources": "|".join(found.energy_sources),
        "min_renewable_pct": _hundredths(found.min_renewable_centi_pct),
        "min_recycled_post_pct": _hundredths(found.min_recycled_post_centi_pct),
        "verified_ci_only": _yes(found.verified_ci_only),
        "accept_offsets": _yes(found.accept_offsets),
        "allowed_origins": "|".join(found.allowed_origins),
        "excluded_origins": "|".join(found.excluded_origins),
        "allowed_producers": _names(found.allowed_producers.all()),
        "excluded_producers": _names(found.excluded_producers.all()),
        "delivery_region": found.delivery_region,
        "window_start": found.window_start.isoformat(),
        "window_end": found.window_end.isoformat(),
        "posted_at": found.posted_at.isoformat(),
    }


def _names(organisations: Iterable[Organisation]) -> str:
    return "|".join(sorted(one.name for one in organisations))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _hundredths(value: int | None) -> str:
    """As percent with 2 decimals; empty for None."""
    return "" if value is None else hundredths(value)
