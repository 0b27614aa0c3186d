"""Uploads in a bucket: a server that speaks S3 over HTTP, and the site in front of it."""

from collections.abc import Iterator
from typing import Any

import boto3
import environ
import pytest
from django.utils import timezone
from moto.server import ThreadedMotoServer

from marketplace import places
from marketplace.services import certificates
from tests.factories.api import Caller
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a certificate"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    found = boto3.resource("s3", endpoint_url=address, region_name="us-east-1").Bucket("papers")
    found.create()
    named = {"S3_BUCKET": "papers", "S3_ENDPOINT_URL": address, "S3_REGION": "us-east-1"}
    for name, value in {**named, "S3_PREFIX": "market"}.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**settings.STORAGES, "default": places.uploads(environ.Env())}
    yield found
    server.stop()


def test_a_paper_goes_into_the_bucket_and_comes_back_through_the_site(bucket: Any) -> None:
    pair = Pair(timezone.now())
    raw = {
        "scheme": "CGMC_GREEN_POWER", "issuer": "CGMC", "number": "CGMC-S3", "certified_t": "9",
        "valid_from": "2026-01-01", "valid_to": "2027-12-31",
    }  # fmt: skip
    found = certificates.submit(by=pair.producer.actor, raw=raw, now=pair.now)
    caller = Caller.of(pair.producer)
    path = f"certificates/{found.public_id}/document"
    put = caller.client.put(
        f"/api/v1/{path}", PDF, content_type="application/pdf", headers=caller.headers
    )
    assert put.status_code == 200, put.content
    (kept,) = bucket.objects.all()
    assert kept.key.startswith("market/certificates/")
    assert kept.get()["Body"].read() == PDF
    got = caller.get(path)
    assert b"".join(got.streaming_content) == PDF
    assert got["Content-Disposition"].startswith("attachment;")
    assert Caller.of(pair.buyer).get(path).status_code == 404


def test_without_a_bucket_it_is_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("S3_BUCKET", raising=False)
    assert places.uploads(environ.Env())["BACKEND"].endswith("FileSystemStorage")
