from typing import Any

from celery.signals import worker_init
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MatchingConfig(AppConfig):
    name = "matching"
    verbose_name = _("Matching")

    def ready(self) -> None:
        worker_init.connect(warm_up, weak=False)


def warm_up(**_signal: Any) -> None:
    """Compile the engine's kernels once, before the pool forks, and not while a round waits."""
    from matching import engine

    engine.warm_up()
