"""Deadlines of proposals stand still while trading is paused: what a pause took is given back."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

# A pause that another one still covers adds nothing: each minute is given once, at the first moment
# when nothing else stops the clock. All members of a bundle keep one deadline.
LONGER = """
WITH stood AS (
    SELECT proposal.bundle,
           least(%(now)s, min(market.trading_paused_at), min(seller.trading_paused_at),
                 min(buyer.trading_paused_at))
           - greatest(%(since)s, max(proposal.created_at)) AS time
    FROM marketplace_proposal proposal
    JOIN marketplace_lot lot ON lot.id = proposal.lot_id
    JOIN marketplace_requirement wanted ON wanted.id = proposal.requirement_id
    JOIN marketplace_organisation seller ON seller.id = lot.organisation_id
    JOIN marketplace_organisation buyer ON buyer.id = wanted.organisation_id
    LEFT JOIN marketplace_marketsettings market ON market.id = 1
    WHERE proposal.id = ANY(%(open)s)
    GROUP BY proposal.bundle
)
UPDATE marketplace_proposal proposal SET expires_at = expires_at + stood.time
FROM stood
WHERE proposal.bundle = stood.bundle AND proposal.state = 'PROPOSED'
  AND stood.time > interval '0'
"""


def give_time_back(proposals: Collection[int], *, since: datetime, now: datetime) -> None:
    """What stood still from ``since`` on goes on now, unless another pause still holds it.

    ``proposals``: keys of open ones, under lock, with all open members of their bundles.
    """
    with connection.cursor() as cursor:
        cursor.execute(LONGER, {"now": now, "since": since, "open": list(proposals)})
