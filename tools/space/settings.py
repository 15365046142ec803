"""The files of a factory of the space: `vacnet.toml`, key, peers, and a fragment of the caller's own.

The files are what an admin would write. On a host where the factory is root, machines of model process
run as an unprivileged user that every host has.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tools.space.member import Member
from vacnet.targets.keys import format_key

PROCESS_USER = "nobody"
DIRECTORY_MODE = 0o711
"""Machines that run as another user have to pass through, and need not look."""

_MAIN = """\
# Written by tools/space: factory {number} of a space of several on this host.
state_directory = "{state}"

[space]
name = "{space}"
listen = ["127.0.0.1:{port}"]

[factory]
name = "{name}"
processors = {processors}
# Several factories share this host, so none may judge by the load of all of them.
overload_per_processor = 1000
memory_free_min = "0 MiB"
disk_free_min = "0 MiB"
"""

_PROCESS_USER = f"""
[runtimes.process]
process_user = "{PROCESS_USER}"
"""


def write(member: Member, *, space: str, key: bytes, peers: Sequence[Member], processors: int) -> None:
    """Write the settings of one factory; `peers` are those that stand in its peers file."""
    (member.config / "conf.d").mkdir(parents=True)
    member.state.mkdir()
    for directory in (member.directory, member.state):
        directory.chmod(DIRECTORY_MODE)
    main = _MAIN.format(
        number=member.number,
        state=member.state,
        space=space,
        port=member.port,
        name=member.name,
        processors=processors,
    )
    (member.config / "vacnet.toml").write_text(main + (_PROCESS_USER if os.geteuid() == 0 else ""))
    _write_secret(member.config / "space.key", format_key(key) + "\n")
    lines = "".join(f'    "127.0.0.1:{peer.port}",  # {peer.name}\n' for peer in peers)
    (member.config / "peers.toml").write_text(f"peers = [\n{lines}]\n")


def add(member: Member, name: str, fragment: str) -> None:
    """Write a fragment of settings beside the others, as an admin would; a running factory re-reads it."""
    target = member.config / "conf.d" / f"{name}.toml"
    draft = target.with_suffix(".draft")
    draft.write_text(fragment)
    draft.replace(target)


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
