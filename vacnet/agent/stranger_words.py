"""What it means when datagrams come that no key of ours opens, and what to do: one sentence for each reason.

Rules of this file: pure; an admin who meets the address in a log knows neither seals nor rings.
"""

from __future__ import annotations

from collections.abc import Mapping

from vacnet.space.counters import Reject
from vacnet.space.happenings import WrongKey
from vacnet.targets.address import endpoint_text

WRONG_KEY = "gossip.wrong-key"
"""The name of the news; its field `why` has the words."""
OTHER_VERSION = "gossip.other-version"
"""Likewise, of a factory that speaks no version of the protocol that this one speaks."""

_WORDS: Mapping[Reject, str] = {
    Reject.KEY: (
        "it speaks under a key that this factory does not have; if it is a factory of this space, it needs "
        "this one's key file (`vacnet config init --key FILE`), else this host has to go from its peers file"
    ),
    Reject.TAG: (
        "it has a key of ours, but what it sends does not fit it; most likely its [space] name is not this "
        "factory's: make them the same (or its datagrams are damaged on the way, or forged)"
    ),
}


def stranger_words(news: WrongKey) -> str:
    """Return where datagrams come from that are not taken, what that means and what to do."""
    return f"nothing from {endpoint_text(*news.address)} is taken: {_WORDS[news.reason]}"
