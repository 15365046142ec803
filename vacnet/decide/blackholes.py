"""Black holes: a host on which machines of a target fail where those of its peers succeed.

Such a host is free again at once and takes the next job, and the next: it drains a queue into failures
faster than all sound hosts work on it. Here the factory suspects itself, from its own counts and from
what its peers' rows say; nobody accuses anybody.

Rules of this file: pure. At each failure there are two tests, either of which suffices; each gives a bound
of the chance that a sound host comes to this:

- so many failures in a row, none of them expected more often than at `rate`: `rate ** streak`;
- so many failures of so many tries, both decayed over an hour: by the Chernoff bound of a sum of weighted
  trials, exp(-(k ln(k / np) - k + np)). It holds for weights of at most 1, so it holds for decayed counts,
  and errs on the side of trust.

A host that tries n machines an hour could come to 2 x 24 x n such ends a day. Each test may err with a
chance of `FALSE_ALARMS_A_DAY` by that number, so that all of a day's together keep to it (Bonferroni).

The rate is what peers see: the upper end of Wilson's interval of failures by tries, so that silence is no
proof of health, or the part of them whose newest verdict is a failure, whichever is more: in a fault of
the whole site everybody fails together, and that is a matter of windows (`local.most_err`).

A suspect stays off for `FIRST_SECONDS`, then one machine is tried; if that fails too, off for three times
as long, at most a day. A proof, or a machine that finds no work in so many words, ends the suspicion.

Figures are held by `tests/simulation/test_blackholes.py`: among 100 hosts, at base rates of 0, 2 and 20 %,
one on which everything fails spends at most 10 machines in a day.

Sources: Chernoff 1952; Wilson 1927; Wald 1945 on sequential tests; the black-hole hosts of HTCondor's manual.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vacnet.decide.local import votes
from vacnet.decide.peers import Peer
from vacnet.targets.model import Target

FALSE_ALARMS_A_DAY = 1e-3
TRIES_AN_HOUR_MIN = 4.0
"""A host that tries less is tested as if it tried so many."""
DEVIATIONS = 2.0
"""Of Wilson's interval."""
FIRST_SECONDS = 21_600.0
LONGER = 3
SECONDS_MAX = 86_400.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """That this host fails a target; the default is none."""

    count: int = 0
    """Times in a row that it was confirmed; 0: no suspicion."""
    since: float = 0.0
    until: float = 0.0
    """From then on one machine at a time is tried."""
    failed: float = 0.0
    tried: float = 0.0
    rate: float = 0.0
    """What it rests on: failures and tries here, and the part that fails elsewhere."""


NONE = Suspicion()


def peers_rate(target: Target, others: Iterable[Peer], now: float) -> float:
    """Return the chance of a failure to expect of a sound host, by the rows of live peers."""
    live = [peer for peer in others if peer.live and not peer.row.gone]
    tried = sum(peer.row.tried for peer in live)
    failed = min(tried, sum(peer.row.failed for peer in live))
    bad, good = votes(target, live, now)
    return max(upper(failed, tried), bad / (bad + good) if bad + good else 0.0)


def upper(failed: float, tried: float) -> float:
    """Return the upper end of Wilson's score interval of a part; 1 where nothing was tried."""
    squared = DEVIATIONS**2
    part = failed / tried if tried else 0.0
    spread = DEVIATIONS * math.sqrt(part * (1 - part) * tried + squared / 4)
    return min(1.0, (part * tried + squared / 2 + spread) / (tried + squared))


def is_suspect(streak: int, failed: float, tried: float, rate: float) -> bool:
    """Tell whether a sound host would hardly ever fail so often."""
    tests_a_day = 2 * 24 * max(TRIES_AN_HOUR_MIN, tried)
    return min(rate**streak, _tail(failed, tried * rate)) < FALSE_ALARMS_A_DAY / tests_a_day


def suspected(before: Suspicion, failed: float, tried: float, rate: float, now: float) -> Suspicion:
    """Return the suspicion, new or confirmed once more."""
    seconds = min(SECONDS_MAX, FIRST_SECONDS * LONGER ** min(before.count, 8))
    since = before.since if before.count else now
    return Suspicion(before.count + 1, since, now + seconds, failed, tried, rate)


def _tail(failures: float, expected: float) -> float:
    """Return a bound of the chance of at least so many failures where so many are expected."""
    if failures <= expected:
        return 1.0
    return math.exp(-(failures * math.log(failures / expected) - failures + expected))
