"""What it means when datagrams come that no key of ours opens, and what to do: one sentence for each reason.

Rules of this file: pure; an admin who meets the address in a log knows neither seals nor rings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vacnet.agent.namesake_words import namesake_notes
from vacnet.quantities import duration
from vacnet.space.address import Address
from vacnet.space.counters import Reject
from vacnet.space.gossip import Gossip
from vacnet.space.happenings import WrongKey
from vacnet.space.strangers import Accused
from vacnet.targets.address import endpoint_text

WRONG_KEY = "gossip.wrong-key"
"""The name of the news; its field `why` has the words."""
OTHER_VERSION = "gossip.other-version"
"""Likewise, of a factory that speaks no version of the protocol that this one speaks."""

_WORDS: Mapping[Reject, str] = {
    Reject.KEY: (
        "it speaks under a key that this factory does not have; if both are of this space, either "
        "`vacnet key add FILE` here with its key, or there with a key of ours, and then `vacnet key use ID` "
        "there (`vacnet key list` has the ids); if not, this host has to go from its peers file"
    ),
    Reject.TAG: (
        "it has a key of ours, but what it sends does not fit it; most likely its [space] name is not this "
        "factory's: make them the same (or its datagrams are damaged on the way, or forged)"
    ),
}


_SHORT: Mapping[Reject, str] = {
    Reject.KEY: "speaks under no key of ours",
    Reject.TAG: "seems of another space",
}
_TWIN = "a factory of this one's own name runs there: stop one of the two, or rename it"


def stranger_words(news: WrongKey) -> str:
    """Return where datagrams come from that are not taken, what that means and what to do."""
    return f"nothing from {endpoint_text(*news.address)} is taken: {_WORDS[news.reason]}"


def stranger_lines(gossip: Gossip, now: float) -> tuple[str, ...]:
    """Return a line of at most 80 columns for each address of which nothing is taken now."""
    return tuple(f"{endpoint_text(*one.address)} {_briefly(one)}" for one in gossip.accused(now))


def stranger_reports(gossip: Gossip, now: float) -> tuple[str, ...]:
    """Return the same with what it means and what to do."""
    return tuple(
        f"nothing from {endpoint_text(*one.address)} is taken: {_of(one)}" for one in gossip.accused(now)
    )


def address_notes(gossip: Gossip, now: float) -> dict[Address, str]:
    """Return by address why no peer is heard there, where that is known."""
    return _by_address(gossip, now, _of)


def brief_notes(gossip: Gossip, now: float) -> dict[Address, str]:
    """Return the same in one line of a table."""
    return _by_address(gossip, now, _briefly)


def _by_address(gossip: Gossip, now: float, say: Callable[[Accused], str]) -> dict[Address, str]:
    notes = namesake_notes(gossip.table, now) | {one.address: say(one) for one in gossip.accused(now)}
    twin = gossip.twin_at(now)
    return notes if twin is None else {**notes, twin: _TWIN}


def _briefly(one: Accused) -> str:
    return f"{_SHORT[one.reason]} ({_age(one)}): vacnet peers list"


def _age(one: Accused) -> str:
    return f"{duration(one.ago)} ago"


def _of(one: Accused) -> str:
    return f"{_WORDS[one.reason]}; last {_age(one)}"
