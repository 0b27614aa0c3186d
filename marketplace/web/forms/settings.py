"""The form of a reader's own settings."""

from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from marketplace.models import User
from marketplace.selectors import readers
from marketplace.web.forms import base


class ReaderForm(base.RawForm):
    language = base.one_of(_("Language"), (), needed=True)
    time_zone = base.one_of(
        _("Time zone"),
        (),
        _("Times on pages and in e-mails. Delivery windows and validity are whole days in UTC."),
        needed=True,
    )

    sections = (("", ("language", "time_zone")),)

    def offer(self) -> None:
        """Fill in the choices: languages by their own names, zones of the trade first."""
        self.fields["language"].widget.choices = [
            ("", _("As the browser asks")),
            *((code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES),
        ]
        self.fields["time_zone"].widget.choices = [
            ("", "UTC"),
            (_("Places of the trade"), [(one, _read(one)) for one in readers.TRADE_ZONES]),
            (_("All places"), [(one, _read(one)) for one in readers.other_zones()]),
        ]


def columns_of(user: User) -> dict[str, object]:
    return {"language": user.language, "time_zone": user.time_zone}


def _read(zone: str) -> str:
    return zone.replace("_", " ")
