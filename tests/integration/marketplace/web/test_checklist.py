"""First steps: the page knows the next one, and goes when all are done."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from marketplace.models import Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import checklist
from marketplace.services import (
    certificates,
    organisations,
    proposals,
)
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place


def steps_of(actor: Actor) -> tuple[list[str], str] | None:
    found = checklist.of(actor)
    if found is None:
        return None
    return [one.code for one in found.steps if not one.done], found.following


def test_the_checklist_of_a_producer_knows_the_next_step(place: Place) -> None:
    now = timezone.now()
    mill = made.trader(side="producer", by=place.admin, verified=False)
    client = place.browser(mill)
    page = client.get(reverse("dashboard")).content.decode()
    assert "First steps" in page
    assert steps_of(mill.actor) == (["verified", "certificate", "lot", "answer"], "certificate")
    organisations.verify(public_id=mill.organisation.public_id, by=place.admin, now=now)
    mill.organisation.refresh_from_db()
    values: dict[str, object] = {
        "scheme": "CGMC_GREEN_POWER",
        "issuer": "CGMC",
        "number": "CGMC-X",
        "certified_t": "12000",
        "valid_from": "2026-01-01",
        "valid_to": "2027-12-31",
    }
    paper = certificates.submit(by=mill.actor, raw=values, document=None, now=now)
    assert steps_of(mill.actor) == (["certificate", "lot", "answer"], "lot")
    assert "waits for the admins" in client.get(reverse("dashboard")).content.decode()
    certificates.verify(public_id=paper.public_id, by=place.admin, now=now)
    assert steps_of(mill.actor) == (["lot", "answer"], "lot")
    made.lot(mill, paper)
    assert steps_of(mill.actor) == (["answer"], "answer")


def test_the_checklist_goes_when_all_is_done(place: Place, proposal: Proposal) -> None:
    assert steps_of(place.buyer.actor) == (["answer"], "answer")
    now: datetime = timezone.now()
    proposals.accept(by=place.buyer.actor, public_id=proposal.public_id, now=now)
    assert steps_of(place.buyer.actor) is None
    assert (
        "First steps" not in place.browser(place.buyer).get(reverse("dashboard")).content.decode()
    )


def test_empty_lists_name_the_next_action_and_a_sample(place: Place) -> None:
    page = place.browser(made.trader(side="producer", by=place.admin)).get(reverse("lots"))
    assert reverse("import_template", args=["lots", "csv"]) in page.content.decode()
