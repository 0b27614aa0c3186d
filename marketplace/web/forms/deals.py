"""Forms of a concluded deal: what was shipped, a claim's use, and asking to cancel."""

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.web.forms import base


class DeliveryForm(base.RawForm):
    shipped_t = base.number(
        _("Shipped"), "t", _("Net weight, up to 2 % above the deal."), needed=True
    )
    shipped_on = base.day(_("Shipped on"))
    cast_numbers = base.text(
        _("Cast or bundle numbers"), _("One on each line, or with commas between."), needed=True
    )
    cast_numbers.widget = forms.Textarea(attrs={"rows": 4})
    transport_document = base.text(
        _("Bill of lading or waybill"), _("Its number, as the carrier wrote it."), needed=True
    )
    analysis = forms.FileField(
        label=_("Certificate of analysis"),
        help_text=_("PDF, PNG or JPEG, up to 10 MiB. Both sides of the deal can download it."),
        required=False,
    )
    sections = (
        (_("Shipment"), ("shipped_t", "shipped_on", "transport_document", "cast_numbers")),
        (_("Certificate of analysis"), ("analysis",)),
    )

    def raw(self) -> dict[str, object]:
        found = super().raw()
        del found["analysis"]
        return found


class RetirementForm(base.RawForm):
    beneficiary = base.text(_("On behalf of"), _("Empty: your own organisation."))
    reporting_year = base.text(
        _("Reporting year"), _("The year in whose report the claim is used."), needed=True
    )
    sections = (("", ("beneficiary", "reporting_year")),)


class CancellationForm(base.RawForm):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The other side reads it, and agrees or refuses."),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
        required=False,
    )
    sections = (("", ("reason",)),)
