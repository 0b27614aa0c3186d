"""What a certification cost: its holder's own note, beside the premium that it earns."""

from collections.abc import Mapping
from uuid import UUID

from marketplace.domain.certificates import COST_CURRENCIES
from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import RANGE, Reader
from marketplace.models import Certificate
from marketplace.models.actors import Actor
from marketplace.selectors.finding import one_of
from marketplace.services import authority, locks
from marketplace.services.constraints import one_transaction

NO_CURRENCY = gettext_noop("Give CNY, EUR or USD.")
HIGHEST = 10**10


@one_transaction
def note(*, by: Actor, public_id: UUID, raw: Mapping[str, object]) -> Certificate:
    """What the certification cost, for the holder's own comparison with the premium it earns.

    ``raw``: cost and cost_currency; an empty cost forgets it. No term of the certificate changes.
    """
    authority.trader(by)
    found = one_of(Certificate.objects.filter(organisation=by.organisation), public_id)
    row = Reader(raw)
    cost = row.decimal("cost", decimals=2)
    currency = row.text("cost_currency", limit=3).upper()
    if cost is not None and not 0 <= cost < HIGHEST:
        row.refuse("cost", "range", RANGE, low="0", high="9,999,999,999")
    if cost is not None and currency not in COST_CURRENCIES:
        row.refuse("cost_currency", "unknown", NO_CURRENCY)
    row.finish()
    held = locks.certificates([found.pk])[found.pk]
    held.cost, held.cost_currency = cost, currency if cost is not None else ""
    held.save(update_fields=["cost", "cost_currency"])
    return held
