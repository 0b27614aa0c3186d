"""Two linkers and many writers at once: one chain, every row in it once. C13."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from marketplace.models import AuditLink, OrganisationGroup
from marketplace.selectors import audit
from marketplace.services import chain
from tests.figures import attack

pytestmark = [pytest.mark.django_db(transaction=True), attack("C13")]


@pytest.fixture(autouse=True)
def before() -> int:
    """What migrations entered is linked already; how many links."""
    chain.link_new(now=timezone.now())
    return audit.head().number


def test_writers_wait_for_nothing_and_every_row_is_linked_once(before: int) -> None:
    done = threading.Event()

    def write(number: int) -> None:
        for step in range(25):
            with transaction.atomic():
                OrganisationGroup.objects.create(name=f"Group {number} {step}")
        connections.close_all()

    def link() -> int:
        found = 0
        while not done.is_set():
            found += chain.link_new(now=timezone.now())
        connections.close_all()
        return found

    with ThreadPoolExecutor(6) as pool:
        linkers = [pool.submit(link) for _ in range(2)]
        for writer in [pool.submit(write, number) for number in range(4)]:
            writer.result()
        done.set()
        linked = sum(one.result() for one in linkers)
    linked += chain.link_new(now=timezone.now())
    assert linked == 100
    assert AuditLink.objects.count() == audit.head().number == before + 100
    assert audit.report().broken == ()


def test_a_row_committed_late_is_linked_late(before: int) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            OrganisationGroup.objects.create(name="Slow")
            begun.set()
            assert go_on.wait(30)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slow)
        assert begun.wait(30)
        OrganisationGroup.objects.create(name="Quick")
        assert chain.link_new(now=timezone.now()) == 1
        go_on.set()
        waiting.result()
    assert chain.link_new(now=timezone.now()) == 1
    newest = AuditLink.objects.filter(number__gt=before).order_by("number")
    rows = list(newest.values_list("row", flat=True))
    assert rows[0] > rows[1], "numbered first, committed last"
    assert audit.report().broken == ()


def test_a_second_linker_leaves_the_work_to_the_first() -> None:
    with transaction.atomic():
        OrganisationGroup.objects.create(name="One")
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [chain.LOCK])

        def link() -> int:
            found = chain.link_new(now=timezone.now())
            connections.close_all()
            return found

        assert pool.submit(link).result() == 0
    assert chain.link_new(now=timezone.now()) == 1
