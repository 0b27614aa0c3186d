"""Where webhooks may go, and when a failed call is repeated."""

import ipaddress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain import webhooks
from tests.figures import attack

pytestmark = attack("C8")

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


def _codes(url: str, *inside: webhooks.Network) -> list[str]:
    return [error.code for error in webhooks.address_errors(url, inside=inside)]


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example/hooks",
        "https://erp.example:8443/hooks?tenant=4",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/in",
    ],
)
def test_a_public_address_over_tls_is_taken(url: str) -> None:
    assert _codes(url) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://erp.example/hooks", "not_https"),
        ("ftp://erp.example/hooks", "not_https"),
        ("//erp.example/hooks", "not_https"),
        ("erp.example", "not_https"),
        ("https://", "no_host"),
        ("https:///hooks", "no_host"),
        ("https://erp.example:99999/", "no_host"),
        ("https://[::1/", "no_host"),
        ("https://me:secret@erp.example/", "has_login"),
        ("https://me@erp.example/", "has_login"),
        ("https://erp.example/a b", "too_long"),
        ("https://erp.example/\n", "too_long"),
        ("https://erp.example/" + "a" * 500, "too_long"),
        ("https://127.0.0.1/", "not_public"),
        ("https://10.1.2.3/", "not_public"),
        ("https://169.254.169.254/latest/meta-data", "not_public"),
        ("https://[::1]/", "not_public"),
        ("https://[fe80::1%25eth0]/", "not_public"),
        ("https://[::ffff:127.0.0.1]/", "not_public"),
    ],
)
def test_any_other_is_refused_and_says_why(url: str, code: str) -> None:
    assert _codes(url) == [code]


def test_a_password_in_an_address_is_not_repeated() -> None:
    (error,) = webhooks.address_errors("https://me:secret@erp.example/")
    assert "secret" not in error.value


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.0.0.1",
        "100.64.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "2002:a00:1::1",
    ],
)
def test_what_is_not_the_public_internet_is_not_called(text: str) -> None:
    assert not webhooks.may_be_called(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_the_public_internet_is_called(text: str) -> None:
    assert webhooks.may_be_called(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_address_within_ipv6_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    assert webhooks.may_be_called(mapped) == webhooks.may_be_called(address)


def test_an_operator_may_allow_a_network_of_its_own() -> None:
    assert _codes("http://127.0.0.1:9000/hooks", LOOPBACK) == []
    assert _codes("http://127.0.0.1:9000/hooks") == ["not_https"]
    assert _codes("http://10.0.0.1/", LOOPBACK) == ["not_https"]
    assert webhooks.may_be_called(ipaddress.ip_address("::ffff:127.0.0.1"), inside=[LOOPBACK])


def test_a_call_is_repeated_for_72_hours_ever_more_seldom() -> None:
    waits = [webhooks.wait_after(failures) for failures in range(1, 12)]
    assert waits[-1] is None
    told = [wait for wait in waits if wait is not None]
    assert told == sorted(told)
    assert timedelta(hours=71) < sum(told, timedelta()) <= timedelta(hours=72)


def test_everything_but_the_test_can_be_chosen() -> None:
    assert set(webhooks.CHOOSABLE) == set(webhooks.EventType) - {webhooks.EventType.TEST}
