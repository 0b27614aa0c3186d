"""What people read for the domain's codes, in one place for forms, admin and pages."""

from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import (
    Answer,
    Boundary,
    CarbonBasis,
    CertificateState,
    DealState,
    DutyStatus,
    EnergySource,
    Incoterm,
    LedgerAccount,
    ListingState,
    PremiumUnit,
    ProductForm,
    ProposalState,
    Region,
    Role,
    Scheme,
    SchemesRule,
)

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
    (DealState.FLAGGED.value, _("Flagged for review")),
    (DealState.CANCELLED.value, _("Cancelled")),
]
LEDGER_ACCOUNTS = [
    (LedgerAccount.ISSUED.value, _("Issued")),
    (LedgerAccount.FREE.value, _("Free")),
    (LedgerAccount.LISTED.value, _("Listed")),
    (LedgerAccount.RESERVED.value, _("Reserved")),
    (LedgerAccount.SOLD.value, _("Sold")),
]
