"""One file per aggregate; imported here so that Django finds them."""

from marketplace.models.access import ApiKey, IdempotentAnswer
from marketplace.models.accounts import Letter, TermsAcceptance
from marketplace.models.approvals import Approval
from marketplace.models.audit import AuditLink, AuditShape, Reveal
from marketplace.models.bodies import BodyEntry, BodyList, SettledDifference
from marketplace.models.certificates import Certificate
from marketplace.models.deals import Claim, Deal, Delivery
from marketplace.models.exports import ExportJob, ExportPart
from marketplace.models.footprints import (
    Footprint,
    FootprintStatement,
    PactClient,
    PactEvent,
    ReadFootprint,
)
from marketplace.models.imports import ImportJob, ImportPart, ImportRow
from marketplace.models.invitations import Invitation
from marketplace.models.ledger import LedgerPosting
from marketplace.models.lots import CarbonStatement, Lot, LotCertificate
from marketplace.models.market import MarketSettings
from marketplace.models.messages import Message
from marketplace.models.notifications import Notification, NotificationChoice
from marketplace.models.organisations import Membership, Organisation, OrganisationGroup, Site
from marketplace.models.outbox import Heartbeat, OutboxRow
from marketplace.models.parameters import (
    CarbonBaseline,
    CbamBenchmark,
    CbamDefault,
    CbamPrice,
    CbamYear,
)
from marketplace.models.probes import Probe
from marketplace.models.proposals import Proposal, ProposalStep
from marketplace.models.rates import FxRate, GradeSynonym
from marketplace.models.requirements import Requirement
from marketplace.models.searches import SavedSearch, SearchHit
from marketplace.models.signals import LadderDay, MarketFigure
from marketplace.models.users import User
from marketplace.models.webhooks import WebhookCall, WebhookEndpoint, WebhookMessage

__all__ = [
    "ApiKey",
    "Approval",
    "AuditLink",
    "AuditShape",
    "BodyEntry",
    "BodyList",
    "CarbonBaseline",
    "CarbonStatement",
    "CbamBenchmark",
    "CbamDefault",
    "CbamPrice",
    "CbamYear",
    "Certificate",
    "Claim",
    "Deal",
    "Delivery",
    "ExportJob",
    "ExportPart",
    "Footprint",
    "FootprintStatement",
    "FxRate",
    "GradeSynonym",
    "Heartbeat",
    "IdempotentAnswer",
    "ImportJob",
    "ImportPart",
    "ImportRow",
    "Invitation",
    "LadderDay",
    "LedgerPosting",
    "Letter",
    "Lot",
    "LotCertificate",
    "MarketFigure",
    "MarketSettings",
    "Membership",
    "Message",
    "Notification",
    "NotificationChoice",
    "Organisation",
    "OrganisationGroup",
    "OutboxRow",
    "PactClient",
    "PactEvent",
    "Probe",
    "Proposal",
    "ProposalStep",
    "ReadFootprint",
    "Requirement",
    "Reveal",
    "SavedSearch",
    "SearchHit",
    "SettledDifference",
    "Site",
    "TermsAcceptance",
    "User",
    "WebhookCall",
    "WebhookEndpoint",
    "WebhookMessage",
]
