"""What operators type: keys, rates and the demo, with what is refused said in words."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.models import FxRate
from marketplace.services import organisations
from tests.factories import market as made
from tests.factories.api import Caller

pytestmark = pytest.mark.django_db


def run(*words: object, **options: Any) -> str:
    out = io.StringIO()
    call_command(*map(str, words), stdout=out, **options)
    return out.getvalue()


def test_a_printed_key_stands_alone_and_opens_the_api() -> None:
    admin = made.admin(now=timezone.now())
    buyer = made.trader(side="buyer", by=admin)
    printed = run("api_key", buyer.user.email.upper())
    assert len(printed.splitlines()) == 1
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {printed.strip()}"
    assert caller.get("requirements").status_code == 200


def test_a_key_of_someone_in_two_organisations_needs_one_named() -> None:
    admin = made.admin(now=timezone.now())
    buyer, other = (made.trader(side="buyer", by=admin) for _ in range(2))
    organisations.add_member(organisation=other.organisation, user=buyer.user, role=Role.TRADER)
    with pytest.raises(CommandError, match=str(other.organisation.public_id)):
        run("api_key", buyer.user.email)
    assert run("api_key", buyer.user.email, organisation=str(other.organisation.public_id))
    foreign = made.trader(side="buyer", by=admin).organisation
    with pytest.raises(CommandError, match="no member"):
        run("api_key", buyer.user.email, organisation=str(foreign.public_id))


def test_no_key_for_strangers() -> None:
    with pytest.raises(CommandError, match="no active user"):
        run("api_key", "nobody@nowhere.example")


def rates(folder: Path, text: str) -> Path:
    path = folder / "rates.csv"
    path.write_text(text)
    return path


def test_rates_come_in_whole_or_not_at_all(tmp_path: Path) -> None:
    admin = made.admin(now=timezone.now())
    day = timezone.now().date()
    head = "currency,usd_per_unit,date\n"
    good = rates(tmp_path, f"{head}EUR,1.08,{day}\nCNY,0.139,{day}\n")
    assert run("import_fx_rates", good, by=admin.email) == "2 rates imported.\n"
    bad = rates(tmp_path, f"{head}EUR,1.09,{day}\nGBP,-1,{day}\n")
    with pytest.raises(CommandError, match=r"(?s)Nothing was imported.*3: currency.*'GBP'"):
        run("import_fx_rates", bad, by=admin.email)
    assert {str(one.usd_per_unit.normalize()) for one in FxRate.objects.all()} == {"1.08", "0.139"}
    with pytest.raises(CommandError, match="no active admin"):
        run("import_fx_rates", good, by="nobody@nowhere.example")
    with pytest.raises(CommandError, match="No such file"):
        run("import_fx_rates", tmp_path / "absent.csv", by=admin.email)
