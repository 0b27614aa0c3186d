"""The admin's desk for deals: looked at, cancelled and cleared with a reason, never edited."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Deal
from marketplace.services import deals
from tests.factories import market as made
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db

LIST = "admin:marketplace_deal_changelist"


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


@pytest.fixture
def office() -> Client:
    client = Client()
    client.force_login(made.admin(now=timezone.now(), may_all=True))
    return client


def act(office: Client, deal: Deal, action: str, **more: str) -> Any:
    chosen = {"action": action, "_selected_action": str(deal.pk), **more}
    return office.post(reverse(LIST), chosen, follow=True)


def test_a_deal_is_cancelled_with_a_reason_only(pair: Pair, office: Client) -> None:
    deal = pair.deal()
    assert "reason" in act(office, deal, "cancel").content.decode()
    act(office, deal, "cancel", confirmed="1")
    deal.refresh_from_db()
    assert deal.state == "CONFIRMED"
    act(office, deal, "cancel", confirmed="1", reason="Sanctions.")
    deal.refresh_from_db()
    assert (deal.state, deal.state_reason) == ("CANCELLED", "Sanctions.")
    again = act(office, deal, "cancel", confirmed="1", reason="Sanctions.")
    assert "This deal is cancelled." in again.content.decode()


def test_a_flag_is_found_by_filter_and_cleared(pair: Pair, office: Client) -> None:
    flagged, sound = pair.deal(lot=pair.lot()), pair.deal(lot=pair.lot())
    deals.flag(lot_ids=[flagged.proposal.lot_id], reason="Revoked.", now=timezone.now())
    for asked, (shown, hidden) in {"yes": (flagged, sound), "no": (sound, flagged)}.items():
        page = office.get(reverse(LIST), {"flag": asked}).content.decode()
        assert shown.number in page
        assert hidden.number not in page
    act(office, flagged, "clear_flag", confirmed="1", reason="Reissued.")
    flagged.refresh_from_db()
    assert (flagged.flagged_at, flagged.state_reason) == (None, "Reissued.")


def test_deliveries_and_claims_are_looked_at_only(pair: Pair, office: Client) -> None:
    deal = pair.deal()
    pair.deliver(deal, "499.5")
    for name in ("deal", "delivery", "claim"):
        assert office.get(reverse(f"admin:marketplace_{name}_changelist")).status_code == 200
        assert office.get(reverse(f"admin:marketplace_{name}_add")).status_code == 403
    shown = office.get(reverse("admin:marketplace_deal_change", args=[deal.pk])).content.decode()
    assert "MAEU 123456789" in shown
    claim = deal.claim
    page = office.get(reverse("admin:marketplace_claim_change", args=[claim.pk])).content.decode()
    assert claim.number in page
    assert 'name="_save"' not in page
