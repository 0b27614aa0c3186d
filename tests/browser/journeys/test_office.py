"""An admin's way: what needs a decision, a round run now, and every list."""

import pytest
from django.contrib import admin as registry
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from marketplace.models import Certificate, Proposal
from marketplace.services import certificates
from matching.models import MatchingRound
from tests import processes
from tests.browser.conftest import Visitor, signed_in
from tests.browser.looks import Look, Walk, press
from tests.factories import market as made
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.look("en-360-light")
def test_from_a_certificate_to_the_proof_of_a_round(visitor: Visitor, look: Look) -> None:
    now = timezone.now()
    office = made.admin(now=now, may_all=True)
    pair = Pair(now)
    deal = pair.deliver(pair.deal(300), "300")
    pair.lot(quantity_t="400")
    pair.requirement(volume_t="400")
    waiting = certificates.submit(
        by=pair.producer.actor, raw=PAPER, document=None, now=timezone.now()
    )
    walk = Walk(visitor(**look.context), look, KNOWN)
    page = signed_in(walk.page, office.email)

    walk.open("/admin/")
    walk.open(reverse("admin:marketplace_certificate_change", args=[waiting.pk]))
    walk.open(reverse("admin:marketplace_certificate_changelist") + "?state__exact=PENDING")
    page.locator("#action-toggle").check()
    page.locator('select[name="action"]').select_option("verify")
    page.locator('#changelist-form button[type="submit"]').first.click()
    expect(page.locator(".messagelist")).to_be_visible()
    walk.judge()
    assert Certificate.objects.get(pk=waiting.pk).state == "VERIFIED"

    processes.wait_for(lambda: Proposal.objects.filter(state="PROPOSED").exists())
    walk.open(reverse("admin:matching_matchinground_changelist"))
    press(page, reverse("admin:matching_matchinground_run_now"))
    expect(page.locator(".steps li.done")).to_have_count(3)
    walk.judge()
    walk.open(reverse("admin:matching_matchinground_premiums"))
    found = MatchingRound.objects.filter(matched_kg__gt=0).latest("pk")
    walk.open(reverse("admin:matching_matchinground_change", args=[found.pk]))
    walk.open(reverse("admin:marketplace_deal_change", args=[deal.pk]))

    for model in registry.site._registry:
        walk.open(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"))
    walk.end()


PAPER = {
    "scheme": "CGMC_GREEN_POWER",
    "issuer": "CGMC",
    "number": "CGMC-7",
    "certified_t": "12000",
    "valid_from": "2026-01-01",
    "valid_to": "2027-12-31",
}
# Of Django's own pages, not ours to mend.
KNOWN: list[tuple[str, str]] = []
