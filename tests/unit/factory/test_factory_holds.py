"""Holds as they are kept: on this host in words, of the whole space on any clock, and nothing else."""

from __future__ import annotations

import pytest

from vacnet.factory.holds import Here, Holds, decode, encode
from vacnet.space.hold import Hold

HERE = Here(reason="bad image", who="andrew", since=1_700_000_000.0)
SAID = Hold(3, "f2", 90.0, held=True, reason="ticket 4711")


def test_what_is_kept_is_read_again() -> None:
    holds = Holds().with_here("a", HERE).with_space("b", SAID, wall=1000.0, now=100.0)
    assert decode(encode(holds)) == holds
    assert decode("") == Holds()


def test_a_hold_of_the_space_is_as_old_after_a_boot_as_before() -> None:
    holds = Holds().with_space("b", SAID, wall=1000.0, now=100.0)
    assert holds.of_space(wall=1500.0, now=5.0) == {
        "b": Hold(3, "f2", -505.0, held=True, reason="ticket 4711")
    }
    assert holds.of_space(wall=10.0, now=5.0)["b"].at == 5.0


def test_a_hold_of_this_host_is_replaced_and_ended() -> None:
    holds = Holds().with_here("a", HERE)
    assert holds.words()["a"].endswith("bad image (andrew)")
    assert holds.with_here("a", None).words() == {}


def test_what_is_no_hold_is_told() -> None:
    with pytest.raises(ValueError, match="Expected `object`"):
        decode('{"here": 7}')
