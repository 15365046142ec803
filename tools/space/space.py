"""The space: its members, made or found in a directory, and what is done with them."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import msgspec

from tools.space import settings
from tools.space.machines import end_machines
from tools.space.member import Member
from tools.space.ports import free_ports
from tools.space.waiting import until
from vacnet.factory.client import ClientError, SpaceState

READY_SECONDS = 60.0
"""A factory answers within a second or two; sixty of them on two cores take longer."""
SPACE_FILE = "space.json"


class SpaceError(Exception):
    """Something about a space cannot be done; the text says what is wrong and what to do."""


class _Plan(msgspec.Struct, frozen=True):
    """What a directory remembers of its space."""

    name: str
    ports: tuple[int, ...]


class Space:
    """Factories on this host."""

    def __init__(self, directory: Path, plan: _Plan) -> None:
        """Know the members; `make` and `find` are the ways to get here."""
        self.directory = directory
        self.name = plan.name
        self.members = tuple(
            Member(n, f"factory{n}.{plan.name}.example", port, directory / f"factory{n}")
            for n, port in enumerate(plan.ports, start=1)
        )

    @classmethod
    def make(
        cls, directory: Path, count: int, *, name: str = "demo", processors: int = 4, fragment: str = ""
    ) -> Space:
        """Write the settings of a space of `count` factories into a directory; nothing is started.

        Args:
            directory: empty or not there; short, for the path of a Unix socket has at most 107 bytes.
            count: of factories.
            name: of the space.
            processors: of each factory; more than the host has is fine.
            fragment: TOML that all of them get beside their own settings.

        Raises:
            SpaceError: the directory has a space already.
        """
        if (directory / SPACE_FILE).exists():
            raise SpaceError(f"{directory} has a space already: end it with `down`, or choose another")
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(settings.DIRECTORY_MODE)
        space = cls(directory, plan := _Plan(name, tuple(free_ports(count))))
        key = secrets.token_bytes(32)
        for member in space.members:
            peers = space.members[:1] if member.number > 1 else ()
            settings.write(member, space=name, key=key, peers=peers, processors=processors)
            settings.add(member, "fragment", fragment)
        (directory / SPACE_FILE).write_bytes(msgspec.json.encode(plan))
        return space

    @classmethod
    def find(cls, directory: Path) -> Space:
        """Return the space that was made in a directory.

        Raises:
            SpaceError: there is none.
        """
        try:
            plan = msgspec.json.decode((directory / SPACE_FILE).read_bytes(), type=_Plan)
        except OSError as error:
            raise SpaceError(f"{directory} has no space: start one with `up`") from error
        return cls(directory, plan)

    def member(self, number: int) -> Member:
        """Return a factory by its number.

        Raises:
            SpaceError: there is none of that number.
        """
        if not 1 <= number <= len(self.members):
            raise SpaceError(f"there is no factory {number}: they are 1 to {len(self.members)}")
        return self.members[number - 1]

    def start(self) -> float:
        """Start all, wait until all see each other live; return the seconds that took.

        Raises:
            SpaceError: they do not; the text has the last words of one that failed.
        """
        for member in self.members:
            member.start()
        return self.wait_whole()

    def wait_whole(self) -> float:
        """Wait until every factory answers and sees all others live; return the seconds that took.

        Raises:
            SpaceError: one ended, or they do not meet in time.
        """
        try:
            return until(self._whole, READY_SECONDS, "all factories see each other")
        except TimeoutError as error:
            raise SpaceError(f"{error}: see {self.directory}/factory*/log") from error

    def state(self, number: int) -> SpaceState | None:
        """Return the space as a factory sees it; None when it does not answer."""
        try:
            return self.member(number).client().space()
        except ClientError:
            return None

    def settings(self, name: str, fragment: str) -> None:
        """Give all factories another fragment of settings; those that run take it over by themselves."""
        for member in self.members:
            settings.add(member, name, fragment)

    def stop(self) -> None:
        """Stop all factories; their machines go on."""
        for member in self.members:
            member.stop()

    def down(self) -> int:
        """Stop all, end their machines, remove the directory; return how many machines still ran."""
        self.stop()
        still = sum(end_machines(member) for member in self.members)
        shutil.rmtree(self.directory)
        return still

    def _whole(self) -> bool:
        return all(self._sees_all(member) for member in self.members)

    def _sees_all(self, member: Member) -> bool:
        if not member.running():
            raise SpaceError(f"{member.name} ended while it started; its last words:\n{member.last_words()}")
        state = self.state(member.number)
        return state is not None and sum(one.state == "live" for one in state.factories) == len(self.members)
