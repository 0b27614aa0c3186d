"""A new key for a system on the API."""

from django.utils.translation import gettext_lazy as _

from marketplace.models.choices import KEY_SCOPES
from marketplace.web.forms import base


class KeyForm(base.RawForm):
    name = base.text(
        _("What it is for"), _("Such as: ERP, nightly import. You read it here only."), needed=True
    )
    scope = base.one_of(
        _("What it may do"), KEY_SCOPES, _("A key that reads only posts nothing."), needed=True
    )
    days = base.number(_("Ends after"), _("days"), _("At most 366."), needed=True)

    sections = ((_("New key"), ("name", "scope", "days")),)
