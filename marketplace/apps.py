from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    verbose_name = _("Marketplace")

    def ready(self) -> None:
        # Importing registers: Celery's application as the current one, and the system checks.
        from marketplace import celery, checks  # noqa: F401
