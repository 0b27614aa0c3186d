"""What people read for the domain's codes, in one place for forms, admin and pages."""

from django.utils.translation import gettext_lazy as _

from marketplace.domain.bodies import Differs
from marketplace.domain.pact import Kind
from marketplace.domain.signals import Signal
from marketplace.domain.vocabulary import (
    Answer,
    Boundary,
    CarbonBasis,
    CbamProcess,
    CertificateState,
    Confirmation,
    DealState,
    DutyStatus,
    EnergySource,
    Event,
    ExportState,
    ImportKind,
    ImportState,
    Incoterm,
    KeyScope,
    LedgerAccount,
    ListingState,
    NoticeMode,
    PremiumUnit,
    ProductForm,
    ProposalState,
    Region,
    Role,
    RowOutcome,
    Scheme,
    SchemesRule,
    Side,
    Standing,
)
from marketplace.domain.webhooks import EventType, MessageState

PRODUCT_FORMS = [
    (ProductForm.INGOT.value, _("Ingot")),
    (ProductForm.SOW.value, _("Sow")),
    (ProductForm.TBAR.value, _("T-bar")),
    (ProductForm.BILLET.value, _("Billet")),
    (ProductForm.SLAB.value, _("Slab")),
    (ProductForm.FOUNDRY_ALLOY.value, _("Foundry alloy")),
    (ProductForm.WIRE_ROD.value, _("Wire rod")),
]
BOUNDARIES = [
    (Boundary.SMELTER_S1S2.value, _("smelter 1+2")),
    (Boundary.CRADLE_TO_GATE.value, _("cradle-to-gate")),
    (Boundary.CBAM_DIRECT.value, _("CBAM direct")),
]
SIDES = [
    (Side.PRODUCER.value, _("producer")),
    (Side.BUYER.value, _("buyer")),
]
PACT_KINDS = [
    (Kind.CREATED.value, _("request")),
    (Kind.FULFILLED.value, _("request fulfilled")),
    (Kind.REJECTED.value, _("request rejected")),
    (Kind.PUBLISHED.value, _("published")),
]
CBAM_PROCESSES = [
    (CbamProcess.PRIMARY.value, _("primary")),
    (CbamProcess.SECONDARY.value, _("secondary")),
]
CARBON_BASES = [
    (CarbonBasis.PER_LOT.value, _("Each lot")),
    (CarbonBasis.PORTFOLIO_AVERAGE.value, _("Tonnage-weighted average")),
]
SCHEMES = [
    (Scheme.CGMC_GREEN_POWER.value, _("CGMC green-power aluminium")),
    (Scheme.CGMC_GREEN_LOW_CARBON.value, _("CGMC green low-carbon aluminium")),
    (Scheme.ASI_PS.value, _("ASI Performance Standard")),
    (Scheme.ASI_COC.value, _("ASI Chain of Custody")),
    (Scheme.EPD.value, _("EPD (EN 15804)")),
    (Scheme.ISO_14067.value, _("ISO 14067 statement")),
    (Scheme.OTHER.value, _("Other")),
]
SCHEMES_RULES = [
    (SchemesRule.ALL.value, _("All of them")),
    (SchemesRule.ANY.value, _("Any of them")),
]
ENERGY_SOURCES = [
    (EnergySource.HYDRO.value, _("Hydro")),
    (EnergySource.WIND.value, _("Wind")),
    (EnergySource.SOLAR.value, _("Solar")),
    (EnergySource.NUCLEAR.value, _("Nuclear")),
    (EnergySource.GEOTHERMAL.value, _("Geothermal")),
    (EnergySource.GAS.value, _("Gas")),
    (EnergySource.COAL.value, _("Coal")),
    (EnergySource.GRID.value, _("Grid")),
    (EnergySource.MIXED.value, _("Mixed")),
]
REGIONS = [
    (Region.CN.value, _("China")),
    (Region.EU.value, _("European Union")),
    (Region.JP.value, _("Japan")),
    (Region.KR.value, _("South Korea")),
    (Region.US.value, _("United States")),
    (Region.GLOBAL.value, _("Worldwide")),
]
PREMIUM_UNITS = [
    (PremiumUnit.USD_T.value, _("USD/t")),
    (PremiumUnit.EUR_T.value, _("EUR/t")),
    (PremiumUnit.CNY_T.value, _("CNY/t, without VAT")),
    (PremiumUnit.USC_LB.value, _("US cents/lb")),
]
INCOTERMS = [(term.value, term.value) for term in Incoterm]
DUTY_STATUSES = [
    (DutyStatus.DUTY_PAID.value, _("Duty paid")),
    (DutyStatus.DUTY_UNPAID.value, _("Duty unpaid")),
]
ROLES = [
    (Role.VIEWER.value, _("Viewer")),
    (Role.TRADER.value, _("Trader")),
    (Role.OWNER.value, _("Owner")),
]
CERTIFICATE_STATES = [
    (CertificateState.PENDING.value, _("Waiting for verification")),
    (CertificateState.VERIFIED.value, _("Verified")),
    (CertificateState.REFUSED.value, _("Refused")),
    (CertificateState.SUSPENDED.value, _("Suspended")),
    (CertificateState.REVOKED.value, _("Revoked")),
]
LISTING_STATES = [
    (ListingState.OPEN.value, _("Open")),
    (ListingState.PAUSED.value, _("Paused")),
    (ListingState.WITHDRAWN.value, _("Withdrawn")),
    (ListingState.CLOSED.value, _("Closed")),
]
PROPOSAL_STATES = [
    (ProposalState.PROPOSED.value, _("Waiting for answers")),
    (ProposalState.DEAL.value, _("Deal")),
    (ProposalState.DECLINED.value, _("Declined")),
    (ProposalState.EXPIRED.value, _("Expired")),
    (ProposalState.WITHDRAWN.value, _("Withdrawn")),
]
ANSWERS = [
    (Answer.OPEN.value, _("No answer yet")),
    (Answer.ACCEPTED.value, _("Accepted")),
    (Answer.DECLINED.value, _("Declined")),
]
DEAL_STATES = [
    (DealState.CONFIRMED.value, _("Confirmed")),
    (DealState.DELIVERED.value, _("Delivered")),
    (DealState.CANCELLED.value, _("Cancelled")),
]
LEDGER_ACCOUNTS = [
    (LedgerAccount.ISSUED.value, _("Issued")),
    (LedgerAccount.FREE.value, _("Free")),
    (LedgerAccount.LISTED.value, _("Listed")),
    (LedgerAccount.RESERVED.value, _("Reserved")),
    (LedgerAccount.SOLD.value, _("Sold")),
    (LedgerAccount.DELIVERED.value, _("Delivered")),
    (LedgerAccount.CLAIMED.value, _("Claimed by the buyer")),
]
STANDINGS = [
    (Standing.INDICATION.value, _("An indication, subject to contract")),
    (Standing.BINDING.value, _("Binding on both sides")),
]
EVENTS = [
    (Event.PROPOSAL_OPENED.value, _("A proposal waits for an answer")),
    (Event.APPROVAL_ASKED.value, _("An acceptance waits for a second person")),
    (Event.PROPOSAL_ACCEPTED.value, _("The other side accepted a proposal")),
    (Event.PROPOSAL_ENDED.value, _("A proposal ended without a deal")),
    (Event.MESSAGE_WRITTEN.value, _("The other side wrote a message")),
    (Event.LISTING_PAUSED.value, _("Matching of a lot or requirement is paused")),
    (Event.DEAL_CONCLUDED.value, _("A deal is concluded")),
    (Event.DEAL_DELIVERED.value, _("A deal is delivered")),
    (Event.DEAL_FLAGGED.value, _("Something speaks against a deal")),
    (Event.DEAL_CLEARED.value, _("What spoke against a deal is cleared up")),
    (Event.DEAL_CANCELLED.value, _("A deal is cancelled")),
    (Event.CANCELLATION_ASKED.value, _("The other side asks to cancel a deal")),
    (Event.CLAIM_RETIRED.value, _("A buyer retired a claim on delivered tonnes")),
    (Event.CERTIFICATE_DECIDED.value, _("An admin decided about a certificate")),
    (Event.CERTIFICATE_EXPIRED.value, _("A certificate expired")),
    (Event.ORGANISATION_DECIDED.value, _("An admin decided about the organisation")),
    (Event.MARKET_PAUSED.value, _("Matching or trading is paused or goes on")),
    (Event.LOTS_FOUND.value, _("New lots for a saved search")),
    (Event.WEBHOOK_OFF.value, _("A webhook endpoint is switched off")),
]
NOTICE_MODES = [
    (NoticeMode.NOW.value, _("At once")),
    (NoticeMode.DAILY.value, _("Once a day")),
    (NoticeMode.OFF.value, _("Never")),
]
IMPORT_KINDS = [
    (ImportKind.LOTS.value, _("Lots")),
    (ImportKind.REQUIREMENTS.value, _("Requirements")),
]
IMPORT_STATES = [
    (ImportState.UPLOADED.value, _("Being checked")),
    (ImportState.UNREADABLE.value, _("Not readable")),
    (ImportState.CHECKED.value, _("Waits for you")),
    (ImportState.DISCARDED.value, _("Discarded")),
    (ImportState.CONFIRMED.value, _("Being imported")),
    (ImportState.IMPORTED.value, _("Imported")),
    (ImportState.REFUSED.value, _("Refused, nothing saved")),
]
CONFIRMATIONS = [
    (Confirmation.ALL.value, _("All rows or none")),
    (Confirmation.GOOD.value, _("Without the bad rows")),
]
EXPORT_STATES = [
    (ExportState.ASKED.value, _("Being written")),
    (ExportState.READY.value, _("Ready")),
    (ExportState.REFUSED.value, _("Refused")),
]
EXPORT_TABLES = [
    ("lots", _("Lots")),
    ("requirements", _("Requirements")),
    ("market-lots", _("Open lots")),
    ("proposals", _("Proposals")),
    ("deals", _("Deals")),
]
EXPORT_FORMS = [("csv", "CSV"), ("xlsx", "XLSX")]
ROW_OUTCOMES = [
    (RowOutcome.ERROR.value, _("Error")),
    (RowOutcome.NEW.value, _("New")),
    (RowOutcome.CHANGED.value, _("Changed")),
    (RowOutcome.UNCHANGED.value, _("Unchanged")),
]
SIGNALS = [
    (Signal.PREMIUM.value, _("Green premium")),
    (Signal.TONNES.value, _("Tonnes matched")),
    (Signal.SUPPLY.value, _("Supply")),
    (Signal.DEMAND.value, _("Demand")),
    (Signal.MISSED.value, _("Missed demand")),
]
DIFFERENCES = [
    (Differs.ABSENT.value, _("Not on the list")),
    (Differs.HOLDER.value, _("Another holder")),
    (Differs.TONNES.value, _("Other tonnes")),
    (Differs.VALIDITY.value, _("Other validity")),
]
KEY_SCOPES = [
    (KeyScope.READ.value, _("Read only")),
    (KeyScope.TRADE.value, _("All that you may do")),
]
WEBHOOK_EVENTS = [
    (EventType.PROPOSAL_CREATED.value, _("A proposal is made")),
    (EventType.PROPOSAL_ACCEPTED.value, _("A side accepts a proposal")),
    (EventType.PROPOSAL_DECLINED.value, _("A proposal is declined")),
    (EventType.PROPOSAL_EXPIRED.value, _("A proposal expires")),
    (EventType.PROPOSAL_WITHDRAWN.value, _("A proposal is withdrawn")),
    (EventType.DEAL_CREATED.value, _("A deal is concluded")),
    (EventType.DEAL_DELIVERED.value, _("A deal is delivered")),
    (EventType.DEAL_CANCELLED.value, _("A deal is cancelled")),
    (EventType.CERTIFICATE_VERIFIED.value, _("A certificate is verified")),
    (EventType.CERTIFICATE_SUSPENDED.value, _("A certificate is suspended")),
    (EventType.CERTIFICATE_REVOKED.value, _("A certificate is revoked")),
    (EventType.CERTIFICATE_EXPIRED.value, _("A certificate expires")),
    (EventType.LOT_LISTED.value, _("A lot is listed")),
    (EventType.LOT_CHANGED.value, _("A lot is changed")),
    (EventType.LOT_PAUSED.value, _("Matching of a lot is paused")),
    (EventType.LOT_WITHDRAWN.value, _("A lot is withdrawn")),
    (EventType.REQUIREMENT_POSTED.value, _("A requirement is posted")),
    (EventType.REQUIREMENT_CHANGED.value, _("A requirement is changed")),
    (EventType.REQUIREMENT_PAUSED.value, _("Matching of a requirement is paused")),
    (EventType.REQUIREMENT_WITHDRAWN.value, _("A requirement is withdrawn")),
    (EventType.ROUND_FINISHED.value, _("A matching round is published")),
    (EventType.TEST.value, _("A test of the endpoint")),
]
MESSAGE_STATES = [
    (MessageState.WAITING.value, _("Waits")),
    (MessageState.ARRIVED.value, _("Arrived")),
    (MessageState.GIVEN_UP.value, _("Given up")),
]
