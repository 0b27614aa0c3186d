"""What a server must not start without."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def secret_key_comes_from_environment(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """Two processes with keys of their own would not accept each other's sessions."""
    if settings.SECRET_KEY_FROM_ENVIRONMENT:
        return []
    return [Error("SECRET_KEY is not set in the environment.", id="marketplace.E001")]
