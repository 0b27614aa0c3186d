"""Mounted under /api/v1/ behind marketplace's own addresses."""

from django.urls import path

from matching import api

urlpatterns = [
    path("rounds", api.Rounds.as_view(), name="api-rounds"),
    path("rounds/<uuid:public_id>", api.OneRound.as_view(), name="api-round"),
    path(
        "requirements/<uuid:public_id>/reasons",
        api.RequirementReasons.as_view(),
        name="api-requirement-reasons",
    ),
    path("lots/<uuid:public_id>/reasons", api.LotReasons.as_view(), name="api-lot-reasons"),
]
