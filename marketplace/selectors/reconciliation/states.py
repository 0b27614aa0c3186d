"""Pairs of states that cannot be at once: each statement names the rows that are in one."""

from marketplace.selectors.reconciliation.difference import Difference, in_words

OPEN_ON_CLOSED_LOTS = """
SELECT 'proposal', proposal.id, 'open only on a lot on offer', lot.state, 'OPEN or PAUSED'
FROM marketplace_proposal proposal JOIN marketplace_lot lot ON lot.id = proposal.lot_id
WHERE proposal.state = 'PROPOSED' AND lot.state NOT IN ('OPEN', 'PAUSED')
"""
OPEN_ON_CLOSED_REQUIREMENTS = """
SELECT 'proposal', proposal.id, 'open only for a requirement on the market', wanted.state,
       'OPEN or PAUSED'
FROM marketplace_proposal proposal
JOIN marketplace_requirement wanted ON wanted.id = proposal.requirement_id
WHERE proposal.state = 'PROPOSED' AND wanted.state NOT IN ('OPEN', 'PAUSED')
"""
OPEN_WITHOUT_CERTIFICATE = """
SELECT DISTINCT 'proposal', proposal.id, 'open only on verified certificates', paper.state,
       'VERIFIED'
FROM marketplace_proposal proposal
JOIN marketplace_lotcertificate link ON link.lot_id = proposal.lot_id AND link.draws_tonnes
JOIN marketplace_certificate paper ON paper.id = link.certificate_id
WHERE proposal.state = 'PROPOSED' AND paper.state <> 'VERIFIED'
"""
DEALS = """
SELECT 'proposal', proposal.id, told.rule, told.found, told.expected
FROM marketplace_proposal proposal
JOIN marketplace_lot lot ON lot.id = proposal.lot_id
JOIN marketplace_requirement wanted ON wanted.id = proposal.requirement_id
LEFT JOIN marketplace_deal deal ON deal.proposal_id = proposal.id
CROSS JOIN LATERAL (VALUES
    ('a deal where its state says so', proposal.state = 'DEAL', deal.id IS NOT NULL,
     coalesce(deal.number, 'no deal'), proposal.state),
    ('accepted by both sides', proposal.state <> 'DEAL'
     OR (proposal.producer_answer = 'ACCEPTED' AND proposal.buyer_answer = 'ACCEPTED'), true,
     proposal.producer_answer || ' and ' || proposal.buyer_answer, 'ACCEPTED and ACCEPTED'),
    ('a deal over its kilograms', deal.quantity_kg IS NULL
     OR deal.quantity_kg = proposal.quantity_kg, true,
     deal.quantity_kg::text, proposal.quantity_kg::text),
    ('a deal between its parties', deal.id IS NULL
     OR (deal.producer_id = lot.organisation_id AND deal.buyer_id = wanted.organisation_id), true,
     deal.producer_id || ' and ' || deal.buyer_id,
     lot.organisation_id || ' and ' || wanted.organisation_id)
) AS told(rule, left_side, right_side, found, expected)
WHERE told.left_side <> told.right_side
"""
DELIVERIES = """
SELECT 'deal', deal.id, told.rule, told.found, told.expected
FROM marketplace_deal deal
LEFT JOIN marketplace_delivery delivery ON delivery.deal_id = deal.id
LEFT JOIN marketplace_claim claim ON claim.deal_id = deal.id
CROSS JOIN LATERAL (VALUES
    ('a delivery where its state says so', deal.state = 'DELIVERED', delivery.id IS NOT NULL,
     CASE WHEN delivery.id IS NULL THEN 'no delivery' ELSE 'a delivery' END, deal.state),
    ('a claim where its state says so', deal.state = 'DELIVERED', claim.id IS NOT NULL,
     coalesce(claim.number, 'no claim'), deal.state),
    ('a claim over what was shipped of it', true,
     claim.kg IS NULL OR claim.kg = least(delivery.shipped_kg, deal.quantity_kg),
     claim.kg::text, least(delivery.shipped_kg, deal.quantity_kg)::text)
) AS told(rule, left_side, right_side, found, expected)
WHERE told.left_side IS DISTINCT FROM told.right_side
"""


def differences() -> list[Difference]:
    statements = (
        OPEN_ON_CLOSED_LOTS,
        OPEN_ON_CLOSED_REQUIREMENTS,
        OPEN_WITHOUT_CERTIFICATE,
        DEALS,
        DELIVERIES,
    )
    return [found for statement in statements for found in in_words(statement)]
