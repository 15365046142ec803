"""`vacnet peers`: the list of factories to greet, and which of them answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.app import group
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, PLAIN, Asking, Plain
from vacnet.cli.patience import Waiting
from vacnet.cli.remote import HERE, Remote

if TYPE_CHECKING:
    from vacnet.factory.client import ClientError
    from vacnet.targets.peers import Peer

PORT_EXPECTED = ", with a port from 1 to 65535"
MET = (
    "it was met through others, and is tried again after a restart: whoever lists it brings it back. To hear "
    "it no more, name its factory in `exclude` of [space], on all hosts"
)

app = group("peers", "List, check, add and remove peers.")


@app.command(name="list")
def list_(*, asking: Asking = DEFAULT) -> None:
    """List the peers of the file and the factories met, and which of them are live.

    Without a running factory only the file is listed.

    Example: vacnet peers list

    Args:
        asking: Whom to ask and how to print.
    """
    from vacnet.console.peers_view import peers_view  # late: see output
    from vacnet.factory.client import ClientError

    try:
        answer = output.client_for(asking).peers()
    except ClientError as error:
        if error.exit_code != Exit.NO_DAEMON:
            raise
        _list_file(error, asking)
        return
    output.show(answer, lambda state: peers_view(state, time.time()), asking)


@app.command
def add(peer: str, /, *, config: Path | None = None, plain: Plain = PLAIN) -> None:
    """Add a peer to the file; one of the two hosts is enough. A running factory sees it at once.

    Example: vacnet peers add vac02.example.org

    Args:
        peer: host, host:port or [IPv6]:port.
        config: Settings that name the peers file; else /etc/vacnet.
        plain: How to print.
    """
    from vacnet.targets.peers import add_peer  # late: it imports an editor of TOML

    _check(peer)
    _refuse_own(peer, config)
    path, changed = _edited(config, lambda text: add_peer(text, peer))
    _report(path, peer, changed, "added to" if changed else "is already in", plain)


@app.command
def remove(peer: str, /, *, asking: Asking = DEFAULT) -> None:
    """Remove a peer from the file. It stays in the space while others list it: see `exclude`.

    Example: vacnet peers remove vac02.example.org

    Args:
        peer: host, host:port or [IPv6]:port, as in the file.
        asking: Settings that name the peers file, whom to ask who was met, and how to print.
    """
    from vacnet.targets.peers import remove_peer  # late: it imports an editor of TOML

    path, changed = _edited(asking.config, lambda text: remove_peer(text, peer))
    if not changed:
        raise CommandError(f"{peer} is not in {path}; {_not_listed(peer, path, asking)}", Exit.NO_INPUT)
    _report(path, peer, changed, "removed from", Plain(json=asking.json, ascii=asking.ascii))


@app.command
def check(*, remote: Remote = HERE, asking: Asking = DEFAULT) -> None:
    """Ask each peer of the file and each factory met whether it is there; say what to do about the others.

    Every one is asked from here with a key of the space, so it takes who may read the key file. It
    ends with 1 if one does not answer.

    Example: sudo vacnet peers check

    Example: vacnet peers check --peer vac02.example.org --key observe.key --name example

    Args:
        remote: Peers to ask in place of those known, and what to ask them with.
        asking: Whom to ask for the factories met, and how to print.
    """
    from vacnet.cli import checking  # late: it reads the settings and opens sockets
    from vacnet.console.peers_check_view import check_view

    with Waiting("asking the peers"):
        checked = checking.check(remote, asking)
    output.show(checked, check_view, asking)
    if not all(one.answers for one in checked.peers):
        silent = sum(not one.answers for one in checked.peers)
        raise CommandError(f"{silent} of {len(checked.peers)} peers do not answer as they should")


def _check(peer: str) -> None:
    """Refuse what is no address before a file is opened."""
    from vacnet.targets.address import EXPECTED, endpoint  # late: see output

    if endpoint(peer) is None:
        _, colon, port = peer.rpartition(":")
        far = PORT_EXPECTED if colon and port.lstrip("-").isdigit() else ""
        raise CommandError(f"{peer!r} is not {EXPECTED}{far}; nothing was changed", Exit.WRONG_USE)


def _refuse_own(peer: str, config: Path | None) -> None:
    """Refuse the address or name by which the factory meant is known itself: nobody is his own peer."""
    from vacnet.cli import settings_files  # late: see `check`
    from vacnet.targets.address import endpoint

    settings = settings_files.read(config).settings
    if settings is None:
        return
    listens = [found for found in map(endpoint, settings.space.listen) if found]
    named = [(settings.factory.name, port) for _, port in listens]
    if endpoint(peer) in {*listens, *named}:
        raise CommandError(
            f"{peer} is this factory itself: name another host; nothing was changed", Exit.WRONG_USE
        )


def _not_listed(peer: str, path: Path, asking: Asking) -> str:
    """Return what is meant by a peer that the file does not have: one that was met, or a slip of the pen."""
    from vacnet.cli import settings_files  # late: see `check`
    from vacnet.cli.near_names import slip
    from vacnet.factory.client import ClientError

    names = [one.name_as_written for one in settings_files.listed(path)[0]]
    try:
        met = [one for one in output.client_for(asking).peers().peers if not one.configured]
    except ClientError:
        met = []
    if any(peer in {one.name, one.factory, one.address} for one in met):
        return MET
    return slip(peer, names) or "`vacnet peers list` shows what is"


def _list_file(unasked: ClientError, asking: Asking) -> None:
    """List the file, and say where no factory answered; without settings too that alone is said."""
    from vacnet.cli import settings_files  # late: it reads the settings
    from vacnet.console.peers_view import listed_view

    try:
        path = settings_files.peers_file(asking.config)
    except CommandError as error:
        raise unasked from error
    peers, problems = settings_files.listed(path)
    told = tuple(map(str, problems))
    output.tell(f"vacnet: this is the file alone: {unasked.words}")
    if asking.json:
        output.print_json(_as_answer(peers, told))
    else:
        names = tuple(peer.name_as_written for peer in peers)
        output.print_view(listed_view(names, str(path), told), asking)


def _as_answer(peers: tuple[Peer, ...], problems: tuple[str, ...]) -> object:
    """Return the file in the form of the daemon's answer, so that programs read but one."""
    from vacnet.factory.client import Peers, PeerState  # late: see output

    note = "no factory answers"
    states = (
        PeerState(
            name=peer.name_as_written,
            configured=True,
            address="",
            state="unknown",
            heard_seconds=None,
            note=note,
        )
        for peer in peers
    )
    return Peers(factory="", time=time.time(), peers=tuple(states), warnings=problems)


def _edited(config: Path | None, change: Callable[[str], str]) -> tuple[Path, bool]:
    from vacnet.cli import files, settings_files  # late: only edits need them
    from vacnet.targets.example import example_peers

    path = settings_files.peers_file(config)
    _, problems = settings_files.listed(path)
    if fatal := [problem for problem in problems if problem.fatal]:
        raise CommandError(f"{fatal[0]}; nothing was changed", Exit.BAD_SETTINGS)
    try:
        return path, files.edit(path, change, example_peers)
    except ValueError as error:
        raise CommandError(f"{path} was not changed: {error}") from error


def _report(path: Path, peer: str, changed: bool, words: str, plain: Plain) -> None:  # noqa: FBT001 - a fact
    if plain.json:
        from vacnet.cli.answers import PeersChanged  # late: see output

        output.print_json(PeersChanged(file=str(path), peer=peer, changed=changed))
    else:
        print(f"{peer} {words} {path}")
