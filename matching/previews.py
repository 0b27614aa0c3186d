"""What a requirement would find among today's open lots: before it is posted, and while it waits.

Nothing is reserved and no other requirement is looked at, so nothing of another buyer's shows.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from marketplace.domain import drafts
from marketplace.domain.errors import FieldError, NotAllowed, gettext_noop
from marketplace.domain.fx import FxRates
from marketplace.domain.vocabulary import ListingState, ProductForm
from marketplace.models.actors import Actor
from marketplace.selectors import lots, rates
from marketplace.selectors import requirements as posted
from marketplace.services import authority, probes
from marketplace.services import requirements as services
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

    ``wanted`` is the requirement as a round would see it; ``carbon_told`` and ``volume_told``:
    whether its limit and its volume are the reader's. ``priced``: asks were compared with the
    limit; ``sees_asks``: the reader may see them at all.
    """

    at: datetime
    wanted: RequirementRow
    findings: Findings
    sees_asks: bool
    priced: bool
    carbon_told: bool = True
    volume_told: bool = True
    refused: tuple[FieldError, ...] = ()
    warnings: tuple[str, ...] = ()


def drafted(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Preview:
    """Of a form, finished or not. Raises NotAllowed, and TooOften when this hour has no more."""
    _admit(by)
    probes.preview(by=by, now=now)
    draft = drafts.as_far_as(partial(services.read, now=now), raw, NEUTRAL)
    today, hindered = now.date(), draft.hindered
    fx = rates.snapshot(today)
    wanted = snapshots.drafted(by.organisation, draft.terms, now, fx)
    leaving = frozenset[Rule]().union(*(LEAVING.get(name, frozenset()) for name in hindered))
    sees_asks = lots.may_see_asks(by)
    unit = str(draft.terms.columns["premium_unit"])
    price = None if hindered & PREMIUM or not sees_asks else _price(wanted, unit, fx)
    fit = engine.fit(_offers(now, fx, wanted), wanted, today, leaving=leaving)
    over = Rule.WINDOW not in leaving and wanted.window_end < today
    return Preview(
        at=now,
        wanted=wanted,
        findings=criteria.find(fit, wanted, price=price, leaving=leaving),
        sees_asks=sees_asks,
        priced=price is not None,
        carbon_told=Rule.CI_TOO_HIGH not in leaving,
        volume_told=Rule.MIN_TAKE not in leaving,
        refused=draft.refused,
        warnings=(*draft.terms.warnings, *([OVER] if over else ())),
    )


def of_posted(*, by: Actor, public_id: UUID, now: datetime) -> Preview | None:
    """Of the own requirement's open tonnes; None when nothing of it is open. NotFound if foreign.

    Raises NotAllowed and TooOften as ``drafted`` does.
    """
    requirement = posted.own_one(by, public_id)
    _admit(by)
    if requirement.state not in LOOKING or requirement.open_kg < 1:
        return None
    probes.preview(by=by, now=now)
    today = now.date()
    fx = rates.snapshot(today)
    wanted = snapshots.posted(requirement, fx)
    sees_asks = lots.may_see_asks(by)
    price = _price(wanted, requirement.premium_unit, fx) if sees_asks else None
    apart = snapshots.refused_lots(requirement, now)
    fit = engine.fit(_offers(now, fx, wanted), wanted, today, apart=apart)
    return Preview(
        at=now,
        wanted=wanted,
        findings=criteria.find(fit, wanted, price=price),
        sees_asks=sees_asks,
        priced=price is not None,
        warnings=(OVER,) if wanted.window_end < today else (),
    )


def _admit(by: Actor) -> None:
    """Whom the market's lots are open to, and who buys; the role does not matter for looking."""
    organisation = by.organisation
    if organisation.suspended_at is not None:
        raise NotAllowed(authority.SUSPENDED, reason=organisation.suspended_reason)
    if not organisation.trades:
        raise NotAllowed(authority.UNVERIFIED)
    if not organisation.is_buyer:
        raise NotAllowed(authority.NO_BUYER)


def _price(wanted: RequirementRow, unit: str, fx: FxRates) -> Price | None:
    """None without an exchange rate: nothing is compared then, and nothing is matched."""
    if wanted.max_premium_e4 is None:
        return None
    return Price(wanted.max_premium_e4, unit, fx)


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


def _offers(now: datetime, fx: FxRates, wanted: RequirementRow) -> list[LotRow]:
    return _RECENT.offers(now, fx, wanted.product_forms)
