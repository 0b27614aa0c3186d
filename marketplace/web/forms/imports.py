"""The form that takes a market file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import ImportKind
from marketplace.models.actors import Actor
from marketplace.models.choices import IMPORT_KINDS
from marketplace.web.forms import base


class UploadForm(base.RawForm):
    kind = base.one_of(_("The rows are"), (), needed=True)
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV in UTF-8, or XLSX, up to 50 MB and 20,000 rows."),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    sections = (("", ("kind", "file")),)

    def offer(self, actor: Actor) -> None:
        """The kinds that this organisation's sides allow."""
        sides = {
            ImportKind.LOTS.value: actor.organisation.is_producer,
            ImportKind.REQUIREMENTS.value: actor.organisation.is_buyer,
        }
        known = [one for one in IMPORT_KINDS if sides[one[0]]]
        self.fields["kind"].widget.choices = known
