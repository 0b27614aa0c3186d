"""The form of a certificate: what a person types from the paper, and the paper itself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.domain.certificates import COST_CURRENCIES
from marketplace.models.actors import Actor
from marketplace.models.choices import BOUNDARIES, SCHEMES
from marketplace.selectors import sites
from marketplace.web.forms import base
from marketplace.web.forms.lots import CARBON


class CertificateForm(base.RawForm):
    scheme = base.one_of(_("Scheme"), SCHEMES, needed=True)
    issuer = base.text(_("Issuer"), needed=True)
    number = base.text(_("Number"), _("As printed on the certificate."), needed=True)
    certified_t = base.number(
        _("Certified tonnes"), "t", _("For schemes over tonnes: CGMC and ASI Chain of Custody.")
    )
    boundary = base.one_of(_("Boundary"), BOUNDARIES)
    ci = base.number(_("Certified carbon intensity"), CARBON, _("For EPD, ISO 14067 and others."))
    valid_from = base.day(_("Valid from"))
    valid_to = base.day(_("Valid until"))
    site = base.one_of(_("Site"), ())
    document = forms.FileField(
        label=_("Document"),
        help_text=_(
            "PDF, PNG or JPEG, up to 10 MiB. You, the market's admins and the buyers in deals "
            "over it see it."
        ),
        required=False,
    )

    sections = (
        (_("Certificate"), ("scheme", "issuer", "number", "valid_from", "valid_to", "site")),
        (_("What it certifies"), ("certified_t", "boundary", "ci")),
        (_("Document"), ("document",)),
    )

    def raw(self) -> dict[str, object]:
        found = super().raw()
        del found["document"]
        return found

    def offer(self, actor: Actor) -> None:
        own = [(str(site.public_id), site.name) for site in sites.own(actor)]
        self.fields["site"].widget.choices += own


class CostForm(base.RawForm):
    cost = base.number(
        _("Certification cost"),
        "",
        _("Your own note: the dashboard shows it per tonne beside the premium. Empty forgets it."),
    )
    cost_currency = base.one_of(_("Currency"), [(one, one) for one in COST_CURRENCIES], needed=True)

    sections = ((_("What it cost you"), ("cost", "cost_currency")),)
