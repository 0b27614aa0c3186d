"""Footprints of lots: made by a worker; a change is a new one, and nothing is rewritten."""

from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings

from marketplace.domain.fields import Reader
from marketplace.domain.footprints import Product, Standard, Statement, Verified, compose
from marketplace.domain.pact import Kind
from marketplace.domain.records import content_sha256
from marketplace.domain.vocabulary import Boundary, CertificateState
from marketplace.models import CarbonStatement, Footprint, FootprintStatement, Lot
from marketplace.models.actors import Actor
from marketplace.selectors import footprints as selectors
from marketplace.services import authority, locks, pact_events
from marketplace.services.constraints import one_transaction

AT_ONCE = 200


@one_transaction
def state(*, by: Actor, raw: Mapping[str, object]) -> FootprintStatement:
    """What holds for all footprints of the own lots; they are made anew. Owners only."""
    authority.owner(by)
    row = Reader(raw)
    primary = row.scaled("primary_data_pct", "0", "100", decimals=2, required=True)
    exempted = row.scaled("exempted_pct", "0", "100", decimals=2, required=False)
    standards = row.codes("standards", Standard, required=True)
    packaging = row.yes_no("packaging_included", default=False)
    row.finish()
    assert primary is not None
    found, _new = FootprintStatement.objects.update_or_create(
        organisation=by.organisation,
        defaults={
            "primary_data_centi_pct": primary,
            "exempted_centi_pct": exempted or 0,
            "standards": [one.value for one in Standard if one in standards],
            "packaging_included": packaging,
        },
    )
    # Each lot is looked at again.
    own = Footprint.objects.filter(lot__organisation=by.organisation, deprecated_at=None)
    own.update(lot_version=0)
    return found


def write_due(*, now: datetime) -> int:
    """Footprints of lots that are new or changed, each in a transaction of its own; how many."""
    keys = list(selectors.due().values_list("pk", flat=True)[:AT_ONCE])
    return sum(_write(key, now) for key in keys)


@one_transaction
def _write(lot_id: int, now: datetime) -> int:
    """1 for a new footprint; 0 where what it says did not change."""
    lot = locks.lots([lot_id])[lot_id]
    found = CarbonStatement.objects.select_related("evidence").filter(
        lot=lot, boundary=Boundary.CRADLE_TO_GATE.value
    )
    carbon = found.first()
    said = FootprintStatement.objects.filter(organisation=lot.organisation_id).first()
    if carbon is None or said is None:
        return 0
    body = compose(_product(lot, carbon), _statement(said))
    sha256 = content_sha256(body)
    active = Footprint.objects.filter(lot=lot, deprecated_at__isnull=True).first()
    if active is not None and active.sha256 == sha256:
        Footprint.objects.filter(pk=active.pk).update(lot_version=lot.version)
        return 0
    if active is not None:
        Footprint.objects.filter(pk=active.pk).update(deprecated_at=now)
    made = Footprint.objects.create(
        public_id=uuid4(), lot=lot, body=body, sha256=sha256, lot_version=lot.version,
        preceding=active, created_at=now,
    )  # fmt: skip
    if active is not None:
        _tell(lot, made.public_id, now)
    return 1


def _tell(lot: Lot, public_id: UUID, now: datetime) -> None:
    """Whoever could read the former one hears of the new one."""
    for client in selectors.clients_of(lot):
        pact_events.send(client, Kind.PUBLISHED, {"pfIds": [str(public_id)]}, now=now)


def _statement(said: FootprintStatement) -> Statement:
    return Statement(
        said.primary_data_centi_pct,
        said.exempted_centi_pct,
        tuple(Standard(one).told for one in said.standards),
        said.packaging_included,
    )


def _product(lot: Lot, carbon: CarbonStatement) -> Product:
    metal = f"{lot.get_product_form_display()} {lot.grade}"
    return Product(
        lot_id=str(lot.public_id),
        company=lot.organisation.name,
        company_id=str(lot.organisation.public_id),
        domain=urlsplit(settings.SITE_URL).hostname or "localhost",
        name=lot.brand or f"Aluminium {metal}",
        description=f"Primary aluminium, {metal}" if not _recycled(lot) else f"Aluminium, {metal}",
        cn_code=lot.cn_code,
        country=lot.origin_country,
        ci_milli=carbon.ci_milli,
        reference=_reference(lot, carbon.reporting_year),
        verified=_verified(carbon),
    )


def _recycled(lot: Lot) -> bool:
    return bool(lot.recycled_pre_centi_pct or lot.recycled_post_centi_pct)


def _reference(lot: Lot, year: int | None) -> tuple[date, date]:
    """The year that the value reports on; where none is stated, the days of production."""
    if year is not None:
        return date(year, 1, 1), date(year, 12, 31)
    return lot.produced_from, lot.produced_to


def _verified(carbon: CarbonStatement) -> Verified | None:
    paper = carbon.evidence
    if paper is None or paper.state != CertificateState.VERIFIED.value:
        return None
    return Verified(
        provider=paper.issuer,
        standard=str(paper.get_scheme_display()),
        at=paper.decided_at,
        valid_from=paper.valid_from,
        valid_to=paper.valid_to,
    )
