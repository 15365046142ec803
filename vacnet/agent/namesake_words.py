"""Two factories of one name, in words for who looks at them from a third host: where both are, what to do.

Rules of this file: pure. Which of the two stands in the table is chance, so the words name both alike; the
note of an address says what runs there.
"""

from __future__ import annotations

from vacnet.space.address import Address
from vacnet.space.gossip import Gossip
from vacnet.space.table import Known, Table
from vacnet.targets.address import endpoint_text

STOP_ONE = "stop one, or give it a name of its own ([factory] name)"


def namesake_words(known: Known, now: float) -> str:
    """Return where two factories bear this one's name, and what to do; empty: only one is known to run."""
    second = known.namesake_at(now)
    if second is None or known.address is None:
        return ""
    at = " and at ".join(sorted((endpoint_text(*known.address), endpoint_text(*second))))
    return f"two factories bear this name, at {at}: {STOP_ONE}"


def namesake_reports(table: Table, now: float) -> tuple[str, ...]:
    """Return the same of all that are known, each with its name."""
    told = ((known.name, namesake_words(known, now)) for known in table.others())
    return tuple(f"{name}: {words}" for name, words in told if words)


def namesake_notes(table: Table, now: float) -> dict[Address, str]:
    """Return by address that a second factory of a name runs there, and where the first is."""
    return {
        second: f"a second {known.name} is here, beside that at {endpoint_text(*known.address)}: {STOP_ONE}"
        for known in table.others()
        if (second := known.namesake_at(now)) is not None and known.address is not None
    }


def twins(gossip: Gossip, now: float) -> frozenset[Address]:
    """Return where a second factory runs of a name that is known, this one's own among them."""
    own = gossip.twin_at(now)
    return frozenset((*namesake_notes(gossip.table, now), *(() if own is None else (own,))))
