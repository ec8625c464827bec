"""Which names and addresses a list of hosts lets through."""

import pytest

from dihedral.ops.rules import hosts

LIST = (
    *("sts.amazonaws.com", "*.us-east-1.amazonaws.com", "vault.corp.example:8200", "192.0.2.7"),
    *("10.20.0.0/16", "registry.example", "[2001:db8::1]:8443", "localhost:9000", "127.0.0.1:9000"),
)
ENTRIES = [hosts.parse(text) for text in LIST]


@pytest.mark.parametrize(
    ("name", "port", "fits"),
    [
        ("sts.amazonaws.com", 443, True),
        ("STS.AmazonAWS.com.", 443, True),
        ("sts.amazonaws.com", 80, False),
        ("ec2.us-east-1.amazonaws.com", 443, True),
        ("a.b.us-east-1.amazonaws.com", 443, True),
        ("us-east-1.amazonaws.com", 443, False),
        ("evil-us-east-1.amazonaws.com", 443, False),
        ("ec2.us-east-1.amazonaws.com.evil.example", 443, False),
        ("evil.example", 443, False),
        ("vault.corp.example", 8200, True),
        ("vault.corp.example", 443, False),
        ("192.0.2.7", 443, True),
        ("192.0.2.8", 443, False),
        ("10.20.255.1", 443, True),
        ("10.21.0.1", 443, False),
        ("2001:db8::1", 8443, True),
        ("2001:db8::1", 443, False),
        ("::ffff:192.0.2.7", 443, True),
        ("169.254.169.254", 443, False),
        ("0x7f000001", 443, False),
        ("2130706433", 443, False),
        ("", 443, False),
    ],
)
def test_a_name_is_asked_for_only_as_it_is_listed(name: str, port: int, fits: bool) -> None:
    assert (hosts.fits(ENTRIES, name, port) is not None) is fits


@pytest.mark.parametrize(
    ("entry", "address", "why"),
    [
        ("sts.amazonaws.com", "8.8.8.8", ""),
        ("sts.amazonaws.com", "2600::1", ""),
        ("*.us-east-1.amazonaws.com", "10.20.3.4", ""),  # the network is listed
        ("*.us-east-1.amazonaws.com", "10.99.3.4", "of a private network"),
        ("registry.example", "10.99.3.4", ""),  # listed whole, so its owner knows it
        ("registry.example", "127.0.0.1", "this machine itself"),
        ("registry.example", "127.8.8.8", "this machine itself"),
        ("registry.example", "::1", "this machine itself"),
        ("registry.example", "::ffff:127.0.0.1", "this machine itself"),
        ("registry.example", "169.254.169.254", "link-local"),
        ("registry.example", "::ffff:169.254.169.254", "link-local"),
        ("registry.example", "fe80::1%eth0", "link-local"),
        ("registry.example", "0.0.0.0", "of a private network"),
        ("registry.example", "224.0.0.1", "a multicast address"),
        ("registry.example", "100.64.0.1", "not of the internet"),
        ("registry.example", "fd00:ec2::254", "where clouds keep a machine's credentials"),
        ("registry.example", "168.63.129.16", "where clouds keep a machine's credentials"),
        ("registry.example", "fd00:1::1", ""),
        ("*.us-east-1.amazonaws.com", "fd00:1::1", "of a private network"),
        ("registry.example", "64:ff9b::a9fe:a9fe", "link-local"),
        ("localhost:9000", "127.0.0.1", ""),  # the address is listed with that port
        ("registry.example", "no address", "is no address"),
    ],
)
def test_an_address_is_not_reached_because_of_its_name(entry: str, address: str, why: str) -> None:
    said = hosts.barred(ENTRIES, hosts.parse(entry), address)
    assert why in said and bool(said) is bool(why)


@pytest.mark.parametrize(
    "text",
    ["", "*", "*.", "com", "a b.example", "a..example", "https://a.example", "a.example:0",
     "a.example:99999", "a.example:x", "a*.example", "-a.example", "ä.example", "a.example/x",
     "1.2.3.4/8", f"{'a' * 64}.example"],
)  # fmt: skip
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        hosts.parse(text)
