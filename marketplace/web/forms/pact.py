"""What an owner says for the exchange of footprints."""

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.domain.footprints import Standard
from marketplace.models import FootprintStatement
from marketplace.web.forms import base


class CallbackForm(base.RawForm):
    callback_url = base.text(
        _("Address of your system"), _("Without /3/events, such as https://pcf.example.")
    )
    token_url = base.text(
        _("Address of its tokens"), _("Empty: the address of your system with /auth/token.")
    )
    partner_client_id = base.text(_("Client id there"))
    partner_secret = base.text(_("Secret there"), _("Kept sealed. Empty: as it was."))

    sections = (
        (
            _("Where your system is called"),
            ("callback_url", "token_url", "partner_client_id", "partner_secret"),
        ),
    )

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["partner_secret"].widget = forms.PasswordInput(
            attrs={"autocomplete": "off"}, render_value=False
        )


class StatementForm(base.RawForm):
    primary_data_pct = base.number(
        _("Share of primary data"), "%", _("Of the cradle-to-gate value."), needed=True
    )
    exempted_pct = base.number(_("Exempted emissions"), "%", _("Empty: 0."))
    standards = base.some_of(
        _("Calculated by"), [(one.value, one.told) for one in Standard], needed=True
    )
    packaging_included = base.flag(_("Packaging emissions are included"))

    sections = (
        (
            _("What holds for all your footprints"),
            ("primary_data_pct", "exempted_pct", "standards", "packaging_included"),
        ),
    )


def stated(found: FootprintStatement | None) -> dict[str, object]:
    if found is None:
        return {}
    return {
        "primary_data_pct": base.scaled(found.primary_data_centi_pct, 2),
        "exempted_pct": base.scaled(found.exempted_centi_pct, 2),
        "standards": found.standards,
        "packaging_included": found.packaging_included,
    }
