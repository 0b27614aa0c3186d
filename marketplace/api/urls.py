"""Addresses under /api/v1/."""

from django.urls import path

from marketplace.api import (
    certificates,
    deals,
    footprints,
    imports,
    lots,
    market,
    messages,
    organisations,
    papers,
    proposals,
    requirements,
)

urlpatterns = [
    path("organisation", organisations.Mine.as_view(), name="api-organisation"),
    path("organisations", organisations.Parties.as_view(), name="api-organisations"),
    path("sites", organisations.Sites.as_view(), name="api-sites"),
    path("sites/<uuid:public_id>", organisations.OneSite.as_view(), name="api-site"),
    path("lots", lots.Lots.as_view(), name="api-lots"),
    path("lots/<uuid:public_id>", lots.OneLot.as_view(), name="api-lot"),
    path("lots/<uuid:public_id>/withdraw", lots.WithdrawLot.as_view(), name="api-lot-withdraw"),
    path("requirements", requirements.Requirements.as_view(), name="api-requirements"),
    path(
        "requirements/<uuid:public_id>",
        requirements.OneRequirement.as_view(),
        name="api-requirement",
    ),
    path(
        "requirements/<uuid:public_id>/withdraw",
        requirements.WithdrawRequirement.as_view(),
        name="api-requirement-withdraw",
    ),
    path("proposals", proposals.Proposals.as_view(), name="api-proposals"),
    path("proposals/<uuid:public_id>", proposals.OneProposal.as_view(), name="api-proposal"),
    path(
        "proposals/<uuid:public_id>/accept",
        proposals.AcceptProposal.as_view(),
        name="api-proposal-accept",
    ),
    path(
        "proposals/<uuid:public_id>/decline",
        proposals.DeclineProposal.as_view(),
        name="api-proposal-decline",
    ),
    path(
        "proposals/<uuid:public_id>/messages",
        messages.Messages.as_view(),
        name="api-proposal-messages",
    ),
    path("deals", deals.Deals.as_view(), name="api-deals"),
    path("deals/<uuid:public_id>", deals.OneDeal.as_view(), name="api-deal"),
    path("deals/<uuid:public_id>/delivery", deals.DeliverDeal.as_view(), name="api-deal-delivery"),
    path(
        "deals/<uuid:public_id>/claim/retire", deals.RetireClaim.as_view(), name="api-claim-retire"
    ),
    path(
        "deals/<uuid:public_id>/cancellation",
        deals.CancelDeal.as_view(),
        name="api-deal-cancellation",
    ),
    path("deals/<uuid:public_id>/pack", papers.DealPack.as_view(), name="api-deal-pack"),
    path(
        "deals/<uuid:public_id>/analysis", papers.DealAnalysis.as_view(), name="api-deal-analysis"
    ),
    path(
        "deals/<uuid:public_id>/papers/<slug:kind>",
        papers.DealPaper.as_view(),
        name="api-deal-paper",
    ),
    path("certificates", certificates.Certificates.as_view(), name="api-certificates"),
    path(
        "certificates/<uuid:public_id>/statement",
        certificates.Statement.as_view(),
        name="api-certificate-statement",
    ),
    path(
        "certificates/<uuid:public_id>",
        certificates.OneCertificate.as_view(),
        name="api-certificate",
    ),
    path(
        "certificates/<uuid:public_id>/document",
        papers.CertificateDocument.as_view(),
        name="api-certificate-document",
    ),
    path("footprints", footprints.Footprints.as_view(), name="api-footprints"),
    path("footprints/<uuid:public_id>", footprints.OneFootprint.as_view(), name="api-footprint"),
    path("imports", imports.Imports.as_view(), name="api-imports"),
    path("imports/<uuid:public_id>", imports.OneImport.as_view(), name="api-import"),
    path("imports/<uuid:public_id>/rows", imports.ImportRows.as_view(), name="api-import-rows"),
    path(
        "imports/<uuid:public_id>/confirm",
        imports.ConfirmImport.as_view(),
        name="api-import-confirm",
    ),
    path(
        "imports/<uuid:public_id>/discard",
        imports.DiscardImport.as_view(),
        name="api-import-discard",
    ),
    path("market/curve", market.MarketCurve.as_view(), name="api-market-curve"),
    path("market/missed", market.MarketMissed.as_view(), name="api-market-missed"),
    path("market/lots", lots.MarketLots.as_view(), name="api-market-lots"),
    path("market/lots/<uuid:public_id>", lots.MarketLotView.as_view(), name="api-market-lot"),
    path(
        "market/requirements",
        requirements.MarketRequirements.as_view(),
        name="api-market-requirements",
    ),
    path(
        "market/requirements/<uuid:public_id>",
        requirements.MarketRequirementView.as_view(),
        name="api-market-requirement",
    ),
]
