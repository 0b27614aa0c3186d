"""Requirements: posted, edited and withdrawn by their buyer. One transaction per verb."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from marketplace.domain.fields import as_list, thousandths
from marketplace.domain.imports import reference
from marketplace.domain.requirements import parse_requirement
from marketplace.domain.terms import RequirementTerms
from marketplace.domain.vocabulary import DutyStatus, Incoterm, ListingState, Side
from marketplace.domain.webhooks import EventType
from marketplace.models import Organisation, Proposal, Requirement
from marketplace.models.actors import Actor
from marketplace.selectors import positions, rates
from marketplace.services import authority, closing, events, outbox, reading, settling
from marketplace.services.closing import Step
from marketplace.services.constraints import one_transaction

GONE = gettext_noop("This requirement is withdrawn.")
FILLED = gettext_noop("This requirement is filled.")
UNDER_BOUGHT = gettext_noop("{bought} t of this requirement are bought already.")
EDITED = gettext_noop("The buyer changed the requirement.")
WITHDRAWN = gettext_noop("The buyer withdrew the requirement.")
UNKNOWN_CODE = gettext_noop("This is not one of the known codes.")
SITE_COLUMNS = (
    "allowed_producers", "excluded_producers", "accepted_incoterms", "accepted_duty_statuses",
    "reference",
)  # fmt: skip
# What an organisation calls it is no term of it.
NO_TERMS = ("reference", "reference_key")


@dataclass(frozen=True)
class Demand:
    """Everything a requirement consists of, checked."""

    columns: Mapping[str, object]
    allowed: Sequence[Organisation]
    excluded: Sequence[Organisation]
    warnings: tuple[str, ...] = ()


@one_transaction
def post(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Requirement:
    authority.buyer(by)
    demand = read(raw, now)
    requirement = Requirement(organisation=by.organisation, posted_at=now, **demand.columns)
    requirement.save()
    _attach(requirement, demand)
    events.record([events.of_listing(requirement, EventType.REQUIREMENT_POSTED)], now=now)
    outbox.request_round(now=now)
    return requirement


@one_transaction
def edit(
    *,
    by: Actor,
    public_id: UUID,
    raw: Mapping[str, object],
    version: int | None,
    now: datetime,
) -> Requirement:
    """Replace all terms. Open proposals on the former terms are withdrawn with it."""
    authority.buyer(by)
    found = _own(by, public_id)
    demand = read(raw, now)
    open_ones, requirement = _locked(found, version)
    if requirement.state == ListingState.WITHDRAWN:
        raise Conflict(GONE)
    if requirement.state != ListingState.PAUSED and not _differs(requirement, demand):
        return _called(requirement, demand, now)
    if Requirement(**demand.columns).volume_kg < requirement.bought_kg:
        raise InvalidInput([all_bought(demand, requirement.bought_kg)])
    settling.withdraw_all(open_ones, Step("withdrawn", now, by.user, Side.BUYER, EDITED))
    requirement.refresh_from_db()
    for name, value in demand.columns.items():
        setattr(requirement, name, value)
    filled = positions.is_filled(requirement)
    requirement.state = (ListingState.CLOSED if filled else ListingState.OPEN).value
    requirement.expiries_in_a_row = 0
    requirement.version += 1
    requirement.save()
    _attach(requirement, demand)
    events.record([events.of_listing(requirement, EventType.REQUIREMENT_CHANGED)], now=now)
    outbox.request_round(now=now)
    return requirement


@one_transaction
def withdraw(
    *, by: Actor, public_id: UUID, version: int | None = None, now: datetime
) -> Requirement:
    """Stop looking for what is still open; what is bought stays bought."""
    found = _own(by, public_id)
    authority.trader(by)
    open_ones, requirement = _locked(found, version)
    if requirement.state == ListingState.WITHDRAWN:
        raise Conflict(GONE)
    if requirement.state == ListingState.CLOSED:
        raise Conflict(FILLED)
    settling.withdraw_all(open_ones, Step("withdrawn", now, by.user, Side.BUYER, WITHDRAWN))
    changed = Requirement.objects.filter(pk=requirement.pk, version=requirement.version).update(
        state=ListingState.WITHDRAWN.value, version=F("version") + 1
    )
    if not changed:
        raise Conflict
    requirement.refresh_from_db()
    events.record([events.of_listing(requirement, EventType.REQUIREMENT_WITHDRAWN)], now=now)
    outbox.request_round(now=now)
    return requirement


def all_bought(demand: Demand, bought_kg: int) -> FieldError:
    """What is said of a volume of which nothing is left to buy."""
    volume = thousandths(Requirement(**demand.columns).volume_kg)
    params = {"bought": thousandths(bought_kg)}
    return FieldError("volume_t", volume, "below_bought", UNDER_BOUGHT, params)


def _own(by: Actor, public_id: UUID) -> Requirement:
    found = Requirement.objects.filter(organisation=by.organisation, public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def _locked(found: Requirement, version: int | None) -> tuple[list[Proposal], Requirement]:
    """The requirement and its open proposals, under lock with their lots."""
    open_ones = closing.lock_open(Q(requirement=found), requirements=[found.pk])
    requirement = Requirement.objects.get(pk=found.pk)
    if version is not None and requirement.version != version:
        raise Conflict
    return open_ones, requirement


def read(raw: Mapping[str, object], now: datetime) -> Demand:
    """Raises InvalidInput with every broken rule of the columns; nothing is stored."""
    errors: list[FieldError] = []
    terms: RequirementTerms | None = None
    own = {name: value for name, value in raw.items() if name not in SITE_COLUMNS}
    try:
        terms = parse_requirement(own, as_of=now.date(), fx=rates.snapshot(now.date()))
    except InvalidInput as refused:
        errors += refused.errors
    allowed = reading.organisations(raw, "allowed_producers", errors)
    excluded = reading.organisations(raw, "excluded_producers", errors)
    incoterms = _codes(raw, "accepted_incoterms", {one.value for one in Incoterm}, errors)
    duties = _codes(raw, "accepted_duty_statuses", {one.value for one in DutyStatus}, errors)
    called = reference(raw, errors)
    if errors or terms is None:
        raise InvalidInput(errors)
    columns = {
        **_columns(terms),
        "accepted_incoterms": incoterms,
        "accepted_duty_statuses": duties,
        "reference": called.text,
        "reference_key": called.key,
    }
    return Demand(columns, allowed, excluded, terms.warnings)


def _columns(terms: RequirementTerms) -> dict[str, object]:
    return {
        "product_forms": sorted(one.value for one in terms.product_forms),
        "grades": list(terms.grades),
        "volume_kg": terms.volume_kg,
        "min_lot_kg": terms.min_lot_kg,
        "partial_ok": terms.partial_ok,
        "tolerance_centi_pct": terms.tolerance_centi_pct,
        "max_ci_milli": terms.max_ci_milli,
        "boundary": terms.boundary.value,
        "ci_basis": terms.ci_basis.value,
        "per_lot_cap_milli": terms.per_lot_cap_milli,
        "max_premium": terms.max_premium,
        "premium_unit": terms.premium_unit.value,
        "internal_carbon_price": terms.internal_carbon_price,
        "required_schemes": sorted(one.value for one in terms.required_schemes),
        "schemes_rule": terms.schemes_rule.value,
        "energy_sources": sorted(one.value for one in terms.energy_sources),
        "min_renewable_centi_pct": terms.min_renewable_centi_pct,
        "min_recycled_post_centi_pct": terms.min_recycled_post_centi_pct,
        "verified_ci_only": terms.verified_ci_only,
        "accept_offsets": terms.accept_offsets,
        "allowed_origins": sorted(terms.allowed_origins),
        "excluded_origins": sorted(terms.excluded_origins),
        "delivery_region": terms.delivery_region.value,
        "window_start": terms.window_start,
        "window_end": terms.window_end,
    }


def _codes(
    raw: Mapping[str, object], name: str, known: set[str], errors: list[FieldError]
) -> list[str]:
    given = [text.upper() for text in as_list(raw.get(name))]
    errors += [
        FieldError(name, text[:40], "unknown_code", UNKNOWN_CODE)
        for text in given
        if text not in known
    ]
    return sorted(set(given) & known)


def _differs(requirement: Requirement, demand: Demand) -> bool:
    terms = [one for one in demand.columns.items() if one[0] not in NO_TERMS]
    if any(getattr(requirement, name) != value for name, value in terms):
        return True
    allowed = set(requirement.allowed_producers.values_list("pk", flat=True))
    excluded = set(requirement.excluded_producers.values_list("pk", flat=True))
    return allowed != {one.pk for one in demand.allowed} or excluded != {
        one.pk for one in demand.excluded
    }


def _called(requirement: Requirement, demand: Demand, now: datetime) -> Requirement:
    """Another own reference for the same terms: its proposals stand."""
    if requirement.reference == demand.columns["reference"]:
        return requirement
    for name in NO_TERMS:
        setattr(requirement, name, demand.columns[name])
    requirement.version += 1
    requirement.save(update_fields=[*NO_TERMS, "version"])
    # A round at work leaves out what has another version than it read.
    outbox.request_round(now=now)
    return requirement


def _attach(requirement: Requirement, demand: Demand) -> None:
    requirement.allowed_producers.set(demand.allowed)
    requirement.excluded_producers.set(demand.excluded)
