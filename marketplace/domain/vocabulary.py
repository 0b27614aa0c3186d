"""The trade's closed vocabularies, spelled as in market files, API and database."""

from enum import StrEnum


class ProductForm(StrEnum):
    INGOT = "INGOT"
    SOW = "SOW"
    TBAR = "TBAR"
    BILLET = "BILLET"
    SLAB = "SLAB"
    FOUNDRY_ALLOY = "FOUNDRY_ALLOY"
    WIRE_ROD = "WIRE_ROD"


class Boundary(StrEnum):
    """What a carbon intensity counts. Values of different boundaries are never compared."""

    SMELTER_S1S2 = "SMELTER_S1S2"
    CRADLE_TO_GATE = "CRADLE_TO_GATE"
    CBAM_DIRECT = "CBAM_DIRECT"


class CarbonBasis(StrEnum):
    PER_LOT = "PER_LOT"
    PORTFOLIO_AVERAGE = "PORTFOLIO_AVERAGE"


class Scheme(StrEnum):
    CGMC_GREEN_POWER = "CGMC_GREEN_POWER"
    CGMC_GREEN_LOW_CARBON = "CGMC_GREEN_LOW_CARBON"
    ASI_PS = "ASI_PS"
    ASI_COC = "ASI_COC"
    EPD = "EPD"
    ISO_14067 = "ISO_14067"
    OTHER = "OTHER"


class SchemesRule(StrEnum):
    ALL = "ALL"
    ANY = "ANY"


class EnergySource(StrEnum):
    HYDRO = "HYDRO"
    WIND = "WIND"
    SOLAR = "SOLAR"
    NUCLEAR = "NUCLEAR"
    GEOTHERMAL = "GEOTHERMAL"
    GAS = "GAS"
    COAL = "COAL"
    GRID = "GRID"
    MIXED = "MIXED"


class Region(StrEnum):
    CN = "CN"
    EU = "EU"
    JP = "JP"
    KR = "KR"
    US = "US"
    GLOBAL = "GLOBAL"


class PremiumUnit(StrEnum):
    USD_T = "USD_T"
    EUR_T = "EUR_T"
    CNY_T = "CNY_T"
    USC_LB = "USC_LB"


class Incoterm(StrEnum):
    """Incoterms 2020."""

    EXW = "EXW"
    FCA = "FCA"
    FAS = "FAS"
    FOB = "FOB"
    CFR = "CFR"
    CIF = "CIF"
    CPT = "CPT"
    CIP = "CIP"
    DAP = "DAP"
    DPU = "DPU"
    DDP = "DDP"


class DutyStatus(StrEnum):
    DUTY_PAID = "DUTY_PAID"
    DUTY_UNPAID = "DUTY_UNPAID"


class Role(StrEnum):
    """What a user may do for an organisation, each including the one before."""

    VIEWER = "VIEWER"
    TRADER = "TRADER"
    OWNER = "OWNER"


class KeyScope(StrEnum):
    """What an API key may do: look only, or all that its holder may."""

    READ = "READ"
    TRADE = "TRADE"


class Side(StrEnum):
    PRODUCER = "PRODUCER"
    BUYER = "BUYER"


class CertificateState(StrEnum):
    """Expired is not a state: it follows from the date."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"


class ListingState(StrEnum):
    """State of a lot or a requirement. CLOSED: nothing is left of it."""

    OPEN = "OPEN"
    PAUSED = "PAUSED"
    WITHDRAWN = "WITHDRAWN"
    CLOSED = "CLOSED"


class ProposalState(StrEnum):
    PROPOSED = "PROPOSED"
    DEAL = "DEAL"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class Answer(StrEnum):
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


class DealState(StrEnum):
    """Whether something speaks against a deal is a flag beside its state."""

    CONFIRMED = "CONFIRMED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class Standing(StrEnum):
    """What a deal binds to, by the market's terms."""

    INDICATION = "INDICATION"
    BINDING = "BINDING"


class LedgerAccount(StrEnum):
    """Where a certificate's kilograms can be. They only ever move from one account to another."""

    ISSUED = "ISSUED"
    FREE = "FREE"
    LISTED = "LISTED"
    RESERVED = "RESERVED"
    SOLD = "SOLD"
    DELIVERED = "DELIVERED"
    CLAIMED = "CLAIMED"


class Event(StrEnum):
    """What people are told about."""

    PROPOSAL_OPENED = "PROPOSAL_OPENED"
    APPROVAL_ASKED = "APPROVAL_ASKED"
    PROPOSAL_ACCEPTED = "PROPOSAL_ACCEPTED"
    PROPOSAL_ENDED = "PROPOSAL_ENDED"
    MESSAGE_WRITTEN = "MESSAGE_WRITTEN"
    LISTING_PAUSED = "LISTING_PAUSED"
    DEAL_CONCLUDED = "DEAL_CONCLUDED"
    DEAL_DELIVERED = "DEAL_DELIVERED"
    DEAL_FLAGGED = "DEAL_FLAGGED"
    DEAL_CLEARED = "DEAL_CLEARED"
    DEAL_CANCELLED = "DEAL_CANCELLED"
    CANCELLATION_ASKED = "CANCELLATION_ASKED"
    CLAIM_RETIRED = "CLAIM_RETIRED"
    CERTIFICATE_DECIDED = "CERTIFICATE_DECIDED"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    ORGANISATION_DECIDED = "ORGANISATION_DECIDED"
    MARKET_PAUSED = "MARKET_PAUSED"
    LOTS_FOUND = "LOTS_FOUND"
    WEBHOOK_OFF = "WEBHOOK_OFF"


class NoticeMode(StrEnum):
    """When an event is told by e-mail; on the site it is told at once."""

    NOW = "NOW"
    DAILY = "DAILY"
    OFF = "OFF"


class CbamProcess(StrEnum):
    """How the metal was made, as CBAM's benchmarks tell it apart: secondary is > 50 % scrap."""

    PRIMARY = "PRIMARY"
    SECONDARY = "SECONDARY"


class ImportKind(StrEnum):
    """What the rows of an imported file are."""

    LOTS = "LOTS"
    REQUIREMENTS = "REQUIREMENTS"


class ImportState(StrEnum):
    """UPLOADED and CONFIRMED wait for a worker, or are at work."""

    UPLOADED = "UPLOADED"
    UNREADABLE = "UNREADABLE"
    CHECKED = "CHECKED"
    DISCARDED = "DISCARDED"
    CONFIRMED = "CONFIRMED"
    IMPORTED = "IMPORTED"
    REFUSED = "REFUSED"


class Confirmation(StrEnum):
    """What an import does after its check without asking anybody: nothing by default.

    ALL saves all rows or none; GOOD leaves the bad ones out.
    """

    ALL = "ALL"
    GOOD = "GOOD"


class ExportState(StrEnum):
    """ASKED waits for a worker, or is at work."""

    ASKED = "ASKED"
    READY = "READY"
    REFUSED = "REFUSED"


class RowOutcome(StrEnum):
    """What an imported row would do, or did."""

    ERROR = "ERROR"
    NEW = "NEW"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
