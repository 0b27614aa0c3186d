"""Addresses. matching is mounted by name only: no module here imports it."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("marketplace.web.urls")),
    path("matching/", include("matching.urls")),
    path("api/v1/", include("marketplace.api.urls")),
    path("api/v1/", include("matching.api_urls")),
    path("admin/", admin.site.urls),
]
