"""Mounted under /api/v1/ behind marketplace's own addresses."""

from django.urls import path

from matching.api import curves, previews, reasons, rounds

urlpatterns = [
    path("rounds", rounds.Rounds.as_view(), name="api-rounds"),
    path("rounds/<uuid:public_id>", rounds.OneRound.as_view(), name="api-round"),
    path("market/marginal-premiums", curves.Marginal.as_view(), name="api-marginal-premiums"),
    path("requirements/preview", previews.Draft.as_view(), name="api-requirement-draft"),
    path(
        "requirements/<uuid:public_id>/preview",
        previews.Changed.as_view(),
        name="api-requirement-preview",
    ),
    path(
        "requirements/<uuid:public_id>/changes",
        previews.Changes.as_view(),
        name="api-requirement-changes",
    ),
    path(
        "requirements/<uuid:public_id>/reasons",
        reasons.RequirementReasons.as_view(),
        name="api-requirement-reasons",
    ),
    path("lots/<uuid:public_id>/reasons", reasons.LotReasons.as_view(), name="api-lot-reasons"),
]
