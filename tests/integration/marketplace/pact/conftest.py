"""The host behind TLS with a throw-away certificate, and two traders with credentials."""

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.models import Footprint, Lot, Membership
from marketplace.models.actors import Actor
from marketplace.services import footprints, pact
from tests import processes
from tests.conftest import empty
from tests.factories.deals import Pair
from tests.factories.market import Trader
from tests.factories.partners import Partner, partner

STATED: dict[str, object] = {
    "primary_data_pct": "85.5", "exempted_pct": "1", "standards": "ISO14067|PACT-3.0",
}  # fmt: skip


_open: list[httpx.Client] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _open:
        _open.pop().close()


@dataclass(frozen=True)
class Host:
    """``trust``: the file with its certificate."""

    address: str
    trust: Path

    def client(self, **options: Any) -> httpx.Client:
        trust = ssl.create_default_context(cafile=self.trust)
        made = httpx.Client(base_url=self.address, verify=trust, timeout=30, **options)
        _open.append(made)
        return made


@dataclass(frozen=True)
class System:
    """A trader's system: ``http`` sends its token."""

    trader: Trader
    shown: pact.Shown
    http: httpx.Client

    def footprints(self, query: str = "") -> list[dict[str, Any]]:
        answer = self.http.get(f"/3/footprints{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])


@pytest.fixture(scope="module")
def host(
    owner_url: str, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Host]:
    file = tmp_path_factory.mktemp("tls") / "host.pem"
    file.write_bytes(_certificate())
    with django_db_blocker.unblock():
        with processes.served(tls=file) as (address, _web):
            yield Host(address, file)
        empty(owner_url)


@pytest.fixture
def pair(settings: Any) -> Pair:
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.WEBHOOK_SECONDS = 2.0
    return Pair(timezone.now())


@pytest.fixture
def other() -> Iterator[Partner]:
    with partner() as found:
        yield found


def owner(trader: Trader) -> Actor:
    Membership.objects.filter(user=trader.user).update(role=Role.OWNER.value)
    return Actor(trader.user, trader.organisation, Role.OWNER)


def connected(host: Host, trader: Trader) -> System:
    shown = pact.connect(by=owner(trader), now=timezone.now())
    plain = host.client()
    answer = plain.post(
        "/auth/token",
        data={"grant_type": "client_credentials"},
        auth=(shown.client.client_id, shown.secret),
    )
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return System(trader, shown, host.client(headers=headers))


def stated(pair: Pair) -> None:
    footprints.state(by=owner(pair.producer), raw=STATED)


def footprint(pair: Pair, **raw: object) -> tuple[Lot, Footprint]:
    """A lot of 500 t with a cradle-to-gate value, and its footprint."""
    lot = pair.lot(**{"ci_cradle_to_gate": "4.125", "ci_smelter_s1s2": "3.2", **raw})
    footprints.write_due(now=timezone.now())
    return lot, Footprint.objects.get(lot=lot, deprecated_at=None)


@pytest.fixture
def smelter(host: Host, pair: Pair) -> System:
    stated(pair)
    return connected(host, pair.producer)


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM) + private
