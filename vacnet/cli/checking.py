"""Checking peers: those of the file and those met, each by name, address and answer.

Rules of this file: what a probe says is put together with what the factory of this host knows: whose
datagrams it cannot open, and whom it hears though the probe was not answered. A peer that is this factory
itself answers itself, and is said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from vacnet.cli import output
from vacnet.cli.exits import CommandError
from vacnet.cli.options import Asking
from vacnet.cli.probing import NO_ANSWER, REFUSED, Probe, Prober, namesakes
from vacnet.cli.remote import Remote, access, resolve
from vacnet.console.peers_check_view import Checked, CheckedPeer
from vacnet.console.words import age
from vacnet.factory.client import PeerState
from vacnet.space.address import Address
from vacnet.targets.address import endpoint_text

LOOK_UPS_AT_ONCE = 8
NOT_TAKEN = "nothing from {} is taken: "
HEARD = "this host's factory heard it {} ago"
RUNS = ", so it runs: a firewall lets only some ports pass"
RAN = ": it has ended since, or a firewall lets only some ports pass"
NAMESAKE = (
    "another factory of this name answers at {}: stop one, or give it a name of its own ([factory] name)"
)
DEPARTED = "departed"
"""Who said goodbye is not asked, unless the file has it."""
GOODBYE = "it said goodbye {} ago: `systemctl start vacnet` there if it should run"
RUNS_SECONDS = 2.0
"""Two beats: who was heard so lately runs."""


def check(remote: Remote, asking: Asking) -> Checked:
    """Ask the peers that the options name, else those of the file and those met.

    Raises:
        CommandError: there is nobody to ask, or no key to ask with.
    """
    way = access(Remote(key=remote.key, name=remote.name), asking.config)
    met, warnings = _known(asking) if not remote.peer else ((), ())
    names = list(remote.peer) or _names(asking.config, met)
    if not names:
        raise CommandError("there are no peers: `vacnet peers add HOST`, or name one with --peer")
    with ThreadPoolExecutor(LOOK_UPS_AT_ONCE) as pool:
        found = dict(zip(names, pool.map(resolve, names), strict=True))
    probes = Prober(way.key, [a for addresses, _ in found.values() for a in addresses]).run()
    states = {called: state for state in met for called in (state.address, state.name)}
    checked = [_checked(name, found[name], probes, states.get(name), warnings) for name in names]
    return Checked(space=way.space, peers=tuple(_with_namesakes(one, [*probes.values()]) for one in checked))


def _with_namesakes(peer: CheckedPeer, probes: Sequence[Probe]) -> CheckedPeer:
    """Return a peer; one that answers under a name that another running factory bears, with where that is."""
    own = next((probe for probe in probes if endpoint_text(*probe.address) == peer.address), None)
    others = [endpoint_text(*one.address) for one in namesakes(own, probes)] if own and peer.answers else []
    return msgspec.structs.replace(peer, words=NAMESAKE.format(" and ".join(others))) if others else peer


def _known(asking: Asking) -> tuple[tuple[PeerState, ...], tuple[str, ...]]:
    """Return what the factory of this host knows; nothing, and a word on stderr, if none answers."""
    without = "only the peers of the file are asked"
    found = output.asked_or_told(
        lambda client: (client.peers().peers, client.peers().warnings), asking, without
    )
    return found or ((), ())


def _names(config: Path | None, met: Iterable[PeerState]) -> list[str]:
    from vacnet.cli import settings_files  # late: not where peers are named

    listed, problems = settings_files.listed(settings_files.peers_file(config))
    for problem in problems:
        output.tell(str(problem))
    names = dict.fromkeys(peer.name_as_written for peer in listed)
    others = (state for state in met if not state.configured and state.state != DEPARTED)
    names |= dict.fromkeys(state.address for state in others if state.address)
    return list(names)


def _checked(
    name: str,
    found: tuple[tuple[Address, ...], str],
    probes: dict[Address, Probe],
    state: PeerState | None,
    warnings: tuple[str, ...],
) -> CheckedPeer:
    addresses, trouble = found
    asked = [probes[address] for address in addresses]
    good = next((probe for probe in asked if not probe.verdict), None)
    best = good or next((probe for probe in asked if probe.welcome), asked[0] if asked else None)
    told = best.welcome if best else None
    return CheckedPeer(
        name=name,
        answers=good is not None,
        address=endpoint_text(*best.address) if best else "",
        factory=told.name if told else "",
        round_trip_seconds=best.round_trip_seconds if best else None,
        words=trouble or ("" if good or not best else _why(best, state, warnings)),
        mute=best is not None and best.verdict == NO_ANSWER,
    )


def _why(probe: Probe, state: PeerState | None, warnings: tuple[str, ...]) -> str:
    """Return why there is no good answer: what the factory here knows of it first."""
    of_address = NOT_TAKEN.format(endpoint_text(*probe.address))
    told = next((line.partition(of_address)[2] for line in warnings if of_address in line), "")
    if told and probe.welcome is None:
        return told
    if state is not None and state.state == DEPARTED and probe.welcome is None:
        return GOODBYE.format(age(state.heard_seconds))
    if state is not None and state.heard_seconds is not None and probe.welcome is None:
        return f"{probe.verdict}; {_heard(state.heard_seconds, probe)}"
    return probe.verdict


def _heard(seconds: float, probe: Probe) -> str:
    """Return when the factory here heard it last, and what that means beside what the probe met."""
    if probe.trouble == REFUSED:
        return f"{HEARD.format(age(seconds))}: it has ended since"
    return HEARD.format(age(seconds)) + (RUNS if seconds < RUNS_SECONDS else RAN)
