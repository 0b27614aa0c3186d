"""What a requirement would find among today's open lots: before it is posted, and while it waits.

Nothing is reserved and no other requirement is looked at, so nothing of another buyer's shows.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from marketplace.domain import drafts
from marketplace.domain.errors import FieldError, InvalidInput, NotAllowed, gettext_noop
from marketplace.domain.fx import FxRates
from marketplace.domain.vocabulary import CarbonBasis, ListingState, ProductForm
from marketplace.models import Requirement
from marketplace.models.actors import Actor
from marketplace.selectors import declines, lots, positions, rates
from marketplace.selectors import requirements as posted
from marketplace.services import authority, probes
from marketplace.services import requirements as services
from marketplace.services.requirements import Demand
from matching import criteria, engine, snapshots
from matching.criteria import Findings, Price
from matching.engine import LotRow, RequirementRow, Rule

OVER = gettext_noop("The delivery window is over: nothing is matched any more.")
# What stands in for a column that is refused, and the rules that are then not asked.
NEUTRAL: Mapping[str, Mapping[str, object]] = {
    "product_forms": {"product_forms": "|".join(ProductForm)},
    "volume_t": {"volume_t": "500000"},
    "max_ci": {"max_ci": "25.000", "per_lot_cap_ci": ""},
    "boundary": {"boundary": "SMELTER_S1S2"},
    "max_premium": {"max_premium": "0", "premium_unit": "USD_T"},
    "premium_unit": {"max_premium": "0", "premium_unit": "USD_T"},
    "delivery_region": {"delivery_region": "EU"},
    "window_start": {"window_start": "2000-01-01", "window_end": "2000-01-01"},
    "window_end": {"window_start": "2000-01-01", "window_end": "2000-01-01"},
}
LEAVING = {
    "volume_t": frozenset({Rule.MIN_TAKE}),
    "max_ci": frozenset({Rule.CI_TOO_HIGH}),
    "boundary": frozenset({Rule.NOT_COMPARABLE, Rule.CI_TOO_HIGH, Rule.CI_UNVERIFIED}),
    "delivery_region": frozenset({Rule.REGION}),
    "window_start": frozenset({Rule.WINDOW}),
    "window_end": frozenset({Rule.WINDOW}),
}
LOOKING = frozenset({ListingState.OPEN.value, ListingState.PAUSED.value})
PREMIUM = frozenset({"max_premium", "premium_unit"})


@dataclass(frozen=True)
class Preview:
    """``refused``: columns of the form that do not count yet. ``warnings``: marked messages.

    ``wanted`` is the requirement as a round would see it; ``carbon_told`` and ``premium_told``:
    whether its limits are the reader's. ``held_kg``: of its open proposals, which are not counted.
    """

    at: datetime
    wanted: RequirementRow
    findings: Findings
    carbon_told: bool = True
    premium_told: bool = True
    held_kg: int = 0
    refused: tuple[FieldError, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Its delivery window: nothing fits any more."""
        return OVER in self.warnings

    @property
    def unrated(self) -> bool:
        """Without an exchange rate for the limit nothing is compared with it, nor matched."""
        return self.premium_told and self.wanted.max_premium_e4 is None

    @property
    def lists_producers(self) -> bool:
        return bool(self.wanted.allowed_producers or self.wanted.excluded_producers)


def drafted(
    *,
    by: Actor,
    raw: Mapping[str, object],
    now: datetime,
    instead_of: Requirement | None = None,
) -> Preview:
    """Of a form, finished or not; ``instead_of``: the own requirement that it would change.

    Raises NotAllowed, TooOften when this hour has no more, and InvalidInput where all of it is
    bought already.
    """
    _admit(by)
    probes.preview(by=by, now=now)
    draft = drafts.as_far_as(partial(services.read, now=now), raw, NEUTRAL)
    today, hindered = now.date(), draft.hindered
    fx = rates.snapshot(today)
    bought = snapshots.NOTHING_BOUGHT if instead_of is None else _bought(instead_of, draft.terms)
    wanted = snapshots.drafted(by.organisation, draft.terms, now, fx, bought)
    unknown = frozenset[Rule]().union(*(LEAVING.get(name, frozenset()) for name in hindered))
    apart = _apart(instead_of, now, changed=True)
    unit = None if hindered & PREMIUM else str(draft.terms.columns["premium_unit"])
    return Preview(
        at=now,
        wanted=wanted,
        findings=_findings(by, wanted, _Asking(fx, unit, unknown, apart), now),
        carbon_told=Rule.CI_TOO_HIGH not in unknown,
        premium_told=unit is not None,
        held_kg=0 if instead_of is None else instead_of.reserved_kg,
        refused=draft.refused,
        warnings=(*draft.terms.warnings, *_over(wanted, today, unknown)),
    )


