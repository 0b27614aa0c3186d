"""Pages and panels of matching, mounted by name from marketplace."""

from django.urls import path

from matching.web import panels, preview, rounds

app_name = "matching"
urlpatterns = [
    path("rounds", rounds.rounds, name="rounds"),
    path("requirements/preview", preview.draft, name="preview"),
    path("requirements/<uuid:public_id>/preview", preview.draft, name="requirement_preview"),
    path("requirements/<uuid:public_id>/changes", preview.changes, name="requirement_changes"),
    path("requirements/<uuid:public_id>/panel", panels.requirement_panel, name="requirement_panel"),
    path("lots/<uuid:public_id>/panel", panels.lot_panel, name="lot_panel"),
]
