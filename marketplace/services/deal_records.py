"""What stands in a deal's and in a claim's record. The buyer's limits are no part of either."""

from datetime import datetime
from typing import Any

from django.db import connection, models

from marketplace.domain.deliveries import Split
from marketplace.domain.errors import gettext_noop
from marketplace.domain.vocabulary import Answer, Standing
from marketplace.models import (
    CarbonStatement,
    Certificate,
    Deal,
    Delivery,
    Lot,
    LotCertificate,
    Organisation,
    Proposal,
)
from marketplace.services import market

# Part of hashed records, in English there; pages show them in the language of the reader.
STANDINGS = {
    Standing.INDICATION.value: gettext_noop("An indication, subject to contract."),
    Standing.BINDING.value: gettext_noop("Binding on both sides."),
}
PRICING_BASIS = gettext_noop(
    "LME cash settlement and the regional and product premiums are agreed outside this market. "
    "Only the green premium is traded here, as the producer asked it."
)
CLAIM_TEXT = gettext_noop(
    "This statement covers the tonnes named here, at the carbon intensity named here within its "
    "boundary. It is no credit, no offset and no inventory reduction. No other claim can be made "
    "on these tonnes here."
)
Record = dict[str, Any]


def next_number(model: type[models.Model], prefix: str, now: datetime) -> tuple[int, str]:
    """A fresh key of the model and the number made of it: GP-2026-000042."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        pk = cursor.fetchone()[0]
    return pk, f"{prefix}-{now.year}-{pk:06d}"


def of_deal(proposal: Proposal, number: str, now: datetime) -> Record:
    """``proposal`` with its lot, requirement and their organisations joined."""
    lot, wanted = proposal.lot, proposal.requirement
    return {
        "number": number,
        "concluded_at": now.isoformat(),
        "standing": STANDINGS[market.settings().deal_standing],
        "terms_version": proposal.terms_version,
        "accepted": _acceptances(proposal),
        "producer": _party(lot.organisation),
        "buyer": _party(wanted.organisation),
        "lot": {"id": str(lot.public_id), "version": proposal.lot_version},
        "requirement": {
            "id": str(wanted.public_id),
            "version": proposal.requirement_version,
        },
        "delivery_region": wanted.delivery_region,
        "quantity_kg": proposal.quantity_kg,
        **_metal(lot),
        **_carbon(proposal),
        "certificates": _certificates(lot),
        **_price(proposal),
        "incoterm": lot.incoterm,
        "place": lot.place,
        "duty_status": lot.duty_status,
        "window_start": proposal.window_start.isoformat(),
        "window_end": proposal.window_end.isoformat(),
        "round": proposal.round_number,
        "engine_version": proposal.engine_version,
    }


def of_claim(deal: Deal, delivery: Delivery, kg: Split, number: str, now: datetime) -> Record:
    """What the buyer may state over the delivered tonnes, and what they are proved by."""
    agreed = deal.record
    same = ("producer", "buyer", "product_form", "grade", "brand", "origin_country", "site")
    carbon = ("boundary", "ci_milli", "ci_evidence", "certificates")
    return {
        "number": number,
        "issued_at": now.isoformat(),
        "deal": {
            "id": str(deal.public_id),
            "number": deal.number,
            "content_sha256": deal.content_sha256,
        },
        **{name: agreed[name] for name in (*same, *carbon)},
        "kg": kg.delivered_kg,
        "short_kg": kg.short_kg,
        "above_contract_kg": kg.above_kg,
        "shipped_kg": delivery.shipped_kg,
        "shipped_on": delivery.shipped_on.isoformat(),
        "cast_numbers": list(delivery.cast_numbers),
        "transport_document": delivery.transport_document,
        "statement": CLAIM_TEXT,
    }


def _party(organisation: Organisation) -> Record:
    return {
        "id": str(organisation.public_id),
        "name": organisation.name,
        "country": organisation.country,
    }


def _acceptances(proposal: Proposal) -> list[Record]:
    """Which side accepted when, from which version; people's names stay on their own side."""
    steps = proposal.steps.filter(verb=Answer.ACCEPTED.value.lower()).exclude(side="")
    return [
        {"side": step.side, "at": step.at.isoformat(), "from_version": step.from_version}
        for step in steps.order_by("from_version", "pk")
    ]


def _metal(lot: Lot) -> Record:
    return {
        "product_form": lot.product_form,
        "grade": lot.grade,
        "brand": lot.brand,
        "al_centi_pct": lot.al_centi_pct,
        "cn_code": lot.cn_code,
        "origin_country": lot.origin_country,
        "site": lot.site.name if lot.site else "",
        "produced_from": lot.produced_from.isoformat(),
        "produced_to": lot.produced_to.isoformat(),
        "energy_source": lot.energy_source,
        "renewable_centi_pct": lot.renewable_centi_pct,
        "recycled_pre_centi_pct": lot.recycled_pre_centi_pct,
        "recycled_post_centi_pct": lot.recycled_post_centi_pct,
        "offsets_used": lot.offsets_used,
    }


def _carbon(proposal: Proposal) -> Record:
    """The compared value within its boundary, and the certificate that proves it, if one does."""
    stated = CarbonStatement.objects.select_related("evidence").filter(
        lot=proposal.lot_id, boundary=proposal.boundary
    )
    found = stated.first()
    evidence = found.evidence if found else None
    return {
        "boundary": proposal.boundary,
        "ci_milli": proposal.ci_milli,
        "ci_reporting_year": found.reporting_year if found else None,
        "ci_evidence": _certificate(evidence) if evidence else None,
    }


def _price(proposal: Proposal) -> Record:
    return {
        "pricing_basis": PRICING_BASIS,
        "premium": str(proposal.ask_premium),
        "premium_unit": proposal.premium_unit,
        "premium_usd_e4": proposal.premium_usd_e4,
        "fx_usd_per_unit": str(proposal.fx_usd_per_unit),
        "fx_date": proposal.fx_date.isoformat() if proposal.fx_date else None,
    }


def _certificates(lot: Lot) -> list[Record]:
    links = LotCertificate.objects.filter(lot=lot).select_related("certificate")
    return [
        {**_certificate(link.certificate), "draws_tonnes": link.draws_tonnes}
        for link in links.order_by("certificate_id")
    ]


def _certificate(one: Certificate) -> Record:
    return {
        "id": str(one.public_id),
        "scheme": one.scheme,
        "issuer": one.issuer,
        "number": one.number,
        "version": one.version,
        "state": one.state,
        "valid_from": one.valid_from.isoformat(),
        "valid_to": one.valid_to.isoformat(),
        "boundary": one.boundary,
        "ci_milli": one.ci_milli,
        "document_sha256": one.document_sha256,
    }
