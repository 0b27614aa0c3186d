"""Kilograms: the counters on certificates, lots and requirements against the ledger.

One statement for each kind of row. A balance is what came into an account less what left it.
"""

from marketplace.selectors.reconciliation.difference import Difference, in_kilograms

MOVED = """
WITH moved AS (
    SELECT id, certificate_id, lot_id, proposal_id, target AS account, kg
    FROM marketplace_ledgerposting
    UNION ALL
    SELECT id, certificate_id, lot_id, proposal_id, source, -kg
    FROM marketplace_ledgerposting
)
, held AS (
    SELECT certificate_id, lot_id, proposal_id,
           sum(kg) FILTER (WHERE account = 'ISSUED') AS issued,
           sum(kg) FILTER (WHERE account = 'FREE') AS free,
           sum(kg) FILTER (WHERE account = 'LISTED') AS listed,
           sum(kg) FILTER (WHERE account = 'RESERVED') AS reserved,
           sum(kg) FILTER (WHERE account = 'SOLD') AS sold,
           sum(kg) FILTER (WHERE account = 'DELIVERED') AS delivered,
           sum(kg) FILTER (WHERE account = 'CLAIMED') AS claimed,
           count(*) FILTER (WHERE account = 'ISSUED') AS issues
    FROM moved GROUP BY certificate_id, lot_id, proposal_id
)
"""
# Once an admin has verified it, a certificate's tonnes are issued, one time and for good.
CERTIFICATES = """
, balance AS (
    SELECT certificate_id, sum(issued) AS issued, sum(free) AS free, sum(claimed) AS claimed,
           sum(coalesce(listed, 0) + coalesce(reserved, 0) + coalesce(sold, 0)
               + coalesce(delivered, 0) + coalesce(claimed, 0)) AS drawn, sum(issues) AS issues
    FROM held GROUP BY certificate_id
)
, issued AS (
    SELECT *, CASE WHEN state IN ('VERIFIED', 'SUSPENDED', 'REVOKED')
                   THEN coalesce(certified_kg, 0) ELSE 0 END AS issued_kg
    FROM marketplace_certificate
)
SELECT 'certificate', one.id, told.rule, told.counter, coalesce(told.ledger, 0)
FROM issued one LEFT JOIN balance ON balance.certificate_id = one.id
CROSS JOIN LATERAL (VALUES
    ('certified_kg = issued', one.issued_kg, -balance.issued),
    ('issued once', sign(one.issued_kg)::numeric, balance.issues),
    ('certified_kg - allocated_kg = FREE', one.issued_kg - one.allocated_kg, balance.free),
    ('allocated_kg = LISTED + RESERVED + SOLD + DELIVERED + CLAIMED',
     one.allocated_kg, balance.drawn),
    ('claimed_kg = CLAIMED', one.claimed_kg, balance.claimed)
) AS told(rule, counter, ledger)
WHERE told.counter <> coalesce(told.ledger, 0)
"""
# A certificate that a lot drew on formerly holds nothing of it any more.
LOTS = """
, balance AS (
    SELECT lot_id, certificate_id, sum(listed) AS listed, sum(reserved) AS reserved,
           sum(coalesce(sold, 0) + coalesce(delivered, 0) + coalesce(claimed, 0)) AS sold,
           sum(coalesce(delivered, 0) + coalesce(claimed, 0)) AS delivered
    FROM held WHERE lot_id IS NOT NULL GROUP BY lot_id, certificate_id
)
, drawn AS (
    SELECT link.certificate_id, lot.*,
           quantity_kg - reserved_kg - sold_kg - returned_kg AS available_kg
    FROM marketplace_lotcertificate link JOIN marketplace_lot lot ON lot.id = link.lot_id
    WHERE link.draws_tonnes
)
SELECT 'lot', coalesce(drawn.id, balance.lot_id),
       told.rule || ' on certificate ' || coalesce(drawn.certificate_id, balance.certificate_id),
       coalesce(told.counter, 0), coalesce(told.ledger, 0)
FROM drawn FULL JOIN balance
  ON balance.lot_id = drawn.id AND balance.certificate_id = drawn.certificate_id
CROSS JOIN LATERAL (VALUES
    ('available_kg = LISTED', drawn.available_kg, balance.listed),
    ('reserved_kg = RESERVED', drawn.reserved_kg, balance.reserved),
    ('sold_kg = SOLD + DELIVERED + CLAIMED', drawn.sold_kg, balance.sold),
    ('delivered_kg = DELIVERED + CLAIMED', drawn.delivered_kg, balance.delivered)
) AS told(rule, counter, ledger)
WHERE coalesce(told.counter, 0) <> coalesce(told.ledger, 0)
"""
# Of a delivered deal the lot has sold what was shipped, up to the contract, while the requirement
# has bought what was contracted; of a cancelled one, nothing.
TRADED = """
WITH traded AS (
    SELECT proposal.lot_id, proposal.requirement_id,
           CASE WHEN proposal.state = 'PROPOSED' THEN proposal.quantity_kg ELSE 0 END AS live_kg,
           CASE WHEN deal.state <> 'CANCELLED' THEN deal.quantity_kg ELSE 0 END AS bought_kg,
           CASE deal.state WHEN 'CONFIRMED' THEN deal.quantity_kg
                           WHEN 'DELIVERED' THEN least(delivery.shipped_kg, deal.quantity_kg)
                           ELSE 0 END AS sold_kg,
           CASE WHEN deal.state = 'DELIVERED'
                THEN least(delivery.shipped_kg, deal.quantity_kg) ELSE 0 END AS delivered_kg
    FROM marketplace_proposal proposal
    LEFT JOIN marketplace_deal deal ON deal.proposal_id = proposal.id
    LEFT JOIN marketplace_delivery delivery ON delivery.deal_id = deal.id
)
"""
LOT_TRADES = """
SELECT 'lot', lot.id, told.rule, told.counter, coalesce(told.traded, 0)
FROM marketplace_lot lot
LEFT JOIN (SELECT lot_id, sum(live_kg) AS live, sum(sold_kg) AS sold, sum(delivered_kg) AS delivered
           FROM traded GROUP BY lot_id) one ON one.lot_id = lot.id
CROSS JOIN LATERAL (VALUES
    ('reserved_kg = open proposals', lot.reserved_kg, one.live),
    ('sold_kg = deals', lot.sold_kg, one.sold),
    ('delivered_kg = deliveries', lot.delivered_kg, one.delivered)
) AS told(rule, counter, traded)
WHERE told.counter <> coalesce(told.traded, 0)
"""
REQUIREMENT_TRADES = """
SELECT 'requirement', wanted.id, told.rule, told.counter, coalesce(told.traded, 0)
FROM marketplace_requirement wanted
LEFT JOIN (SELECT requirement_id, sum(live_kg) AS live, sum(bought_kg) AS bought
           FROM traded GROUP BY requirement_id) one ON one.requirement_id = wanted.id
CROSS JOIN LATERAL (VALUES
    ('reserved_kg = open proposals', wanted.reserved_kg, one.live),
    ('bought_kg = deals', wanted.bought_kg, one.bought)
) AS told(rule, counter, traded)
WHERE told.counter <> coalesce(told.traded, 0)
"""
# Each proposal's own kilograms stand in exactly one account of each certificate of its lot.
PROPOSALS = """
, balance AS (
    SELECT proposal_id, certificate_id, sum(reserved) AS reserved, sum(sold) AS sold,
           sum(delivered) AS delivered, sum(claimed) AS claimed
    FROM held WHERE proposal_id IS NOT NULL GROUP BY proposal_id, certificate_id
)
, standing AS (
    SELECT proposal.id, link.certificate_id,
           CASE WHEN proposal.state = 'PROPOSED' THEN proposal.quantity_kg END AS reserved_kg,
           CASE WHEN deal.state = 'CONFIRMED' THEN deal.quantity_kg END AS sold_kg,
           CASE WHEN deal.state = 'DELIVERED' AND claim.retired_at IS NULL
                THEN claim.kg END AS delivered_kg,
           CASE WHEN claim.retired_at IS NOT NULL THEN claim.kg END AS claimed_kg
    FROM marketplace_proposal proposal
    JOIN marketplace_lotcertificate link ON link.lot_id = proposal.lot_id AND link.draws_tonnes
    LEFT JOIN marketplace_deal deal ON deal.proposal_id = proposal.id
    LEFT JOIN marketplace_claim claim ON claim.deal_id = deal.id
    WHERE proposal.state IN ('PROPOSED', 'DEAL')
)
SELECT 'proposal', coalesce(standing.id, balance.proposal_id),
       told.rule || ' on certificate ' || coalesce(standing.certificate_id, balance.certificate_id),
       coalesce(told.counter, 0), coalesce(told.ledger, 0)
FROM standing FULL JOIN balance
  ON balance.proposal_id = standing.id AND balance.certificate_id = standing.certificate_id
CROSS JOIN LATERAL (VALUES
    ('open = RESERVED', standing.reserved_kg, balance.reserved),
    ('confirmed deal = SOLD', standing.sold_kg, balance.sold),
    ('delivered and not retired = DELIVERED', standing.delivered_kg, balance.delivered),
    ('retired claim = CLAIMED', standing.claimed_kg, balance.claimed)
) AS told(rule, counter, ledger)
WHERE coalesce(told.counter, 0) <> coalesce(told.ledger, 0)
"""
# Not even between two postings: free kilograms by certificate, the others by lot as well.
NEVER_NEGATIVE = """
, running AS (
    SELECT certificate_id, account,
           sum(kg) OVER (PARTITION BY certificate_id, account,
                                      CASE WHEN account <> 'FREE' THEN lot_id END
                         ORDER BY id) AS balance
    FROM moved WHERE account <> 'ISSUED'
)
SELECT 'certificate', certificate_id, account || ' was never below 0', 0, min(balance)
FROM running WHERE balance < 0 GROUP BY certificate_id, account
"""


def differences() -> list[Difference]:
    statements = (
        (MOVED, CERTIFICATES),
        (MOVED, LOTS),
        (TRADED, LOT_TRADES),
        (TRADED, REQUIREMENT_TRADES),
        (MOVED, PROPOSALS),
        (MOVED, NEVER_NEGATIVE),
    )
    return [found for parts in statements for found in in_kilograms(*parts)]
