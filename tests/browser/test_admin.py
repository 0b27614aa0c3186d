"""What an admin decides: verification, rounds, proposals taken back; all under the strict CSP."""

from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from marketplace.domain.vocabulary import ProposalState
from marketplace.models import Certificate, Organisation, Proposal
from marketplace.services import certificates
from matching.models import MatchingRound
from tests import processes
from tests.browser.conftest import Visitor, go, signed_in
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office(visitor: Visitor) -> Page:
    admin = made.admin(now=timezone.now(), may_all=True)
    page = signed_in(visitor(), admin.email)
    page.get_by_role("link", name="Admin", exact=True).click()
    return page


def test_an_admin_verifies_an_organisation_and_refuses_a_certificate(office: Page) -> None:
    other = made.admin(now=timezone.now())
    waiting = made.trader(side="producer", by=other, verified=False)
    submit(waiting, "CGMC-7")

    go(office, "Organisations")
    office.get_by_role("link", name="Waiting").click()
    choose(office, "Verify")
    expect(office.locator(".messagelist")).to_contain_text("1 done.")
    assert Organisation.objects.get().verified_at is not None

    go(office, "Certificates")
    expect(office.locator("#result_list")).to_contain_text("12,000.000 t")
    choose(office, "Refuse with reason")
    give_reason(office, "The number is not in the issuer's register.")
    refused = Certificate.objects.get()
    assert refused.state == "REFUSED"
    assert refused.state_reason == "The number is not in the issuer's register."


def test_an_admin_runs_a_round_and_takes_proposals_back(office: Page) -> None:
    admin = made.admin(now=timezone.now())
    producer, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    certificate = made.certificate(producer, by=admin)
    made.lot(producer, certificate, quantity_t="500")
    made.requirement(buyer, volume_t="200")
    made.requirement(buyer, volume_t="300")
    processes.wait_for(lambda: Proposal.objects.count() == 2)

    go(office, "Matching rounds")
    office.get_by_role("button", name="Run matching now").click()
    expect(office.locator(".steps")).to_contain_text("Published")
    # Not always of the trigger "ADMIN": a round that a change had rung for may answer it as well.
    asked = int(urlsplit(office.url).path.rstrip("/").rpartition("/")[2])
    answering = MatchingRound.objects.filter(requests__contains=[asked])
    assert [one.state for one in answering] == [MatchingRound.State.PUBLISHED]

    go(office, "Proposals")
    pick(office, "200.000 t")
    choose(office, "Cancel with reason", rows=False)
    give_reason(office, "Asked for by both sides.")
    go(office, "Proposals")
    pick(office, "300.000 t")
    choose(office, "Expire now", rows=False)
    expect(office.locator(".messagelist")).to_contain_text("1 done.")

    states = set(Proposal.objects.values_list("quantity_kg", "state"))
    gone = {(200_000, ProposalState.WITHDRAWN.value), (300_000, ProposalState.EXPIRED.value)}
    assert gone <= states
    office.get_by_role("link", name="Withdrawn", exact=True).click()
    expect(office.locator("#result_list tbody tr")).to_have_count(1)


def submit(holder: made.Trader, number: str) -> None:
    raw = {
        "scheme": "CGMC_GREEN_POWER",
        "issuer": "CGMC",
        "number": number,
        "certified_t": "12000",
        "valid_from": "2026-01-01",
        "valid_to": "2027-12-31",
    }
    certificates.submit(by=holder.actor, raw=raw, document=None, now=timezone.now())


def pick(page: Page, text: str) -> None:
    page.locator("#result_list tr", has_text=text).locator("input.action-select").check()


def choose(page: Page, action: str, *, rows: bool = True) -> None:
    """Choose an action for all rows, or for the rows picked before."""
    if rows:
        page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option(label=action)
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()


def give_reason(page: Page, reason: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.locator("#content").get_by_role("button").click()
    expect(page.locator(".messagelist")).to_contain_text("1 done.")
