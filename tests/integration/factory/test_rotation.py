"""Rotating the member key of running factories in three edits: nobody is ever heard as silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.factory.test_looking import vacnet
from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError, KeyState

MakeSpace = Callable[[int], Space]
PATIENCE_SECONDS = 30.0
SAMPLE_SECONDS = 0.1


def _keys(member: Member) -> dict[str, KeyState]:
    return {key.id: key for key in member.client().peers().keys}


def _edit(member: Member, command: str, what: object, *words: object) -> int:
    return vacnet("key", command, what, "--file", member.config / "space.key", *words).returncode


def _edit_all(space: Space, command: str, what: object) -> None:
    for member in space.members:
        told = ("--socket", member.socket) if command == "drop" else ()
        assert _edit(member, command, what, *told) == 0


def _wait(space: Space, holds: Callable[[dict[str, KeyState]], bool], what: str) -> None:
    until(lambda: all(holds(_keys(member)) for member in space.members), PATIENCE_SECONDS, what)


@contextmanager
def _watched(space: Space) -> Iterator[set[tuple[str, str, str]]]:
    """Yield what was ever seen of anybody but live, collected all the time by asking all factories."""
    seen: set[tuple[str, str, str]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(SAMPLE_SECONDS):
            for member in space.members:
                try:
                    state = member.client().space()
                except ClientError as error:
                    seen.add((member.name, "it", str(error)))
                    continue
                seen.update((member.name, one.name, one.state) for one in state.factories)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_a_member_key_is_rotated_under_load_and_nobody_goes_silent(
    make_space: MakeSpace, directory: Path
) -> None:
    space = make_space(3)
    space.start()
    (old,) = _keys(space.member(1))
    new_file = directory / "new.key"
    assert vacnet("key", "new", new_file).returncode == 0
    with _watched(space) as seen:
        _edit_all(space, "add", new_file)
        _wait(space, lambda keys: len(keys) == 2, "all have both keys")
        (new,) = set(_keys(space.member(1))) - {old}
        assert _edit(space.member(1), "drop", old, "--socket", space.member(1).socket) == 1
        _edit_all(space, "use", new)
        _wait(space, lambda keys: len(keys[new].peers) == 2, "all speak under the new one")
        _edit_all(space, "drop", old)
        _wait(space, lambda keys: set(keys) == {new} and len(keys[new].peers) == 2, "the old one is gone")
    assert {state for _, _, state in seen} == {"live"}
    assert {(who, whom) for who, whom, _ in seen} == {
        (one.name, other.name) for one in space.members for other in space.members
    }
