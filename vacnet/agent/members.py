"""Members: the factories that were met, for the record to keep and for the host to expect.

Rules of this file: a factory is a member from the first proof that it receives at an address, until it is
forgotten or that address is given up. Whatever changes them is told as an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence, Sized

from vacnet.agent.effects import Member, PersistMembers
from vacnet.agent.neighbours import Neighbours
from vacnet.space.address import Address
from vacnet.space.limits import MEMBERS_KEPT


class Members:
    """The factories met, and whether anybody is to be waited for at all."""

    def __init__(self, met: Iterable[Member]) -> None:
        """Begin with those that the record kept."""
        self._met = {member.name: member for member in met}
        self.configured = bool(self._met)
        """Peers are configured, or somebody was met."""

    def configure(self, *, peers: bool) -> None:
        """Note whether the settings name any peers."""
        self.configured = peers or bool(self._met)

    def meet(self, name: str, address: Address) -> list[PersistMembers]:
        """Keep a factory that was met, as the newest."""
        member = Member(name, address)
        if self._met.get(name) == member:
            return []
        self._met.pop(name, None)
        self.configured = True
        return self._keep([*self._met.values(), member])

    def forget(self, name: str) -> list[PersistMembers]:
        """Drop a factory that is forgotten."""
        return self._keep([one for one in self._met.values() if one.name != name])

    def give_up(self, address: Address, known: Container[str]) -> list[PersistMembers]:
        """Drop who was met at an address where nobody answers, but for those that are known."""
        left = [one for one in self._met.values() if one.address != address or one.name in known]
        return self._keep(left) if len(left) < len(self._met) else []

    def expected(self, around: Neighbours, unanswered: Callable[[], Sized]) -> bool:
        """Tell whether somebody could be there who is to be waited for; `unanswered`: peers that do not."""
        return self.configured and not _all_said_goodbye(around, unanswered)

    def _keep(self, members: Sequence[Member]) -> list[PersistMembers]:
        """Have the record keep these, the ones met last if they are many."""
        self._met = {member.name: member for member in members[-MEMBERS_KEPT:]}
        return [PersistMembers(tuple(self._met.values()))]


def _all_said_goodbye(around: Neighbours, unanswered: Callable[[], Sized]) -> bool:
    """Tell whether everybody who could be there has left in order: then nobody is missing."""
    left = [one for one in around.all if one.known.departed_at is not None]
    return bool(left) and len(left) == len(around.all) and len(unanswered()) <= len(left)
