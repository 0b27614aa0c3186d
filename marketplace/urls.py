"""Addresses. matching is mounted by name only: no module here imports it."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
]
