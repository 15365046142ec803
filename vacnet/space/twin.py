"""Twins: is somebody else running under my name, or am I being told of my own last life?

Rules of this file. A peer that knows my name with an epoch no older than mine says so (`Rival`). Mostly
that is my own past, from before the record was lost or the clock went back: then I jump over that epoch.
But it may be another running factory of the same name (a cloned host), and if both kept jumping they
would race. So before I jump I ask at the address where that other life was last heard. If it is I who
receives the question there, or nobody answers within a second, it is the past, and I jump. It is a twin
if an instance other than mine echoes my nonce under my name (the twin learns of me in the same
handshake), or if a peer heard it of late and after I started, which my past cannot have been. Over a twin
I do not jump. So of two that cannot reach each other only the younger jumps, once, over the elder; should
both start in the same seconds, each jump doubles the wait before the next, up to a minute.

Every jump is by a random step. Three of one name, one of which dies, would else jump together and land on
one epoch; and who lost its record and its time, and is told of an older life than its last by a peer that
was cut off, would land on that last one: the next epoch above the older is where it went then, too. What
two lives tell under one epoch cannot be told apart.

The conflict ends a minute after its last proof; the one who was told of the other asks again whenever it
is told again, and jumps once the other has fallen silent.

Sources: RFC 3927 section 2.5 (claim and defend of one address by two hosts); memberlist#311 and its
answer by refutation, without accusation.
"""

from __future__ import annotations

import math

from vacnet.space import address as addresses
from vacnet.space import limits
from vacnet.space.address import Address
from vacnet.space.core import Core
from vacnet.space.happenings import Conflict
from vacnet.space.wire import Rival

ASKED_MAX = 4
"""Addresses of one rival that are asked."""


REMEDY = (
    "both start nothing: stop one, or give it a name of its own in [factory] and a state_directory of its own"
)


class Twin:
    """What is known of other lives under this factory's name."""

    def __init__(self, core: Core) -> None:
        """Begin with none."""
        self._core = core
        self._epoch = 0
        self._asked: dict[Address, bool] = {}
        self._began_at = core.now
        self._runs = False
        self._jumps = 0
        self._told_at = -math.inf
        self.next_at = math.inf
        self.conflict_at = -math.inf
        self.address: Address | None = None
        """Where the last twin answered."""

    def conflicted(self, now: float) -> bool:
        """Return whether a twin was proved within the last minute."""
        return now - self.conflict_at < limits.CONFLICT_SECONDS

    def told(self, rival: Rival | None, *, proved: bool) -> None:
        """Take the word of a proved factory that my name lives another life."""
        core = self._core
        if rival is None or not proved or rival.epoch >= limits.EPOCH_MAX:
            return
        if rival.epoch <= core.me.epoch and rival.instance in {b"", core.me.row.instance}:
            return
        runs = self._heard_of_late(rival)
        if rival.epoch < core.me.epoch and not runs:
            return
        self._runs = self._runs or runs
        self._ask(addresses.checked(rival.ip, rival.port))
        self._wait(rival)

    def to_ask(self) -> list[Address]:
        """Return the addresses to greet now, once."""
        waiting = [address for address, asked in self._asked.items() if not asked]
        self._asked = dict.fromkeys(self._asked, True)
        return waiting

    def was_me(self, address: Address) -> None:
        """Note that it is I who receives at this address: nobody else lives there."""
        if address in self._asked and len(self._asked) == 1:
            self._runs = False
            self.next_at = self._core.now

    def answered(self, address: Address) -> None:
        """Take the proof that another instance of my name runs at this address."""
        self.address = address
        self._meet(f"another running factory at {address[0]} port {address[1]} bears this name; {REMEDY}")

    def wake(self) -> bool:
        """Conclude when the wait for an answer is over; return whether the epoch was raised."""
        if self.next_at > self._core.now:
            return False
        if self._runs:
            self._meet(f"a peer hears another running factory that bears this name; {REMEDY}")
            return False
        jumps = self._epoch >= self._core.me.epoch
        if jumps:
            self._jump()
        self._rest()
        return jumps

    def _jump(self) -> None:
        """Begin an epoch above the one that was told."""
        core = self._core
        epoch = min(self._epoch + core.rng.randint(1, limits.JUMP_MAX), limits.EPOCH_MAX)
        self._jumps += 1
        core.begin_epoch(epoch)

    def _heard_of_late(self, rival: Rival) -> bool:
        """Return whether a peer heard it of late, and later than my past can have been heard."""
        silence = rival.age / 10
        lately = silence < self._core.table.rhythm.live_seconds
        return lately and self._core.now - silence > self._began_at + limits.PAST_SECONDS

    def _wait(self, rival: Rival) -> None:
        """Give it time to answer before its epoch is jumped over."""
        self._epoch = max(self._epoch, rival.epoch)
        if self.next_at == math.inf:
            first, most = limits.RIVAL_WAIT_SECONDS
            self.next_at = self._core.now + min(most, first * 2 ** min(self._jumps, 16))

    def _ask(self, address: Address | None) -> None:
        if address is not None and len(self._asked) < ASKED_MAX:
            self._asked.setdefault(address, False)

    def _rest(self) -> None:
        self._asked.clear()
        self._epoch, self._runs = 0, False
        self.next_at = math.inf

    def _meet(self, words: str) -> None:
        core = self._core
        self._rest()
        self.conflict_at = core.now
        if core.now - self._told_at >= limits.WARNING_SECONDS:
            self._told_at = core.now
            core.happen(Conflict(core.me.name, words))
