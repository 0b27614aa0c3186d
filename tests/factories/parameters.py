"""The parameters of CBAM and the baselines as the migration brings them.

A test that commits empties all tables afterwards, so tests that need them make them anew.
"""

from importlib import import_module

from django.apps import apps

from marketplace.models import CarbonBaseline, CbamBenchmark, CbamDefault, CbamPrice, CbamYear

MODELS = (CbamYear, CbamBenchmark, CbamDefault, CbamPrice, CarbonBaseline)


def seed() -> None:
    for model in MODELS:
        model._default_manager.all().delete()
    import_module("marketplace.migrations.0006_cbam_and_baselines").seed(apps, None)
