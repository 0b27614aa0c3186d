"""Lots: published, edited and withdrawn by their producer. One transaction per verb."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from marketplace.domain.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    gettext_noop,
)
from marketplace.domain.fields import thousandths
from marketplace.domain.vocabulary import Boundary, ListingState, Side
from marketplace.domain.webhooks import EventType
from marketplace.models import CarbonStatement, Lot, LotCertificate, Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import grades
from marketplace.services import (
    authority,
    backing,
    closing,
    events,
    ledger,
    locks,
    lot_input,
    outbox,
    searches,
    settling,
)
from marketplace.services.closing import Step
from marketplace.services.constraints import one_transaction
from marketplace.services.lot_input import Offer

ASK_RAISED = gettext_noop("The ask cannot be raised while a proposal at it is open.")
UNDER_SOLD = gettext_noop("{sold} t of this lot are sold or returned already.")
CERTIFICATES_FIXED = gettext_noop("Tonnes of this lot are sold under its certificates.")
GONE = gettext_noop("This lot is withdrawn.")
NOTHING_LEFT = gettext_noop("Nothing of this lot is left to withdraw.")
EDITED = gettext_noop("The producer changed the lot.")
WITHDRAWN = gettext_noop("The producer withdrew the lot.")
COLUMNS = (
    "product_form", "grade", "grade_key", "brand", "al_centi_pct", "cn_code", "quantity_kg",
    "min_take_kg", "offsets_used", "energy_source", "renewable_centi_pct",
    "recycled_pre_centi_pct", "recycled_post_centi_pct", "origin_country", "delivery_regions",
    "produced_from", "produced_to", "window_start", "window_end", "incoterm", "place",
    "duty_status", "ask_premium", "premium_unit", "site_id",
)  # fmt: skip


@one_transaction
def publish(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Lot:
    """List a lot against own verified certificates, drawing its kilograms from each with tonnes."""
    authority.producer(by)
    offer = lot_input.read(by, raw, now)
    backing.hold(offer.certificates)
    lot = Lot(organisation=by.organisation, listed_at=now, **_columns(offer))
    lot.save()
    _attach(lot, offer)
    drawn = [one.pk for one in offer.drawn]
    backing.draw(lot, drawn, lot.quantity_kg, by=by.user, now=now)
    events.record([events.of_listing(lot, EventType.LOT_LISTED)], now=now)
    searches.ask(now=now)
    outbox.request_round(now=now)
    return lot


@one_transaction
def edit(
    *,
    by: Actor,
    public_id: UUID,
    raw: Mapping[str, object],
    version: int | None,
    now: datetime,
) -> Lot:
    """Replace all terms. Open proposals on the former terms are withdrawn with it.

    Conflict when ``version`` is not the current one, or when the ask is raised under a proposal.
    """
    authority.producer(by)
    found = _own(by, public_id)
    offer = lot_input.read(by, raw, now)
    open_ones, lot = _locked(found, version)
    if lot.state == ListingState.WITHDRAWN:
        raise Conflict(GONE)
    if lot.state != ListingState.PAUSED and not _differs(lot, offer):
        return _called(lot, offer, now)
    _refuse_worse(lot, offer, open_ones)
    settling.withdraw_all(open_ones, Step("withdrawn", now, by.user, Side.PRODUCER, EDITED))
    lot.refresh_from_db()
    _redraw(lot, offer, by, now)
    for name, value in _columns(offer).items():
        setattr(lot, name, value)
    left = lot.available_kg > 0
    lot.state = (ListingState.OPEN if left else ListingState.CLOSED).value
    lot.expiries_in_a_row = 0
    lot.version += 1
    lot.save()
    _attach(lot, offer)
    events.record([events.of_listing(lot, EventType.LOT_CHANGED)], now=now)
    searches.ask(now=now)
    outbox.request_round(now=now)
    return lot


@one_transaction
def withdraw(*, by: Actor, public_id: UUID, version: int | None = None, now: datetime) -> Lot:
    """Take what is unsold off the market: its kilograms are free on the certificates again."""
    found = _own(by, public_id)
    authority.trader(by)
    open_ones, lot = _locked(found, version)
    if lot.state == ListingState.WITHDRAWN:
        raise Conflict(GONE)
    if lot.state == ListingState.CLOSED:
        raise Conflict(NOTHING_LEFT)
    settling.withdraw_all(open_ones, Step("withdrawn", now, by.user, Side.PRODUCER, WITHDRAWN))
    lot.refresh_from_db()
    drawn = ledger.drawn_on([lot.pk])[lot.pk]
    locks.certificates(drawn)
    if lot.available_kg:
        backing.give_back(lot, drawn, lot.available_kg, by=by.user, now=now)
    changed = Lot.objects.filter(pk=lot.pk, version=lot.version).update(
        state=ListingState.WITHDRAWN.value,
        returned_kg=F("returned_kg") + lot.available_kg,
        version=F("version") + 1,
    )
    if not changed:
        raise Conflict
    lot.refresh_from_db()
    events.record([events.of_listing(lot, EventType.LOT_WITHDRAWN)], now=now)
    outbox.request_round(now=now)
    return lot


def _own(by: Actor, public_id: UUID) -> Lot:
    found = Lot.objects.filter(organisation=by.organisation, public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def _locked(found: Lot, version: int | None) -> tuple[list[Proposal], Lot]:
    """The lot and its open proposals, under lock."""
    open_ones = closing.lock_open(Q(lot=found), lots=[found.pk])
    lot = Lot.objects.get(pk=found.pk)
    if version is not None and lot.version != version:
        raise Conflict
    return open_ones, lot


def _columns(offer: Offer) -> dict[str, object]:
    terms = offer.terms
    return {
        "reference": offer.reference.text,
        "reference_key": offer.reference.key,
        "site": offer.site,
        "product_form": terms.product_form.value,
        "grade": terms.grade,
        "grade_key": grades.key(terms.grade),
        "brand": terms.brand,
        "al_centi_pct": terms.al_centi_pct,
        "cn_code": terms.cn_code,
        "quantity_kg": terms.quantity_kg,
        "min_take_kg": terms.min_take_kg,
        "offsets_used": terms.offsets_used,
        "energy_source": terms.energy_source.value if terms.energy_source else "",
        "renewable_centi_pct": terms.renewable_centi_pct,
        "recycled_pre_centi_pct": terms.recycled_pre_centi_pct,
        "recycled_post_centi_pct": terms.recycled_post_centi_pct,
        "origin_country": terms.origin_country,
        "delivery_regions": sorted(region.value for region in terms.delivery_regions),
        "produced_from": offer.produced_from,
        "produced_to": offer.produced_to,
        "window_start": terms.window_start,
        "window_end": terms.window_end,
        "incoterm": terms.incoterm.value if terms.incoterm else "",
        "place": terms.place,
        "duty_status": terms.duty_status.value if terms.duty_status else "",
        "ask_premium": terms.ask_premium,
        "premium_unit": terms.premium_unit.value,
    }


def _differs(lot: Lot, offer: Offer) -> bool:
    new = Lot(**_columns(offer))
    if any(getattr(lot, name) != getattr(new, name) for name in COLUMNS):
        return True
    carbon = {
        Boundary(one.boundary): (one.ci_milli, one.reporting_year)
        for one in lot.carbon_statements.all()
    }
    stated = {key: (ci, offer.terms.ci_year) for key, ci in offer.terms.carbon_milli.items()}
    linked = set(lot.certificate_links.values_list("certificate_id", flat=True))
    barred = set(lot.excluded_buyers.values_list("pk", flat=True))
    return (
        carbon != stated
        or linked != {one.pk for one in offer.certificates}
        or barred != {one.pk for one in offer.excluded}
    )


def _called(lot: Lot, offer: Offer, now: datetime) -> Lot:
    """Another own reference for the same terms: its proposals stand."""
    if lot.reference == offer.reference.text:
        return lot
    lot.reference, lot.reference_key = offer.reference.text, offer.reference.key
    lot.version += 1
    lot.save(update_fields=["reference", "reference_key", "version"])
    searches.carry_over(lot=lot, version=lot.version - 1)
    # A round at work leaves out what has another version than it read.
    outbox.request_round(now=now)
    return lot


def _refuse_worse(lot: Lot, offer: Offer, open_ones: list[Proposal]) -> None:
    terms = offer.terms
    same_unit = lot.premium_unit == terms.premium_unit.value
    if open_ones and (not same_unit or terms.ask_premium > lot.ask_premium):
        raise Conflict(ASK_RAISED)
    gone = lot.sold_kg + lot.returned_kg
    if terms.quantity_kg < gone:
        sold = {"sold": thousandths(gone)}
        value = thousandths(terms.quantity_kg)
        raise InvalidInput([FieldError("quantity_t", value, "below_sold", UNDER_SOLD, sold)])


def _redraw(lot: Lot, offer: Offer, by: Actor, now: datetime) -> None:
    """Move the kilograms to the new certificates, or draw and return the difference."""
    before = ledger.drawn_on([lot.pk])[lot.pk]
    after = [one.pk for one in offer.drawn]
    locks.certificates([*before, *(one.pk for one in offer.certificates)])
    backing.hold(offer.certificates)
    linked = set(lot.certificate_links.values_list("certificate_id", flat=True))
    taken_off = linked - {one.pk for one in offer.certificates}
    moves = set(before) != set(after)
    if lot.sold_kg and (moves or taken_off):
        # Deals rest on evidence too: who revokes it later must find them by the lot.
        raise InvalidInput([FieldError("certificates", "", "in_use", CERTIFICATES_FIXED)])
    if moves:
        backing.give_back(lot, before, lot.available_kg, by=by.user, now=now)
        kept = offer.terms.quantity_kg - lot.returned_kg
        backing.draw(lot, after, kept, by=by.user, now=now)
        return
    more = offer.terms.quantity_kg - lot.quantity_kg
    if more > 0:
        backing.draw(lot, after, more, by=by.user, now=now)
    elif more < 0:
        backing.give_back(lot, after, -more, by=by.user, now=now)


def _attach(lot: Lot, offer: Offer) -> None:
    """Carbon statements with their evidence, certificates and barred buyers, as offered."""
    lot.excluded_buyers.set(offer.excluded)
    lot.certificate_links.all().delete()
    LotCertificate.objects.bulk_create(
        LotCertificate(
            lot=lot,
            certificate=one,
            scheme=one.scheme,
            draws_tonnes=one.certified_kg is not None,
        )
        for one in offer.certificates
    )
    lot.carbon_statements.all().delete()
    CarbonStatement.objects.bulk_create(
        CarbonStatement(
            lot=lot,
            boundary=boundary.value,
            ci_milli=ci_milli,
            reporting_year=offer.terms.ci_year,
            evidence=offer.evidence(boundary, ci_milli),
        )
        for boundary, ci_milli in offer.terms.carbon_milli.items()
    )
