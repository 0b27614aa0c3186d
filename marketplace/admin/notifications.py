"""Who was told of what, and when: never the words, which are the reader's own."""

from django.contrib import admin

from marketplace.admin.base import ReadOnlyAdmin
from marketplace.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "event", "user", "mode", "mailed_at")
    list_display_links = None
    list_filter = ("event", "mode")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = list_display
