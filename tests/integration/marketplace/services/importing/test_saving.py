"""A confirmed import: all or nothing, once, by those who may."""

from typing import Any

import pytest
from django.utils import timezone

from marketplace import tasks
from marketplace.domain.errors import Conflict, NotAllowed, NotFound, Paused
from marketplace.domain.vocabulary import Role
from marketplace.models import (
    ImportRow,
    Lot,
    Membership,
    OutboxRow,
    User,
)
from marketplace.models.actors import Actor
from marketplace.selectors import imports as selectors
from marketplace.selectors import market_rows
from marketplace.services import imports, lots, outbox, pauses
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import books_balance
from tests.factories.sheets import (
    as_csv,
    checked,
    confirmed,
    outcomes,
    reasons,
    requirement_row,
    sent,
    worked,
)
from tests.figures import attack
from tests.integration.marketplace.services.importing.conftest import Place

pytestmark = [pytest.mark.django_db, attack("C6")]


def test_who_draws_the_tonnes_between_check_and_confirmation_stops_all_of_it(place: Place) -> None:
    job = place.lots(place.row("A", quantity_t="6000"), place.row("B", quantity_t="6000"))
    made.lot(place.producer, place.certificate, quantity_t="100")

    job = confirmed(place.producer, job)

    assert job.state == "REFUSED"
    assert outcomes(job) == {"A": "NEW", "B": "ERROR"}
    assert "5900 t left" in reasons(job)[3][0][2]
    assert Lot.objects.count() == 1
    books_balance()


@pytest.mark.parametrize("moved", ["changed", "same", "new"])
def test_what_moved_since_the_check_is_an_error_and_nothing_is_saved(
    place: Place, moved: str
) -> None:
    first, second = (
        made.lot(place.producer, place.certificate, reference=name) for name in ("A", "B")
    )
    raw = made.lot_values(place.certificate, ask_premium="18")
    rows = [
        market_rows.of_lot(first, timezone.now().date()) | {"ask_premium": "19"},
        market_rows.of_lot(second, timezone.now().date()),
        {**market_rows.of_lot(second, timezone.now().date()), "lot_id": "C"},
    ]
    job = place.lots(*rows)
    assert outcomes(job) == {"A": "CHANGED", "B": "UNCHANGED", "C": "NEW"}
    if moved == "new":
        made.lot(place.producer, place.certificate, reference="c")
    else:
        lot = first if moved == "changed" else second
        lots.edit(
            by=place.producer.actor,
            public_id=lot.public_id,
            raw={**raw, "reference": lot.reference},
            version=lot.version,
            now=timezone.now(),
        )
    held = sorted(Lot.objects.values_list("reference", "version"))

    job = confirmed(place.producer, job)

    assert job.state == "REFUSED"
    ((_column, value, words),) = next(iter(reasons(job).values()))
    assert value == {"changed": "A", "same": "B", "new": "C"}[moved]
    assert "changed after the check" in words
    assert sorted(Lot.objects.values_list("reference", "version")) == held


@pytest.mark.parametrize("kind", ["LOTS", "REQUIREMENTS"])
def test_who_may_not_list_may_not_import(place: Place, kind: str) -> None:
    own, other = (place.producer, place.buyer) if kind == "LOTS" else (place.buyer, place.producer)
    content = as_csv([place.row("A") if kind == "LOTS" else requirement_row("A")])
    viewer = Trader(Actor(own.user, own.organisation, Role.VIEWER))
    unverified = made.trader(
        side="producer" if kind == "LOTS" else "buyer", by=place.admin, verified=False
    )
    for trader in (other, viewer, unverified):
        with pytest.raises(NotAllowed):
            sent(trader, kind, content)
    job = checked(own, kind, content)
    what = pauses.What(trading=True, organisation=own.organisation.public_id)
    pauses.pause(what=what, by=place.admin, reason="An inspection", now=timezone.now())
    with pytest.raises(Paused):
        sent(own, kind, content)
    with pytest.raises(Paused):
        confirmed(own, job)


def test_who_was_stopped_after_confirming_saves_nothing(place: Place) -> None:
    job = place.lots(place.row("A"))
    imports.confirm(
        by=place.producer.actor,
        public_id=job.public_id,
        good_rows_only=False,
        now=timezone.now(),
    )
    Membership.objects.filter(user=place.producer.user).delete()
    job = worked(job, selectors.IMPORT)
    assert (job.state, Lot.objects.exists()) == ("REFUSED", False)
    assert "does not act for this organisation" in job.problems[0]["message"]
    other = sent(place.buyer, "REQUIREMENTS", as_csv([requirement_row("A")]))
    User.objects.filter(pk=place.buyer.user.pk).update(is_active=False)
    assert worked(other, selectors.CHECK).state == "UNREADABLE"


def test_delivered_twice_it_happens_once(place: Place) -> None:
    job = sent(place.producer, "LOTS", as_csv([place.row("A")]))
    row = OutboxRow.objects.get(task=selectors.CHECK)
    for _time in range(2):
        imports.check(row=row, clock=timezone.now)
    assert job.rows.count() == 1
    imports.confirm(
        by=place.producer.actor,
        public_id=job.public_id,
        good_rows_only=False,
        now=timezone.now(),
    )
    with pytest.raises(Conflict):
        confirmed(place.producer, job)
    row = OutboxRow.objects.get(task=selectors.IMPORT)
    rounds = OutboxRow.objects.filter(task=outbox.ROUND).count()
    for _time in range(2):
        imports.carry_out(row=row, clock=timezone.now)
    assert Lot.objects.get().version == 1
    assert OutboxRow.objects.filter(task=outbox.ROUND).count() == rounds + 1
    tasks.run_import(row.pk)
    row.refresh_from_db()
    assert row.done_at


def test_a_discarded_import_is_over(place: Place) -> None:
    job = place.lots(place.row("A"))
    named: dict[str, Any] = {"public_id": job.public_id, "now": timezone.now()}
    with pytest.raises(NotFound):
        imports.discard(by=place.buyer.actor, **named)
    with pytest.raises(NotFound):
        imports.confirm(by=place.buyer.actor, good_rows_only=False, **named)
    assert imports.discard(by=place.producer.actor, **named).state == "DISCARDED"
    assert not ImportRow.objects.exists()
    with pytest.raises(Conflict):
        imports.discard(by=place.producer.actor, **named)
    with pytest.raises(Conflict):
        imports.confirm(by=place.producer.actor, good_rows_only=False, **named)


def test_nothing_to_save_is_not_confirmed(place: Place) -> None:
    confirmed(place.producer, place.lots(place.row("A")))
    with pytest.raises(Conflict, match="new or changed"):
        confirmed(place.producer, place.lots(place.row("A")))
    bad = place.lots(place.row("B", quantity_t="x"))
    with pytest.raises(Conflict, match="new or changed"):
        confirmed(place.producer, bad, good_rows_only=True)


def test_three_imports_of_an_organisation_at_a_time(place: Place) -> None:
    for _number in range(3):
        sent(place.producer, "LOTS", as_csv([place.row("A")]))
    with pytest.raises(Conflict, match="Three"):
        sent(place.producer, "LOTS", as_csv([place.row("A")]))
    sent(place.buyer, "REQUIREMENTS", as_csv([requirement_row("A")]))
