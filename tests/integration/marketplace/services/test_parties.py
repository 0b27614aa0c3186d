"""Organisations and users are checked at the door; verbs survive a deadlock."""

import pytest
from django.db import OperationalError
from django.utils import timezone

from marketplace.domain.errors import Conflict, DomainError, InvalidInput, NotFound
from marketplace.domain.vocabulary import Role
from marketplace.services import constraints, organisations, retries, users
from tests.factories import market as made

pytestmark = pytest.mark.django_db


def refused(error: InvalidInput) -> dict[str, str]:
    return {one.field: one.value for one in error.errors}


def test_an_organisation_needs_a_name_and_a_country_and_is_verified_once() -> None:
    admin, now = made.admin(now=timezone.now()), timezone.now()
    buyer = made.trader(side="buyer", by=admin)
    certificate = made.certificate(made.trader(side="producer", by=admin), by=admin)
    with pytest.raises(InvalidInput) as error:
        organisations.create(name=" ", country="Germany", is_producer=False, is_buyer=True, now=now)
    assert set(refused(error.value)) == {"name", "country"}
    first = buyer.organisation.verified_at
    organisations.verify(public_id=buyer.organisation.public_id, by=admin, now=timezone.now())
    buyer.organisation.refresh_from_db()
    assert buyer.organisation.verified_at == first
    with pytest.raises(NotFound):
        organisations.verify(public_id=certificate.public_id, by=admin, now=now)
    with pytest.raises(Conflict, match="member already"):
        organisations.add_member(organisation=buyer.organisation, user=buyer.user, role=Role.VIEWER)


def test_a_user_needs_an_address_and_a_good_password() -> None:
    with pytest.raises(InvalidInput) as error:
        users.create_user(email="nobody", password="password", name="N")
    assert set(refused(error.value)) == {"email", "password"}
    assert "password" not in refused(error.value)["password"], "a password is never repeated"


@pytest.mark.django_db(transaction=True)
def test_the_victim_of_a_deadlock_tries_again_but_not_for_ever() -> None:
    class Deadlock(Exception):
        pgcode = "40P01"

    tries: list[int] = []

    @constraints.one_transaction
    def unlucky(*, until: int) -> str:
        tries.append(1)
        if len(tries) < until:
            raise OperationalError from Deadlock()
        return "done"

    assert unlucky(until=3) == "done"
    tries.clear()
    with pytest.raises(OperationalError):
        unlucky(until=99)
    assert len(tries) == retries.ATTEMPTS


def test_a_domain_error_reads_well_alone() -> None:
    assert str(DomainError()) == "This is not possible."
