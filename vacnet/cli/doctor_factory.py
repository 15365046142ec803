"""What the doctor looks at of vacnet itself: settings, keys, process machines, ports, the factory, its peers.

Rules of this file: what `config check` and `peers check` look at is theirs, and only told here. Everything
works without a running factory; with one, it is asked, for it knows what it suffers from.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from vacnet import __version__
from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.host_looks import looks as lacking
from vacnet.cli.options import Asking
from vacnet.cli.remote import Remote
from vacnet.cli.settings_files import Found
from vacnet.console.doctor_view import Finding, Verdict
from vacnet.console.health_conditions import Status
from vacnet.console.health_view import Thresholds, judge
from vacnet.console.peers_check_view import CheckedPeer
from vacnet.factory.client import Client, ClientError, Health
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.process import user
from vacnet.runtimes.process.means import find_means
from vacnet.space.seal import key_id
from vacnet.targets.address import endpoint
from vacnet.targets.model import Model, Settings

VERDICTS: Mapping[Status, Verdict] = {
    Status.OK: "good",
    Status.WARNING: "warning",
    Status.CRITICAL: "bad",
    Status.UNKNOWN: "warning",
}
ABOUT = {"silent": "peers", "dropped": "buffers", "disk-free": "disk"}
REMEDIES = {"dropped": "see buffers; is the host overloaded?"}
"""Of what `vacnet health` tells: where it stands here, and what its words do not say to do."""

_HELD = "no cgroup"
_BARE = "no sandbox"


def settings(found: Found) -> Iterator[Finding]:
    """Say what is wrong with the settings, and what this host lacks for them."""
    problems = (*found.problems, *(lacking(found.draft) if found.draft else ()))
    for problem in problems:
        yield Finding(about="settings", verdict="bad" if problem.fatal else "warning", words=str(problem))
    if not problems:
        yield Finding(about="settings", verdict="good", words=f"good: {', '.join(found.files)}")


def key(found: Found) -> Iterator[Finding]:
    """Say which keys there are and who can read them; never the keys."""
    if not found.keys or found.settings is None:
        return
    path = Path(found.settings.space.key_file)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        words, remedy = f"{path} has mode {mode:04o}: others can read it", f"chmod 600 {path}"
        yield Finding(
            about="key", verdict="bad" if mode & stat.S_IROTH else "warning", words=words, remedy=remedy
        )
    ids = ", ".join(key_id(one.secret).hex() for one in found.keys)
    yield Finding(about="key", verdict="good", words=f"{path}: {ids}")


def process(settings: Settings) -> Iterator[Finding]:
    """Say how process machines are held on this host, where the site has such targets."""
    if not any(target.machine_model is Model.PROCESS for target in settings.targets):
        return
    state = Path(settings.state_directory)
    try:
        means = asyncio.run(find_means(settings.process, state))
        if state.exists():
            user.check_reach(means.user, state)
    except NotNowError as error:
        yield Finding(about="process", verdict="bad", words=str(error))
        return
    for words in means.words():
        is_less = words.startswith((_HELD, _BARE))
        yield Finding(about="process", verdict="warning" if is_less else "good", words=words)


# --- the factory ----------------------------------------------------------------------------------


def factory(settings: Settings, asking: Asking) -> Iterator[Finding]:
    """Ask the factory of this host; where there is none, see whether its ports are free."""
    client = output.client_for(asking)
    try:
        health = client.health()
    except ClientError as error:
        verdict = "warning" if error.exit_code in (Exit.NO_DAEMON, Exit.NO_PERMISSION) else "bad"
        yield Finding(about="factory", verdict=verdict, words=error.words)  # type: ignore[arg-type] # one of two
        if error.exit_code == Exit.NO_DAEMON:
            yield from _ports(settings)
        return
    yield from _of_health(health)
    yield from _of_space(client, health)


def _of_health(health: Health) -> Iterator[Finding]:
    words = f"{health.factory} {health.version} is {health.state}"
    yield Finding(about="factory", verdict="bad" if health.words else "good", words=words)
    for told in judge(health, Thresholds()).findings:
        about = ABOUT.get(told.name, "factory")
        yield Finding(
            about=about, verdict=VERDICTS[told.status], words=told.words, remedy=REMEDIES.get(told.name, "")
        )
    if health.version != __version__:
        words = f"the factory runs {health.version}, this command is of {__version__}"
        remedy = "`systemctl restart vacnet`: its machines go on"
        yield Finding(about="factory", verdict="warning", words=words, remedy=remedy)


def _of_space(client: Client, health: Health) -> Iterator[Finding]:
    """Tell the warnings of the space that the health has not told."""
    told = [condition.words for condition in health.conditions]
    for warning in client.space().warnings:
        if not any(warning.startswith(words) for words in told):
            yield Finding(about="factory", verdict="warning", words=warning)


def _ports(settings: Settings) -> Iterator[Finding]:
    """Try what the factory would bind."""
    for address in settings.space.listen:
        host, port = endpoint(address) or ("", 0)
        why = _why_not_bound(host, port)
        if why:
            remedy = f"`ss -ulpn 'sport = :{port}'` shows who has it; stop that, or set [space] listen"
            yield Finding(about="sockets", verdict="bad", words=f"{address} (UDP): {why}", remedy=remedy)
        else:
            yield Finding(about="sockets", verdict="good", words=f"{address} (UDP) is free")


def _why_not_bound(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            in_use = "another program has it"
            return in_use if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
    return ""


# --- peers ----------------------------------------------------------------------------------------


def peers(found: Found, asking: Asking) -> Iterator[Finding]:
    """Ask every peer of the file, as `vacnet peers check` does."""
    from vacnet.cli import checking  # late: it opens sockets

    if not found.peers:
        words = "no peers are listed: this factory is found only if another lists it"
        yield Finding(about="peers", verdict="good", words=words)
        return
    try:
        checked = checking.check(Remote(), asking)
    except CommandError as error:
        yield Finding(about="peers", verdict="bad", words=error.words)
        return
    except OSError as error:  # who may not read the key may still be told the rest
        words = f"they cannot be asked: {error.filename}: {error.strerror}"
        yield Finding(about="peers", verdict="warning", words=words, remedy="run this with sudo")
        return
    for peer in checked.peers:
        if peer.answers:
            verdict: Verdict = "bad" if peer.words else "good"
            words = f"{peer.name} answers as {peer.factory}"
            yield Finding(about="peers", verdict=verdict, words=words, remedy=peer.words)
        else:
            yield Finding(
                about="peers", verdict="bad", words=f"{peer.name} does not answer", remedy=_remedy(peer)
            )


def _remedy(peer: CheckedPeer) -> str:
    return f"{peer.words}: `vacnet peers check` names what tells why" if peer.mute else peer.words
