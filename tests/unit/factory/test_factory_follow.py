"""Console logs in pieces: all, the last lines, and on and on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.factory import follow
from vacnet.factory.follow import pieces


async def _ended() -> bool:
    return True


async def _all(log: Path, tail: int = 0) -> bytes:
    return b"".join([piece async for piece in pieces(log, tail, follow=False, ended=_ended)])


async def test_a_log_larger_than_a_piece_comes_whole(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    log.write_bytes(bytes(range(256)) * 1000)
    assert await _all(log) == bytes(range(256)) * 1000


async def test_no_log_yet_is_an_empty_one(tmp_path: Path) -> None:
    assert await _all(tmp_path / "none", 5) == b""


async def test_a_link_in_place_of_a_log_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "console.log").symlink_to(tmp_path / "secret")
    assert await _all(tmp_path / "console.log") == b""


@given(text=st.lists(st.sampled_from([b"a", b"bb", b"\n"]), max_size=60), lines=st.integers(1, 8))
def test_the_last_lines_are_those_that_splitting_gives(
    tmp_path_factory: pytest.TempPathFactory, text: list[bytes], lines: int
) -> None:
    log = tmp_path_factory.mktemp("log") / "console.log"
    whole = b"".join(text)
    log.write_bytes(whole)
    expected = b"".join(whole.splitlines(keepends=True)[-lines:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "PIECE_BYTES", 3)
        assert asyncio.run(_all(log, lines)) == expected


async def test_what_is_written_while_it_is_followed_comes_and_the_end_of_the_machine_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.001)
    log = tmp_path / "console.log"
    log.write_bytes(b"first ")
    gone = asyncio.Event()

    async def ended() -> bool:
        return gone.is_set()

    following: AsyncIterator[bytes] = pieces(log, 0, follow=True, ended=ended)
    assert await anext(following) == b"first "
    log.write_bytes(b"first second")
    assert await anext(following) == b"second"
    log.write_bytes(b"anew")
    assert await anext(following) == b"anew"
    gone.set()
    assert [piece async for piece in following] == []
