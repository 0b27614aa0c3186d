"""A body's list is uploaded whole or not at all; differences are decided, once each, by name."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.models import BodyEntry, BodyList, SettledDifference, User
from marketplace.selectors import body_lists
from tests.factories import market as made
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db
ADD = reverse("admin:marketplace_bodylist_add")
DIFFERENCES = reverse("admin:marketplace_bodylist_differences")
HEADER = "number,holder,certified_t,valid_from,valid_to\n"


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


@pytest.fixture
def office() -> Client:
    client = Client()
    client.force_login(made.admin(now=timezone.now(), may_all=True))
    return client


def line_of(pair: Pair, **more: str) -> str:
    one = pair.certificate
    cells = {
        "number": one.number,
        "holder": pair.producer.organisation.name,
        "certified_t": "12000",
        "valid_from": one.valid_from.isoformat(),
        "valid_to": one.valid_to.isoformat(),
        **more,
    }
    return ",".join(cells.values()) + "\n"


def upload(office: Client, text: str, as_of: str = "2026-11-01") -> Any:
    file = SimpleUploadedFile("cgmc.csv", text.encode())
    given = {
        "scheme": "CGMC_GREEN_POWER",
        "issuer": "cgmc",
        "as_of": as_of,
        "source": "A page",
    }
    return office.post(
        ADD, {**given, "file": file, "entries-TOTAL_FORMS": "0", "entries-INITIAL_FORMS": "0"}
    )


def kinds() -> list[str]:
    return [one.kind.value for one in body_lists.differences()]


def test_what_agrees_is_no_difference(pair: Pair, office: Client) -> None:
    assert upload(office, HEADER + line_of(pair)).status_code == 302
    assert BodyEntry.objects.get().certified_kg == 12_000_000
    assert BodyList.objects.get().sha256
    assert kinds() == []
    assert "Nothing differs" in office.get(DIFFERENCES).content.decode()


def test_one_bad_line_keeps_the_whole_list_out(pair: Pair, office: Client) -> None:
    bad = HEADER + line_of(pair) + line_of(pair, number="X-2", certified_t="-1")
    answer = upload(office, bad)
    assert answer.status_code == 200
    assert "3: certified_t:" in answer.content.decode()
    assert not BodyList.objects.exists()
    again = upload(office, HEADER + line_of(pair) + line_of(pair))
    assert "3: number: the same number as in line 2" in again.content.decode()
    assert "there is no such column" in upload(office, "number,who\nX,Y\n").content.decode()
    assert not BodyEntry.objects.exists()


def test_differences_are_shown_and_the_newest_list_counts(pair: Pair, office: Client) -> None:
    upload(office, HEADER + line_of(pair, number="CGMC-OTHER"), "2026-10-01")
    assert kinds() == ["ABSENT"]
    upload(office, HEADER + line_of(pair, certified_t="9000", holder="Another mill"))
    assert kinds() == ["HOLDER", "TONNES"]
    page = office.get(DIFFERENCES).content.decode()
    for words in ("Another mill", "9,000", "12,000", pair.certificate.number):
        assert words in page, words
    second = upload(office, HEADER + line_of(pair))
    assert "There is a list of this body and day already." in second.content.decode()


def test_a_difference_is_settled_with_a_reason_for_this_list(pair: Pair, office: Client) -> None:
    upload(office, HEADER + line_of(pair, certified_t="9000"), "2026-10-01")
    given = {"certificate": pair.certificate.pk, "difference": "TONNES", "reason": ""}
    office.post(DIFFERENCES, given)
    assert kinds() == ["TONNES"]
    office.post(DIFFERENCES, {**given, "reason": "The body confirmed 12,000 t by letter."})
    assert kinds() == []
    assert SettledDifference.objects.get().reason.startswith("The body confirmed")
    upload(office, HEADER + line_of(pair, certified_t="9000"), "2026-11-01")
    assert kinds() == ["TONNES"]
    office.post(DIFFERENCES, {**given, "difference": "HOLDER", "reason": "x"})
    assert SettledDifference.objects.count() == 1


def test_nobody_settles_for_their_own_organisation(pair: Pair) -> None:
    boss: User = made.admin(now=timezone.now(), may_all=True)
    office = Client()
    office.force_login(boss)
    upload(office, HEADER + line_of(pair, certified_t="9000"))
    pair.producer.organisation.memberships.create(user=boss, role="VIEWER")
    office.post(
        DIFFERENCES,
        {"certificate": pair.certificate.pk, "difference": "TONNES", "reason": "Trust me."},
    )
    assert kinds() == ["TONNES"]
