"""A certification body's list: uploaded here, and what differs from it, to decide."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.admin.base import ReadOnlyAdmin, ReadOnlyInline, signed_in, words
from marketplace.domain.bodies import COLUMNS
from marketplace.domain.errors import DomainError
from marketplace.domain.problems import BadTable
from marketplace.domain.vocabulary import Scheme
from marketplace.models import BodyEntry, BodyList, Certificate, SettledDifference, User
from marketplace.models.choices import DIFFERENCES
from marketplace.selectors import body_lists as selectors
from marketplace.services import body_lists

SHOWN_PROBLEMS = 50


class BodyListForm(forms.ModelForm):  # type: ignore[type-arg]
    file = forms.FileField(
        label=gettext_lazy("file"),
        help_text=gettext_lazy("CSV or XLSX with the columns") + " " + ", ".join(COLUMNS),
    )

    # Who uploads, and what became of it.
    by: ClassVar[User]
    made: BodyList

    class Meta:
        model = BodyList
        fields = ("scheme", "issuer", "as_of", "source")

    def clean(self) -> dict[str, Any]:
        """Read here, so that every bad line is told in the form and nothing is kept."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.made = body_lists.enter(
                    by=self.by,
                    scheme=Scheme(cleaned["scheme"]),
                    issuer=cleaned["issuer"],
                    as_of=cleaned["as_of"],
                    source=cleaned["source"],
                    file=cleaned["file"],
                    now=timezone.now(),
                )
            except BadTable as bad:
                for one in bad.problems[:SHOWN_PROBLEMS]:
                    told = _(one.message).format(**one.params)
                    self.add_error("file", f"{one.line}: {one.column}: {told}")
            except DomainError as refused:
                for told in words(refused):
                    self.add_error(None, told)
        return cleaned


class EntryInline(ReadOnlyInline):
    model = BodyEntry
    fields = ("line", "number", "holder", "certified_kg", "valid_from", "valid_to")


@admin.register(BodyList)
class BodyListAdmin(ReadOnlyAdmin):
    change_list_template = "admin/marketplace/bodylist/change_list.html"
    form = BodyListForm
    list_display = ("issuer", "scheme", "as_of", "source", "entered_by", "entered_at")
    list_filter = ("scheme",)
    list_select_related = ("entered_by",)
    search_fields = ("issuer", "source")
    inlines = (EntryInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("marketplace.add_bodylist")

    def get_fields(self, request: HttpRequest, obj: BodyList | None = None) -> Any:
        known = ["scheme", "issuer", "as_of", "source"]
        return [*known, "file"] if obj is None else [*known, "sha256", "entered_by", "entered_at"]

    def get_inlines(self, request: HttpRequest, obj: BodyList | None) -> Any:
        return self.inlines if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"by": signed_in(request)})

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.made

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The service wrote it, with its lines."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing else belongs to it."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "differences/",
            self.admin_site.admin_view(self.differences),
            name="marketplace_bodylist_differences",
        )
        return [own, *super().get_urls()]

    def differences(self, request: HttpRequest) -> HttpResponse:
        """What the newest lists say otherwise; settled here with a reason."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        if request.method == "POST":
            return self._settled(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Differences to the bodies' lists"),
            "opts": self.opts,
            "differences": selectors.differences(),
            "labels": dict(DIFFERENCES),
            "may_settle": self.has_decide_permission(request),
        }
        return render(request, "admin/marketplace/bodylist/differences.html", context)

    def _settled(self, request: HttpRequest) -> HttpResponse:
        if not self.has_decide_permission(request):
            return HttpResponse(status=403)
        certificate = get_object_or_404(Certificate, pk=request.POST.get("certificate") or 0)
        try:
            body_lists.settle(
                by=signed_in(request),
                certificate=certificate,
                difference=request.POST.get("difference", ""),
                reason=request.POST.get("reason", ""),
                now=timezone.now(),
            )
        except DomainError as refused:
            for told in words(refused):
                messages.error(request, told)
        else:
            messages.success(request, _("Settled. A newer list may ask again."))
        return HttpResponseRedirect(reverse("admin:marketplace_bodylist_differences"))


@admin.register(SettledDifference)
class SettledDifferenceAdmin(ReadOnlyAdmin):
    list_display = ("certificate", "list", "difference", "reason", "settled_by", "settled_at")
    list_filter = ("difference",)
    list_select_related = ("certificate", "list", "settled_by")
