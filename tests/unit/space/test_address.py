"""What may be sent to, and what only looks like an address."""

from __future__ import annotations

import pytest

from vacnet.space.address import checked, parse


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1:995", ("10.0.0.1", 995)),
        ("[2001:DB8::0:1]:995", ("2001:db8::1", 995)),
        ("[fe80::1%eth0]:995", ("fe80::1%eth0", 995)),
        ("host.example.org:995", None),
        ("10.0.0.1", None),
        ("10.0.0.1:0", None),
        ("10.0.0.1:65536", None),
        ("0.0.0.0:995", None),
        ("224.0.0.1:995", None),
        ("[ff02::1]:995", None),
    ],
)
def test_an_address_is_read_in_its_canonical_form(text: str, address: tuple[str, int] | None) -> None:
    assert parse(text) == address


@pytest.mark.parametrize("zone", ["\x1b[2J", "a b", "\u00e4", "sixteen-letters-"])
def test_a_zone_that_is_no_interface_never_reaches_a_terminal(zone: str) -> None:
    assert checked(f"fe80::1%{zone}", 995) is None
