"""What goes over Redis and into the logs of worker and web server holds nobody's number. C2."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import redis
from django.conf import settings
from django.utils import timezone

from marketplace.models import Proposal
from marketplace.services import keys
from tests import processes
from tests.factories import market as made
from tests.figures import Figures, attack
from tests.integration.access.world import ASK, CARBON_PRICE, LIMIT

pytestmark = [pytest.mark.django_db(transaction=True), attack("C2")]
STOP = "no more of this"


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Every command that anybody sends to Redis meanwhile."""
    heard: list[str] = []
    client = redis.Redis.from_url(settings.REDIS_URL)
    begun = threading.Event()

    def listen() -> None:
        with client.monitor() as monitor:  # type: ignore[no-untyped-call]
            begun.set()
            for command in monitor.listen():
                heard.append(str(command["command"]))
                if STOP in heard[-1]:
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    assert begun.wait(10)
    try:
        yield heard
    finally:
        client.echo(STOP)
        listener.join(10)


def test_neither_redis_nor_a_log_hears_a_price(figures: Figures) -> None:
    now = timezone.now()
    admin = made.admin(now=now)
    producer, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    lot = made.lot_values(made.certificate(producer, by=admin), ask_premium=ASK)
    wanted = made.requirement_values(max_premium=LIMIT, internal_carbon_price=CARBON_PRICE)
    with (
        overheard() as heard,
        processes.running() as worker,
        processes.served() as (address, web),
    ):
        for trader, place, body in ((producer, "lots", lot), (buyer, "requirements", wanted)):
            key = keys.issue(user=trader.user, organisation=trader.organisation, now=now)
            headers = {"Authorization": f"Bearer {key}"}
            answer = httpx.post(f"{address}/api/v1/{place}", json=body, headers=headers)
            assert answer.status_code == 201, answer.text
            refused = httpx.post(f"{address}/api/v1/{place}", json={**body, "x": "1"})
            assert refused.status_code == 401
        processes.wait_for(Proposal.objects.exists, worker=worker)
        logs = worker.log + web.log
    assert len(heard) > 20, "the doorbell rang"
    told = "\n".join(heard) + logs
    for secret in (ASK, LIMIT, CARBON_PRICE):
        for spelled in (secret, secret.replace(".", "") + "00"):
            assert spelled not in told
    assert producer.organisation.name not in told
    figures.say(
        "a lot and a requirement posted and matched over the running parts; every command to "
        "Redis and both logs are read",
        f"{len(heard)} commands and {len(logs.splitlines())} log lines without a price or a name",
    )
