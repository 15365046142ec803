"""tools/space: real factories on loopback meet by one line on one side, survive a kill, and leave nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.space import Member, Space, SpaceError
from tools.space.left_over import processes_that_mention
from tools.space.waiting import until

pytestmark = pytest.mark.xdist_group("demo")

PAYLOAD = "#!/bin/sh\nsleep 600\n"
TARGET = """
[targets.sleepy]
target_share = 1
machine_model = "process"
user_data = "{payload}"
fizzle_seconds = 2
"""


@pytest.fixture
def space(place: Path) -> Iterator[Space]:
    payload = place / "sleepy"
    payload.write_text(PAYLOAD)
    fragment = TARGET.format(payload=payload)
    made = Space.make(place / "s", 3, name=f"test{os.getpid()}", processors=2, fragment=fragment)
    try:
        made.start()
        yield made
    finally:
        if made.directory.exists():
            made.down()


def _machines(member: Member) -> int:
    return sum(machine.state == "running" for machine in member.client().machines().machines)


def test_a_space_meets_by_the_one_line_in_the_others_peers_files(space: Space) -> None:
    assert (space.member(1).config / "peers.toml").read_text() == "peers = [\n]\n"
    for member in space.members:
        state = space.state(member.number)
        assert state is not None
        assert {one.name for one in state.factories if one.state == "live"} == {
            one.name for one in space.members
        }


def test_a_killed_factory_comes_back_with_its_machines(space: Space) -> None:
    member = space.member(2)
    until(lambda: _machines(member) > 0, 60, "factory 2 runs a machine")
    before = {machine.uuid for machine in member.client().machines().machines}
    member.kill()
    assert not member.running()
    member.start()
    space.wait_whole()
    assert before <= {machine.uuid for machine in member.client().machines().machines}


def test_down_leaves_no_process_no_machine_and_no_file(space: Space) -> None:
    until(lambda: _machines(space.member(1)) > 0, 60, "factory 1 runs a machine")
    assert processes_that_mention(space.directory)
    assert space.down() > 0
    assert not space.directory.exists()
    assert processes_that_mention(space.directory) == []
    assert list(Path("/sys/fs/cgroup").glob(f"**/*.{space.name}.example*")) == []


def test_a_space_is_found_again_in_its_directory_and_not_made_twice(place: Path) -> None:
    made = Space.make(place / "s", 2)
    assert [m.port for m in Space.find(place / "s").members] == [m.port for m in made.members]
    with pytest.raises(SpaceError, match="has a space already"):
        Space.make(place / "s", 2)
    with pytest.raises(SpaceError, match="has no space: start one with `up`"):
        Space.find(place / "elsewhere")
    with pytest.raises(SpaceError, match="there is no factory 3: they are 1 to 2"):
        made.member(3)


def test_a_factory_that_cannot_start_is_told_with_its_last_words(place: Path) -> None:
    made = Space.make(place / "s", 1, fragment="[space]\nnmae = 'typo'\n")
    with pytest.raises(SpaceError, match="nmae"):
        made.start()
    made.down()
