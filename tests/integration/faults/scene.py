"""One factory that dies and comes back: its lives one after the other, and what was wrong after each.

Rules of this file: waiting is for a condition and has an end. The plain factory at the end makes nothing new
(it drains), so that it comes to rest: what must be true then is in `checks`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.integration.faults import payloads
from tests.integration.faults.checks import wrong_in_the_end, wrong_now
from tests.integration.faults.dying import live_until, lose_record
from tests.integration.faults.fate import STAR, Fate
from tests.integration.faults.stories import CROWD, Story
from tests.integration.faults.truth import left_over, processes_of
from tools.space import Member, Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError

PATIENCE_SECONDS = 45.0
DOOMED = "tests.integration.faults.doomed"
QUIET = "[factory]\ndraining = true\n"


@contextmanager
def directory() -> Iterator[Path]:
    """Yield a directory that machines of any user can reach, and remove it."""
    made = Path(tempfile.mkdtemp(prefix="vn-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made)


class Scene:
    """A space on this host whose payloads keep a book."""

    def __init__(self, home: Path, targets: Mapping[str, str], *, factories: int = 1, most: int = 1) -> None:
        """Write everything down; nothing runs."""
        self.home = home
        self.book = payloads.open_book(home)
        fragment = payloads.settings(home, targets, most=most)
        name = f"t{home.name[3:].replace('_', 'x')}"
        self.space = Space.make(home / "s", factories, name=name, processors=8, fragment=fragment)
        self.members = self.space.members
        self._introduce()
        self.wrong: list[str] = []

    def _introduce(self) -> None:
        """Let each stand in the others' peers files: any of them may be dead when another comes back."""
        for member in self.members:
            others = [f'"127.0.0.1:{one.port}"' for one in self.members if one is not member]
            (member.config / "peers.toml").write_text(f"peers = [{', '.join(others)}]\n")

    def kill(self, member: Member, fate: Fate, *, record_lost: bool = False) -> None:
        """Let a factory live until its fate; look at what it leaves."""
        self.wrong += live_until(member, fate, DOOMED, PATIENCE_SECONDS)
        if not record_lost:
            self.wrong += wrong_now(member, self.book)

    def go(self) -> None:
        """Let the machines that wait end of themselves."""
        (self.home / "go").touch()

    def rest(self, then: Callable[[], None] = lambda: None) -> None:
        """Start plain factories that make nothing new, wait until nothing of theirs is left, then stop them.

        `then` looks at them before they stop.
        """
        self.space.settings("quiet", QUIET)
        for member in self.members:
            member.start()
        for member in self.members:
            self._wait(member)
        then()
        self.space.stop()

    def _wait(self, member: Member) -> None:
        try:
            until(lambda: _adopted(member), PATIENCE_SECONDS, f"{member.name} answers")
            self.go()
            until(lambda: _rests(member), PATIENCE_SECONDS, f"{member.name} comes to rest")
        except TimeoutError as error:
            self.wrong.append(f"{error}:\n{member.last_words()}")

    def judge(self, *, record_lost: bool = False) -> list[str]:
        """Return all that was or is wrong."""
        wrong = wrong_in_the_end(self.members, self.book, record_lost=record_lost)
        return [*self.wrong, *wrong]


def _adopted(member: Member) -> bool:
    """Tell whether it has taken over what ran and makes nothing new; one that ran on reads that it drains."""
    try:
        return member.client().health().state == "ready" and member.client().drain_state().draining
    except ClientError:
        if not member.running():
            raise TimeoutError(f"{member.name} ended") from None
        return False


def _rests(member: Member) -> bool:
    try:
        machines = member.client().machines().machines
    except ClientError:
        return False
    return not machines and not processes_of(member) and not left_over(member)


@contextmanager
def scene(targets: Mapping[str, str], *, factories: int = 1, most: int = 1) -> Iterator[Scene]:
    """Yield a scene and leave nothing of it."""
    with directory() as home:
        made = Scene(home, targets, factories=factories, most=most)
        try:
            yield made
        finally:
            made.space.down()


def play(story: Story, point: str, passing: int = 1) -> list[str]:
    """Play a story with a kill at a point; return what is wrong in the end."""
    targets = {STAR: story.payload, **(CROWD if story.crowd else {})}
    with scene(targets) as stage:
        (member,) = stage.members
        if story.ends:
            stage.go()
        if story.before:
            stage.kill(member, Fate(point=story.before))
            _between(stage, member, story)
        stage.kill(member, story.fate(point, passing), record_lost=story.loses_record)
        stage.rest()
        return stage.judge(record_lost=story.loses_record)


def _between(stage: Scene, member: Member, story: Story) -> None:
    if story.loses_record:
        lose_record(member)
    if story.ends_between:
        stage.go()
        until(lambda: not processes_of(member), PATIENCE_SECONDS, "the machine has ended")
