"""Forms of signing up: one's name, one's organisation, the terms."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketplace.models import User
from marketplace.web.forms import base


class NameForm(forms.Form):
    """What django-allauth's sign-up asks besides the address and the password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])


class OrganisationForm(base.RawForm):
    name = base.text(_("Name of the organisation"), _("As it stands on contracts."), needed=True)
    country = base.text(_("Country"), _("Two letters: CN, NO."), needed=True)
    is_producer = base.flag(_("Producer: we list lots"))
    is_buyer = base.flag(_("Buyer: we post requirements"))
    accept_terms = base.flag(_("I accept the market's terms for this organisation"))

    sections = (
        (
            _("Organisation"),
            ("name", "country", "is_producer", "is_buyer", "accept_terms"),
        ),
    )
