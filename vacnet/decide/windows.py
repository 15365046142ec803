"""Windows: when a target may be probed, and who may say that it has no work.

The rules of this file: all that moves a target between its four states stands in `TABLE`; nothing
here looks at a clock or at a machine, only at counts that rows carry, so that every factory which
holds the same rows comes to the same state.

Theory. A window opens when the space has learned that a target has no work. While it is younger than
its length nobody starts anything (back-off). Then one ticket is out: one probe in the whole space
(probing). Each proof that a ticket's machine found work lets out gain + 1 more (growing), until 64
are out and the target is open, where only shares and an allowance of unproven machines limit it.
What opens the next window grows with what speaks against it: one nowork of a ticket holder while
nothing has proved, more than an eighth of the proofs while growing, and in the open at least two
noworks, or an eighth of the unproven machines, that no younger machine has contradicted by a proof.

The thresholds are not evaluated on an event but on the state of the rows: a factory that has a
nowork of its own under the window opens the next as soon as it sees the threshold passed, whoever's
row passed it. Two that do so at once open the same number, and `space.window.merge` keeps one.

Source: DESIGN section 7; each clause mends a scenario that broke without it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from vacnet.space.rows import TICKETS
from vacnet.space.window import Window
from vacnet.targets.model import Target

NOWORK_PART = 8
"""One nowork in so many proofs (or unproven machines) is taken for an odd one."""

UNCONTRADICTED_MIN = 2
"""In the open one odd nowork never closes a target at work."""


class State(enum.StrEnum):
    """Where a target stands in its window."""

    BACK_OFF = "back-off"
    PROBING = "probing"
    GROWING = "growing"
    OPEN = "open"


class Happens(enum.StrEnum):
    """What can happen to a window."""

    LENGTH_PASSED = "its length has passed"
    TICKET_PROVED = "a ticket's machine proved"
    ALL_TICKETS_OUT = "64 tickets are out"
    TICKET_NOWORK = "a ticket's machine found no work"
    NOWORKS_EXCEED = "tickets' noworks exceed proofs / 8 (while nothing has proved: the first)"
    OTHER_NOWORK = "another machine found no work"
    UNCONTRADICTED = "uncontradicted noworks reach max(2, unproven / 8)"
    MOST_ERR = "most factories' newest verdict is a local error"


class Then(enum.StrEnum):
    """What follows."""

    PROBING = "probing"
    GROWING = "growing"
    OPEN = "open"
    NEXT = "the next window: back-off"
    COUNTED = "counted"
    ABSORBED = "absorbed"


TABLE: Mapping[tuple[State, Happens], Then] = MappingProxyType(
    {
        (State.BACK_OFF, Happens.LENGTH_PASSED): Then.PROBING,
        (State.BACK_OFF, Happens.TICKET_PROVED): Then.ABSORBED,
        (State.BACK_OFF, Happens.OTHER_NOWORK): Then.ABSORBED,
        (State.PROBING, Happens.TICKET_PROVED): Then.GROWING,
        (State.PROBING, Happens.TICKET_NOWORK): Then.COUNTED,
        (State.PROBING, Happens.NOWORKS_EXCEED): Then.NEXT,
        (State.PROBING, Happens.OTHER_NOWORK): Then.ABSORBED,
        (State.PROBING, Happens.MOST_ERR): Then.NEXT,
        (State.GROWING, Happens.TICKET_PROVED): Then.GROWING,
        (State.GROWING, Happens.ALL_TICKETS_OUT): Then.OPEN,
        (State.GROWING, Happens.TICKET_NOWORK): Then.COUNTED,
        (State.GROWING, Happens.NOWORKS_EXCEED): Then.NEXT,
        (State.GROWING, Happens.OTHER_NOWORK): Then.ABSORBED,
        (State.GROWING, Happens.MOST_ERR): Then.NEXT,
        (State.OPEN, Happens.TICKET_PROVED): Then.OPEN,
        (State.OPEN, Happens.TICKET_NOWORK): Then.COUNTED,
        (State.OPEN, Happens.OTHER_NOWORK): Then.COUNTED,
        (State.OPEN, Happens.UNCONTRADICTED): Then.NEXT,
        (State.OPEN, Happens.MOST_ERR): Then.NEXT,
    }
)
"""States x what happens. A pair that is not here cannot happen or changes nothing."""


def tickets_available(proofs: int, gain: int) -> int:
    """Return how many tickets are out after so many proofs, at most `TICKETS`."""
    return min(TICKETS, 1 + (gain + 1) * proofs)


def state_of(window: Window, proofs: int, gain: int, now: float) -> State:
    """Return where a target stands; `proofs` are those of the window's ticket holders."""
    if window.open:
        return State.OPEN
    if now < window.ends_at():
        return State.BACK_OFF
    if tickets_available(proofs, gain) >= TICKETS:
        return State.OPEN
    return State.GROWING if proofs else State.PROBING


def noworks_exceed(proofs: int, noworks: int) -> bool:
    """Tell whether ticket holders' noworks open the next window; covers probing, where proofs are 0."""
    return noworks * NOWORK_PART > proofs


def uncontradicted_reach(uncontradicted: int, unproven: int) -> bool:
    """Tell whether the noworks known of an open target open the next window."""
    return uncontradicted >= max(UNCONTRADICTED_MIN, unproven / NOWORK_PART)


def opens_next(state: State, happening: Iterable[Happens]) -> bool:
    """Tell whether any of what happens leads from `state` to the next window, by `TABLE`."""
    return any(TABLE.get((state, happens)) is Then.NEXT for happens in happening)


def length_seconds(target: Target, streak: int) -> float:
    """Return the back-off of a window: doubled with each one in a row that ended without a proof."""
    exponent = min(max(streak, 1) - 1, 30)
    return float(min(target.backoff_max_seconds, target.backoff_seconds * 2**exponent))


def next_window(target: Target, window: Window, opener: str, *, proved: bool, now: float) -> Window:
    """Return the window that `opener` opens after `window`; `proved`: work was found in that one."""
    streak = 1 if proved else window.streak + 1
    return Window(
        number=window.number + 1,
        opener=opener,
        opened_at=now,
        length_seconds=length_seconds(target, streak),
        streak=streak,
    )


def mended(window: Window, target: Target, proof_started_at: float | None) -> Window:
    """Shorten a window that a split let open although another side was at work.

    When a machine that started after the window opened has proved, the window's length is at most one
    plain back-off and its streak 1.
    """
    if window.number == 0 or proof_started_at is None or proof_started_at <= window.opened_at:
        return window
    if window.length_seconds <= target.backoff_seconds and window.streak <= 1:
        return window
    return replace(
        window,
        length_seconds=min(window.length_seconds, float(target.backoff_seconds)),
        streak=min(window.streak, 1),
    )
