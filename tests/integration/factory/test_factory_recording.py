"""`vacnet gossip record` on a real factory at work, and `replay` in another process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.space.member import CHECKOUT, Member
from tools.space.space import Space

COMMAND = (sys.executable, "-c", "from vacnet.cli import main; main()", "gossip")
SECONDS = 12
"""A sync with each other factory, beats, and a check in the midst."""


def _vacnet(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=CHECKOUT, text=True, capture_output=True, timeout=60, check=False
    )


def _record(member: Member, file: Path) -> None:
    made = _vacnet("record", file, "--seconds", str(SECONDS), "--socket", member.socket)
    assert made.returncode == 0, made.stderr


def test_a_factory_at_work_is_recorded_and_lived_through_again(
    make_space: Callable[[int], Space], directory: Path
) -> None:
    space = make_space(3)
    space.start()
    member, file = space.members[1], directory / "recording"
    _record(member, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert _vacnet("record", file, "--socket", member.socket).returncode == 1
    key = member.config / "space.key"
    again = _vacnet("replay", file, "--key", key, "--json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert told["replayed"]["datagrams"] > 3
    assert told["replayed"]["checks"] >= 2
    assert {one["name"] for one in told["space"]["factories"]} == {one.name for one in space.members}
    assert key.read_text().split()[-1] not in file.read_bytes().hex()


def test_without_its_key_or_file_the_words_say_what_is_missing(directory: Path) -> None:
    missing = _vacnet("replay", directory / "none", "--key", directory / "none")
    assert missing.returncode == 66
    assert "there is no such file" in missing.stderr
