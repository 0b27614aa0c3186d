"""Addresses. matching is mounted by name only: no module here imports it."""

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.urls import include, path, re_path

from marketplace.api import reference
from marketplace.web import health

handler500 = "marketplace.failures.server_error"
# One way in for everybody, with its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Addresses follow their user, and a second factor's secret is nobody's to read.
for _model in (EmailAddress, Authenticator, UserSession):
    admin.site.unregister(_model)
urlpatterns = [
    path("", include("marketplace.web.urls")),
    path("accounts/", include("allauth.urls")),
    path("matching/", include("matching.urls")),
    path("api/v1/", include("marketplace.api.urls")),
    path("api/v1/", include("matching.api.urls")),
    path("api/schema", reference.Schema.as_view(), name="api-schema"),
    path("api/docs", reference.docs, name="api-docs"),
    re_path(r"^api/", reference.NoSuchAddress.as_view()),
    path("", include("marketplace.pact.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
]
