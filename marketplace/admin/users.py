"""People who sign in by e-mail, and the keys of their systems."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import AnyTabularInline, ReadOnlyAdmin, apply_to_each, signed_in
from marketplace.models import ApiKey, Membership, User
from marketplace.services import users


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class UserEditForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = (
            "email", "name", "password", "is_active", "is_staff", "is_superuser", "groups",
            "user_permissions",
        )  # fmt: skip

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class MembershipOfUserInline(AnyTabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("organisation",)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    form = UserEditForm
    add_form = UserAddForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "joined_at", "erased_at")
    actions = ("erase", "remove_second_factor")
    filter_horizontal = ("groups", "user_permissions")
    inlines = (MembershipOfUserInline,)
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "is_active")}),
        (_("Market admin"), {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "joined_at", "erased_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Audit rows hold user ids: a person who leaves may no longer sign in, that is all."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """An admin who writes another address vouches for it; the old one signs in no more."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            User.objects.vouch(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "is_staff", "is_superuser", "groups", "user_permissions")

    @admin.action(
        description=_("Erase for good: name, e-mail and all access"), permissions=["change"]
    )
    def erase(self, request: HttpRequest, queryset: models.QuerySet[User]) -> None:
        by, now = signed_in(request), timezone.now()

        def step(user: User) -> None:
            erased = users.erase(public_id=user.public_id, by=by, now=now)
            for organisation in erased.without_owner:
                told = gettext("%(name)s has no owner any more: name one.")
                messages.warning(request, told % {"name": organisation.name})

        apply_to_each(request, queryset, step)

    @admin.action(description=_("Remove the second factor"), permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, queryset: models.QuerySet[User]) -> None:
        by = signed_in(request)

        def step(user: User) -> None:
            users.remove_second_factor(public_id=user.public_id, by=by)

        apply_to_each(request, queryset, step)


admin.site.unregister(Group)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = (
        "prefix", "name", "scope", "user", "organisation", "created_at", "last_used_at",
        "expires_at", "revoked_at",
    )  # fmt: skip
    list_select_related = ("user", "organisation")
    search_fields = ("prefix", "user__email", "organisation__name")
    exclude = ("key_sha256",)
