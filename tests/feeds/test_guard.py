"""Public is what anybody on the Internet could reach, however it is written."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import guard

INSIDE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "none",
    "",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_is_not_public(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"])
def test_outside_is(address: str) -> None:
    assert guard.is_public(address)


@given(st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16", "169.254.0.0/16"]), st.integers(0, 2**24 - 1))
def test_what_is_inside_stays_so_however_it_is_carried(network: str, place: int) -> None:
    whole = ipaddress.IPv4Network(network)
    inside = whole[place % whole.num_addresses]
    carried = [
        ipaddress.IPv6Address(0xFFFF << 32 | int(inside)),
        ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(inside)),
        ipaddress.IPv6Address(0x2002 << 112 | int(inside) << 80 | 1),
    ]
    assert not any(guard.is_public(str(each)) for each in (inside, *carried))


@pytest.mark.parametrize(
    ("host", "port", "is_allowed"),
    [
        ("Sensors.Example", 80, True),
        ("sensors.example.", 8080, True),
        ("inner", 8080, True),
        ("inner", 80, False),
        ("x", 1, False),
    ],
)
def test_the_operator_allows_a_host_or_one_of_its_ports(host: str, port: int, is_allowed: bool) -> None:
    assert guard.is_allowed(host, port, {"sensors.example", "inner:8080"}) is is_allowed
