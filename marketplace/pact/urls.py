"""The paths that PACT lays down: no prefix, no slash at the end."""

from django.urls import path

from marketplace.pact import views

urlpatterns = [
    path("auth/token", views.token, name="pact-token"),
    path("3/footprints", views.list_footprints, name="pact-footprints"),
    path("3/footprints/<str:name>", views.one_footprint, name="pact-footprint"),
    path("3/events", views.receive_event, name="pact-events"),
]
