"""The files of a node's factory: `vacnet.toml`, key, and peers.

The files are what an admin would write. All factories say they have more than the host: they share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.engines.tiny_image import NAME as IMAGE
from tools.testbed.node import Node
from vacnet.targets.keys import format_key

GOSSIP_PORT = 8885

_MAIN = """\
# Written by tools/testbed for {name}.
state_directory = "{state}"

[space]
name = "{testbed}"
listen = ["{address}:{port}"]

[control]
socket = "{socket}"

[factory]
name = "{factory}"
processors = {processors}
# Several nodes share this host, so none may judge by the load and memory of all of them.
overload_per_processor = 1000
memory_free_min = "0 MiB"
disk_free_min = "{disk_free_min}"

[runtimes.docker]
stop_grace_seconds = 1

[defaults]
machine_model = "docker"
root_image = "{image}:latest"
memory_per_processor = "64 MiB"
machines_dir_days = 0.01
"""


def write(node: Node, *, key: bytes, peers: Sequence[Node], processors: int) -> None:
    """Write a node's settings; `peers` are those that stand in its peers file."""
    (node.config / "conf.d").mkdir(parents=True)
    main = _MAIN.format(
        name=node.name,
        factory=node.factory,
        testbed=node.testbed,
        address=node.address,
        port=GOSSIP_PORT,
        state=node.state,
        socket=node.socket,
        processors=processors,
        disk_free_min="8 MiB" if node.disk_mib else "0 MiB",
        image=IMAGE,
    )
    (node.config / "vacnet.toml").write_text(main)
    write_secret(node.config / "space.key", [key])
    write_peers(node, peers)


def write_peers(node: Node, peers: Sequence[Node]) -> None:
    """Say which factories a node greets."""
    lines = "".join(f'    "{peer.address}:{GOSSIP_PORT}",  # {peer.name}\n' for peer in peers)
    put(node.config / "peers.toml", f"peers = [\n{lines}]\n")


def write_secret(path: Path, keys: Sequence[bytes]) -> None:
    """Write a key file; the first key seals."""
    put(path, "".join(f"{format_key(key)}\n" for key in keys), mode=0o600)


def put(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file at once, as an admin's editor does; a running factory re-reads it."""
    draft = path.with_name(f".{path.name}.draft")
    draft.touch(mode=mode)
    draft.write_text(text)
    draft.replace(path)
