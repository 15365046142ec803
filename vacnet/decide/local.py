"""Local faults: what a failed machine means for this factory, and when it becomes the target's fault.

Rules of this file: pure. A fault of the factory keeps the target off this factory alone, longer with
each in a row; a proof forgets them all. Only when most factories with a recent verdict say the same
is it the target's, and then a window opens for all.

Source: DESIGN section 7, "Local errors". Vac 3 backed the target off everywhere for one broken host.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vacnet.decide.peers import Peer
from vacnet.targets.model import Target

SHORT_SECONDS = 60
"""Back-off of transient faults and of ends that say nothing, at most."""
DOUBLINGS_MAX = 3
"""Up to 8 times the first back-off."""
VERDICT_SECONDS = 600.0
"""How long a verdict counts at least."""
VOTES = 3


@dataclass(frozen=True, slots=True)
class LocalBackOff:
    """How often in a row a target failed here, and until when it is kept off this factory."""

    count: int = 0
    until: float = 0.0


def failed(target: Target, before: LocalBackOff, *, short: bool, now: float) -> LocalBackOff:
    """Return the back-off after one more local failure; `short`: transient, or an end without a word."""
    first = min(target.backoff_seconds, SHORT_SECONDS) if short else target.backoff_seconds
    length = first * 2 ** min(before.count, DOUBLINGS_MAX)
    return LocalBackOff(before.count + 1, max(before.until, now + length))


def most_err(target: Target, peers: Iterable[Peer], now: float) -> bool:
    """Tell whether most factories' newest verdict on the target is a local error.

    Of the live factories with a verdict within max(backoff_seconds, 10 min), those whose newest is an
    error have to be more than half, and at least min(3, floor(n / 2) + 1) of the n that offer it.
    """
    live = [peer for peer in peers if peer.live and not peer.row.gone]
    bad, good = votes(target, live, now)
    return bad > good and bad >= min(VOTES, len(live) // 2 + 1)


def votes(target: Target, live: Iterable[Peer], now: float) -> tuple[int, int]:
    """Return how many live factories' newest verdict is a local error, and of how many it is good."""
    horizon = now - max(float(target.backoff_seconds), VERDICT_SECONDS)
    verdicts = [_verdict(peer, horizon) for peer in live]
    return verdicts.count("error"), verdicts.count("good")


def _verdict(peer: Peer, horizon: float) -> str:
    error_at = peer.row.error_at if peer.row.error_at is not None else -float("inf")
    good_at = peer.row.verdict_at if peer.row.verdict_at is not None else -float("inf")
    if max(error_at, good_at) < horizon:
        return ""
    return "error" if error_at > good_at else "good"
