"""What the admin pages share: read-only pages, no deletion, services behind actions."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.admin import export, history
from marketplace.domain.errors import DomainError, InvalidInput
from marketplace.domain.fields import thousandths
from marketplace.models import User

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyTabularInline = admin.TabularInline[Any, Any]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyTabularInline = admin.TabularInline

REASON_LENGTH = 500


class KeptAdmin(AnyModelAdmin):
    """Nothing is deleted here: ledger, deals and audit refer to it. Newest first.

    What a service refuses is shown as a message; it never crashes the page.
    """

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).order_by("-pk")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> Any:
        """Every list can be taken along: what it shows of the chosen rows."""
        found = super().get_actions(request)
        words = _("Download as CSV")
        return {**found, "as_csv": (_as_csv, "as_csv", words)} if found is not None else found

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The audit trail of the database instead of the admin's own log."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("What happened to %(row)s") % {"row": row},
            "opts": self.opts,
            "object": row,
            "steps": history.steps(row),
        }
        return render(request, "admin/marketplace/history.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            for text in words(error):
                messages.error(request, text)
            return HttpResponseRedirect(request.get_full_path())


def _as_csv(
    model_admin: AnyModelAdmin, request: HttpRequest, queryset: models.QuerySet[Any]
) -> HttpResponse:
    return export.as_csv(model_admin, model_admin.get_list_display(request), queryset)


class ReadOnlyAdmin(KeptAdmin):
    """Numbers and states that services own are looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions: the rows stay read-only, the decision goes through a service."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


class ReadOnlyInline(AnyTabularInline):
    template = "admin/marketplace/inline.html"
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def signed_in(request: HttpRequest) -> User:
    """The admin who asks; the admin site lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def words(error: DomainError) -> list[str]:
    """What a person reads of an expected failure, in their language."""
    if isinstance(error, InvalidInput):
        return [
            f"{broken.field}: {_(broken.message).format(**broken.params)}"
            for broken in error.errors
        ]
    return [_(error.message).format(**error.params)]


def apply_to_each(
    request: HttpRequest, objects: Iterable[Any], step: Callable[[Any], object]
) -> None:
    """Take a step with each object in its own transaction; say what was done and what not."""
    done = 0
    for item in objects:
        try:
            step(item)
            done += 1
        except DomainError as error:
            for text in words(error):
                messages.error(request, f"{item}: {text}")
    if done:
        messages.success(request, ngettext("%(n)d done.", "%(n)d done.", done) % {"n": done})


def ask_reason(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    queryset: models.QuerySet[Any],
    *,
    title: str | Promise,
    step: Callable[[Any, str], object],
    about: Callable[[Any], str] = lambda _item: "",
) -> HttpResponse | None:
    """Show a page that asks for the reason; with a reason given, take the step with each object.

    ``about``: what the step would do to one of them.
    """
    reason = request.POST.get("reason", "").strip()
    if "confirmed" in request.POST and reason:
        apply_to_each(request, queryset, lambda item: step(item, reason[:REASON_LENGTH]))
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "objects": [(item, about(item)) for item in queryset],
        "action": request.POST.get("action", ""),
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "reason_missing": "confirmed" in request.POST,
        "reason_length": REASON_LENGTH,
    }
    return render(request, "admin/marketplace/reason.html", context)


def tonnes(kilograms: int | None) -> str:
    """Kilograms as tonnes with 3 decimals and the unit."""
    if kilograms is None:
        return "-"
    return f"{kilograms // 1000:,}.{kilograms % 1000:03d} t"


def intensity(milli: int | None, boundary: str = "") -> str:
    """Milli t/t as t CO2e/t with 3 decimals, never without its boundary where there is one."""
    if milli is None:
        return "-"
    number = f"{thousandths(milli)} t CO2e/t"
    return f"{number} · {boundary}" if boundary else number


def percent(centi_pct: int) -> str:
    return f"{centi_pct // 100}.{centi_pct % 100:02d} %"
