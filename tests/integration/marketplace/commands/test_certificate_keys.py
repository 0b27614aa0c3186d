"""The migration that writes certificates' keys anew by today's rule."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from marketplace.models import Certificate
from marketplace.selectors import reconciliation
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)


def test_keys_become_todays_and_of_two_that_are_one_the_later_keeps_its_own(capsys: Any) -> None:
    boss = made.admin(now=timezone.now())
    one, two = (made.trader(side="producer", by=boss) for _ in range(2))
    first = made.certificate(one, by=boss, number="CGMC-7")
    second = made.certificate(two, by=boss, number="CGMC-8")
    Certificate.objects.filter(pk=first.pk).update(number_key="old-1", issuer_key="old")
    Certificate.objects.filter(pk=second.pk).update(number="cgmc\u20437", number_key="old-2")

    migration = import_module("marketplace.migrations.0004_certificate_keys_by_todays_rule")
    with connection.schema_editor() as editor:
        migration.recompute(apps, editor)

    kept = dict(Certificate.objects.values_list("pk", "number_key"))
    assert kept == {first.pk: "cgmc-7", second.pk: "old-2"}
    assert f"certificate {second.pk} keeps its key" in capsys.readouterr().out
    assert [(found.id, found.rule) for found in reconciliation.differences()] == [
        (second.pk, "one accepted holder")
    ]
