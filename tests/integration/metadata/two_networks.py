"""A host and a machine as two network name spaces with a cable between them, like libvirt's bridge."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.integration.metadata.served import MACHINE
from tests.unit.machines.metadata_samples import MAC

HOST = ("169.254.169.254", "169.254.169.253")


@dataclass(frozen=True)
class Networks:
    """Two name spaces, by a process that holds each."""

    host: int
    machine: int

    def on_host(self, words: Sequence[str]) -> list[str]:
        return _in(self.host, words)

    def in_machine(self, words: Sequence[str]) -> list[str]:
        return _in(self.machine, words)


@contextmanager
def two_networks() -> Iterator[Networks]:
    """Make them; they are gone with the block."""
    with ExitStack() as stack:
        networks = Networks(_hold(stack), _hold(stack))
        ends = [("v-host", networks.host), ("v-machine", networks.machine)]
        cable = [*("type", "veth", "peer", "name", "v-machine", "netns", str(networks.machine))]
        _run(["ip", "link", "add", "v-host", "netns", str(networks.host), *cable])
        _run(_in(networks.machine, ["ip", "link", "set", "v-machine", "address", MAC]))
        addresses = {"v-host": HOST, "v-machine": (MACHINE,)}
        for name, holder in ends:
            for address in addresses[name]:
                _run(_in(holder, ["ip", "address", "add", f"{address}/16", "dev", name]))
            for device in ("lo", name):
                _run(_in(holder, ["ip", "link", "set", device, "up"]))
        yield networks


def _hold(stack: ExitStack) -> int:
    words = ["unshare", "--net", "sh", "-c", "echo ready; exec cat"]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stack.enter_context(holder)
    stack.callback(holder.kill)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    return holder.pid


def _in(holder: int, words: Sequence[str]) -> list[str]:
    return ["nsenter", f"--net=/proc/{holder}/ns/net", "--", *words]


def _run(words: Sequence[str]) -> None:
    subprocess.run(words, check=True, timeout=20)
