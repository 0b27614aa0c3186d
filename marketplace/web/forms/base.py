"""A form that checks nothing itself: the services' one parser does, and its words come back."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.domain.errors import DomainError, InvalidInput
from marketplace.models import Organisation

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Label = str | _StrPromise
else:
    Label = object
Choices = Sequence[tuple[str, Label]]
REFERENCE = _("Your reference")
REFERENCE_HINT = _("What you call it, up to 64 characters. Imports find it by this.")


class RawForm(forms.Form):
    """``sections`` are titles with the names of their fields, in reading order."""

    sections: Sequence[tuple[Label, Sequence[str]]] = ()

    def raw(self) -> dict[str, object]:
        """What was sent, field by field, as the services read it."""
        found: dict[str, object] = {}
        for name, field in self.fields.items():
            value = field.widget.value_from_datadict(self.data, self.files, name)
            found[name] = "" if value is None else value
        return found

    def refuse(self, error: DomainError) -> None:
        """Put a refusal beside its field, or above the form when it belongs to none."""
        self.full_clean()
        for one in error.errors if isinstance(error, InvalidInput) else ():
            words = gettext(one.message).format(**one.params)
            if one.field in self.fields:
                self.add_error(one.field, words)
            else:
                self.add_error(None, f"{one.field}: {words}")
        if not isinstance(error, InvalidInput):
            self.add_error(None, gettext(error.message).format(**error.params))

    def grouped(self) -> Iterable[tuple[Label, list[BoundField]]]:
        for title, names in self.sections:
            yield title, [self[name] for name in names]


def text(label: Label, hint: Label = "", *, needed: bool = False, unit: Label = "") -> forms.Field:
    field = forms.CharField(label=label, help_text=hint, required=False)
    return _marked(field, needed=needed, unit=unit)


def number(label: Label, unit: Label, hint: Label = "", *, needed: bool = False) -> forms.Field:
    field = text(label, hint, needed=needed, unit=unit)
    field.widget.attrs |= {"inputmode": "decimal", "class": "number"}
    return field


def day(label: Label, hint: Label = "", *, needed: bool = True) -> forms.Field:
    field = text(label, hint, needed=needed)
    field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return field


def one_of(label: Label, known: Choices, hint: Label = "", *, needed: bool = False) -> forms.Field:
    """A choice; optional ones offer "Any"."""
    offered = [*known] if needed else [("", _("Not stated")), *known]
    widget = forms.Select(choices=offered)
    field = forms.CharField(label=label, help_text=hint, required=False, widget=widget)
    return _marked(field, needed=needed)


def some_of(label: Label, known: Choices, hint: Label = "", *, needed: bool = False) -> forms.Field:
    field = _Codes(
        label=label,
        help_text=hint,
        required=False,
        choices=known,
        widget=forms.CheckboxSelectMultiple,
    )
    return _marked(field, needed=needed)


def flag(label: Label, hint: Label = "") -> forms.Field:
    return forms.BooleanField(label=label, help_text=hint, required=False)


def parties(known: Iterable[Organisation]) -> list[tuple[str, str]]:
    return [(str(one.public_id), one.name) for one in known]


def public_ids(rows: Iterable[Organisation]) -> list[str]:
    return [str(one.public_id) for one in rows]


def scaled(value: int | None, places: int) -> str:
    """An integer in units of 10**-places as the text that a form takes: (3200, 3) -> "3.200"."""
    return "" if value is None else str(Decimal(value).scaleb(-places))


class _Codes(forms.MultipleChoiceField):
    def validate(self, value: Any) -> None:
        """Unknown codes are refused by the services, in their words."""


def _marked(field: forms.Field, *, needed: bool, unit: Label = "") -> forms.Field:
    """Templates read these: whether "optional" is written beside the label, and the unit."""
    field.needed, field.unit = needed, unit  # type: ignore[attr-defined]
    return field
