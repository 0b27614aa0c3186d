"""Two people approve at the same moment: one acceptance."""

from functools import partial

import pytest
from django.utils import timezone

from marketplace.domain.errors import Conflict
from marketplace.domain.vocabulary import Role
from marketplace.models import Approval, Proposal, ProposalStep
from marketplace.models.actors import Actor
from marketplace.services import approvals, bundles, organisations, proposals, users
from tests.factories import market as made
from tests.factories.offers import books_balance, member
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_approvers_at_once_are_one_acceptance() -> None:
    now, admin = timezone.now(), made.admin(now=timezone.now())
    mill, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    others = []
    for number in range(3):
        user = users.create_user(
            email=f"second{number}@desk.example", password="correct horse battery", name="Second"
        )
        organisations.add_member(organisation=buyer.organisation, user=user, role=Role.OWNER)
        others.append(Actor(user, buyer.organisation, Role.OWNER))
    approvals.choose_limit(by=others[0], raw={"approval_above_t": "1"}, now=now)
    lot = made.lot(mill, made.certificate(mill, by=admin))
    wanted = made.requirement(buyer)
    bundles.open_bundles(
        round_number=1, engine_version="1", bundles=[[member(lot, wanted, 400)]], now=now
    )
    proposal = Proposal.objects.get()
    proposals.accept(by=buyer.actor, public_id=proposal.public_id, now=now)
    steps = [
        partial(proposals.accept, by=one, public_id=proposal.public_id, now=now) for one in others
    ]
    answers = at_once(steps)
    assert sum(isinstance(one, Conflict) for one in answers) == 2
    assert Approval.objects.get().approved_by is not None
    accepted = ProposalStep.objects.filter(verb="accepted")
    assert accepted.count() == 1
    books_balance()
