"""Holds: which targets nothing is made of, here or in the whole space, because an admin said so.

Rules of this file: pure values and words, kept in the record as JSON over restarts, upgrades and reboots. A
hold on this host is known to nobody else; what was said of the whole space is kept as this factory last knew
it, releases too, so that one who was away does not bring an old hold back.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from vacnet.factory.drain import shown
from vacnet.space.hold import Hold

KEPT_AS = "holds"
"""Under this key in the record."""


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """A hold on this host; `since` in Unix seconds."""

    reason: str
    who: str
    since: float

    def words(self) -> str:
        """Return it for people."""
        return f"held on this host since {shown(self.since)}: {self.reason} ({self.who})"


class InSpace(msgspec.Struct, frozen=True, kw_only=True):
    """What was last said about the whole space; `at` in Unix seconds."""

    number: int
    author: str
    at: float
    held: bool
    reason: str


class Holds(msgspec.Struct, frozen=True, kw_only=True):
    """All of one factory, by target."""

    here: Mapping[str, Here] = {}
    space: Mapping[str, InSpace] = {}

    def with_here(self, target: str, hold: Here | None) -> Holds:
        """Return these with another hold of this host, or none."""
        others = {name: one for name, one in self.here.items() if name != target}
        return msgspec.structs.replace(self, here=others | ({target: hold} if hold else {}))

    def with_space(self, target: str, hold: Hold, wall: float, now: float) -> Holds:
        """Return these with what is known of the whole space; `now` on the hold's clock is `wall`."""
        said = InSpace(
            number=hold.number,
            author=hold.author,
            at=wall - (now - hold.at),
            held=hold.held,
            reason=hold.reason,
        )
        return msgspec.structs.replace(self, space={**self.space, target: said})

    def words(self) -> dict[str, str]:
        """Return why each target held on this host is."""
        return {target: hold.words() for target, hold in self.here.items()}

    def of_space(self, wall: float, now: float) -> dict[str, Hold]:
        """Return what was said of the whole space, on the clock on which it is `now`."""
        return {
            target: Hold(one.number, one.author, now - max(0.0, wall - one.at), one.held, one.reason)
            for target, one in self.space.items()
        }


def encode(holds: Holds) -> str:
    """Return what the record keeps."""
    return msgspec.json.encode(holds).decode()


def decode(kept: str) -> Holds:
    """Return what the record keeps.

    Raises:
        ValueError: what is kept is of no version we know.
    """
    return msgspec.json.decode(kept, type=Holds) if kept else Holds()
