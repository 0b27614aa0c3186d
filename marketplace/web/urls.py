"""Addresses of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from marketplace.web import certificates, home, lots, proposals, requirements

urlpatterns = [
    path("", home.home, name="home"),
    path("favicon.ico", home.icon, name="icon"),
    path("login", LoginView.as_view(template_name="marketplace/login.html"), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("dashboard", home.show_dashboard, name="dashboard"),
    path("organisation", home.choose_organisation, name="choose_organisation"),
    path("lots", lots.own, name="lots"),
    path("lots/new", lots.new, name="lot_new"),
    path("lots/<uuid:public_id>", lots.show, name="lot"),
    path("lots/<uuid:public_id>/edit", lots.edit, name="lot_edit"),
    path("lots/<uuid:public_id>/withdraw", lots.withdraw, name="lot_withdraw"),
    path("requirements", requirements.own, name="requirements"),
    path("requirements/new", requirements.new, name="requirement_new"),
    path("requirements/<uuid:public_id>", requirements.show, name="requirement"),
    path("requirements/<uuid:public_id>/edit", requirements.edit, name="requirement_edit"),
    path(
        "requirements/<uuid:public_id>/withdraw",
        requirements.withdraw,
        name="requirement_withdraw",
    ),
    path("market/lots", lots.market, name="market_lots"),
    path("market/requirements", requirements.market, name="market_requirements"),
    path("proposals", proposals.own, name="proposals"),
    path("proposals/<uuid:public_id>", proposals.show, name="proposal"),
    path("proposals/<uuid:public_id>/accept", proposals.accept, name="proposal_accept"),
    path("proposals/<uuid:public_id>/decline", proposals.decline, name="proposal_decline"),
    path("deals", proposals.deals, name="deals"),
    path("deals/<uuid:public_id>", proposals.deal, name="deal"),
    path("certificates", certificates.own, name="certificates"),
    path("certificates/new", certificates.new, name="certificate_new"),
    path("certificates/<uuid:public_id>", certificates.show, name="certificate"),
    path(
        "certificates/<uuid:public_id>/document",
        certificates.document,
        name="certificate_document",
    ),
]