def of_posted(*, by: Actor, public_id: UUID, now: datetime) -> Preview | None:
    """Of the own requirement's open tonnes; None when it looks for none. NotFound if foreign.

    Raises NotAllowed and TooOften as ``drafted`` does.
    """
    requirement = posted.own_one(by, public_id)
    _admit(by)
    # What takes no partial fill waits for the answers to its open bundle.
    answered_first = requirement.reserved_kg > 0 and not requirement.partial_ok
    if requirement.state not in LOOKING or requirement.open_kg < 1 or answered_first:
        return None
    probes.preview(by=by, now=now)
    fx = rates.snapshot(now.date())
    wanted = snapshots.posted(requirement, fx)
    if wanted.volume_kg < 1:
        return None
    asking = _Asking(fx, requirement.premium_unit, apart=_apart(requirement, now, changed=False))
    return Preview(
        at=now,
        wanted=wanted,
        findings=_findings(by, wanted, asking, now),
        warnings=_over(wanted, now.date(), frozenset()),
    )


@dataclass(frozen=True)
class _Asking:
    """How one requirement is compared: ``unit`` None where its limit is not known."""

    fx: FxRates
    unit: str | None
    unknown: frozenset[Rule] = frozenset()
    apart: frozenset[str] = frozenset()


def _findings(by: Actor, wanted: RequirementRow, asking: _Asking, now: datetime) -> Findings:
    leaving = asking.unknown | criteria.NOT_ASKED
    price = _price(wanted, asking) if lots.may_see_asks(by) else None
    offered = _RECENT.offers(now, asking.fx, wanted.product_forms)
    fit = engine.fit(offered, wanted, now.date(), leaving=leaving, apart=asking.apart)
    return criteria.find(fit, wanted, price=price, leaving=leaving)


def _bought(requirement: Requirement, terms: Demand) -> dict[str, int]:
    """What stays of it after a change: deals do, open proposals do not. InvalidInput where no more
    would be bought.
    """
    changed = Requirement(**terms.columns, bought_kg=requirement.bought_kg)
    if positions.is_filled(changed):
        raise InvalidInput([services.all_bought(terms, requirement.bought_kg)])
    allowance = 0
    if changed.ci_basis == CarbonBasis.PORTFOLIO_AVERAGE.value:
        allowance = positions.allowance_under(
            requirement, boundary=changed.boundary, average_milli=changed.max_ci_milli
        )
    return {"bought_kg": requirement.bought_kg, "allowance": allowance}


def _apart(requirement: Requirement | None, now: datetime, *, changed: bool) -> frozenset[str]:
    if requirement is None:
        return frozenset()
    found = declines.lots_apart(requirement, now, changed=changed)
    return frozenset(map(snapshots.key, found))


def _over(wanted: RequirementRow, today: date, unknown: Collection[Rule]) -> tuple[str, ...]:
    return (OVER,) if Rule.WINDOW not in unknown and wanted.window_end < today else ()


def _admit(by: Actor) -> None:
    """Whom the market's lots are open to, and who buys; the role does not matter for looking."""
    organisation = by.organisation
    if organisation.suspended_at is not None:
        raise NotAllowed(authority.SUSPENDED, reason=organisation.suspended_reason)
    if not organisation.trades:
        raise NotAllowed(authority.UNVERIFIED)
    if not organisation.is_buyer:
        raise NotAllowed(authority.NO_BUYER)


def _price(wanted: RequirementRow, asking: _Asking) -> Price | None:
    """None where the limit is not known, or has no exchange rate."""
    if asking.unit is None or wanted.max_premium_e4 is None:
        return None
    return Price(wanted.max_premium_e4, asking.unit, asking.fx)


class Recent:
    """The open lots as this process read them last, until one of them or its paper changes.

    A change that was begun earlier and committed later than the newest seen has no newer row of
    history: so nothing is kept for longer than ``KEPT``.
    """

    KEPT = timedelta(seconds=15)

    def __init__(self) -> None:
        # One value, so that threads see all of it or nothing.
        self._known: tuple[tuple[object, ...], datetime, dict[str, list[LotRow]]] | None = None

    def offers(self, now: datetime, fx: FxRates, forms: Collection[str]) -> list[LotRow]:
        """Of some product forms: another product is no near miss."""
        key = (now.date(), tuple(sorted(fx.rates.items())), snapshots.last_changes())
        read_at, rows = now, dict[str, list[LotRow]]()
        if self._known is not None and self._known[0] == key:
            _key, read_at, rows = self._known
        if not timedelta() <= now - read_at < self.KEPT:
            read_at, rows = now, {}
        missing = [form for form in forms if form not in rows]
        if missing:
            rows = {**rows, **{form: [] for form in missing}}
            for lot in snapshots.offers(now.date(), fx, missing):
                rows[lot.product_form].append(lot)
            self._known = key, read_at, rows
        return [lot for form in forms for lot in rows[form]]


_RECENT = Recent()
