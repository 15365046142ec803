"""Zones of addresses: an interface's name, or no address at all."""

from __future__ import annotations

import pytest

from vacnet.space.address import checked


@pytest.mark.parametrize("zone", ["eth0", "br-12.100", "fifteen-letters"])
def test_an_interface_may_stand_behind_an_address(zone: str) -> None:
    assert checked(f"fe80::1%{zone}", 995) == (f"fe80::1%{zone}", 995)


@pytest.mark.parametrize("zone", ["\x1b[2J", "a b", "\u00e4", "sixteen-letters-"])
def test_a_zone_that_is_no_interface_never_reaches_a_terminal(zone: str) -> None:
    assert checked(f"fe80::1%{zone}", 995) is None
