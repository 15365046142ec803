"""The frame, the keys and the replay window."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.space.counters import Reject
from vacnet.space.keyring import KeyRing, Role
from vacnet.space.replay import ReplayWindow
from vacnet.space.seal import Header, Rejected, derive, factory_id, key_id, open_body, read_header, seal

A, B = b"a" * 32, b"b" * 32


@given(
    st.integers(0, 255),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 64) - 1),
    st.binary(max_size=1156),
)
def test_what_was_sealed_is_opened_again(kind: int, epoch: int, sequence: int, body: bytes) -> None:
    header = Header(kind, key_id(A), factory_id("f"), epoch, sequence)
    data = seal(header, body, derive(A, "space"))
    assert len(data) == 28 + len(body) + 16
    assert read_header(data) == header
    assert open_body(data, derive(A, "space")) == body


def test_the_frame_is_the_published_one() -> None:
    data = seal(Header(3, b"KKKK", b"FFFFFFFF", 0x01020304, 5), b"\x90", derive(A, "s"))
    assert data[:28] == b"VN\1\3KKKKFFFFFFFF\1\2\3\4" + bytes(7) + b"\5"
    assert data[28:29] == b"\x90"
    assert data[29:] == hashlib.blake2b(data[:29], digest_size=16, key=derive(A, "s")).digest()


@pytest.mark.parametrize(
    "key", [derive(B, "space"), derive(A, "other")], ids=["another key", "another space"]
)
def test_another_key_or_space_does_not_open_it(key: bytes) -> None:
    data = seal(Header(1, key_id(A), factory_id("f"), 1, 1), b"body", derive(A, "space"))
    with pytest.raises(Rejected) as refused:
        open_body(data, key)
    assert refused.value.reason is Reject.TAG


def test_a_key_is_picked_by_its_id_and_the_first_member_key_seals() -> None:
    ring = KeyRing([("observe", A), ("member", B)], "space")
    assert ring.sealing == ring.find(key_id(B))
    observing = ring.find(key_id(A))
    assert observing is not None
    assert observing.role is Role.OBSERVE
    assert ring.find(b"none") is None


def test_a_ring_keeps_and_shows_no_secret() -> None:
    ring = KeyRing([("member", A)], "space")
    assert ring.sealing is not None
    assert ring.sealing.secret != A
    assert repr(A)[2:-1] not in repr(ring.sealing)
    assert ring.sealing.secret.hex() not in repr(ring.sealing)


@pytest.mark.parametrize(("role", "secret"), [("admin", A), ("member", b"short"), ("member", b"")])
def test_a_bad_key_is_refused(role: str, secret: bytes) -> None:
    with pytest.raises(ValueError):
        KeyRing([(role, secret)], "space")


@given(st.lists(st.integers(0, 400), max_size=300))
def test_the_window_takes_each_number_once_and_none_too_old(numbers: list[int]) -> None:
    window, taken, highest = ReplayWindow(50), set(range(51)), 50
    for number in numbers:
        expected = number not in taken and number > highest - 128
        assert window.takes(number) is expected
        if expected:
            window.take(number)
            taken.add(number)
            highest = max(highest, number)


def test_datagrams_that_overtake_each_other_are_all_taken_once() -> None:
    numbers = list(range(1001, 2001))
    rng = Random(4)
    overtaken = sorted(numbers, key=lambda number: number + rng.uniform(0, 60))
    window, taken = ReplayWindow(1000), 0
    for number in overtaken * 2:
        if window.takes(number):
            window.take(number)
            taken += 1
    assert taken == 1000
