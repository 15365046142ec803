"""Nodes that are containers of the host's engine, on a network of the testbed's own.

Everything bears the label `vacnet.testbed=NAME`, and is found by it. The docker command is used rather than a
library: what it is told can be read in the table of ways and tried by hand.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tools.space.member import CHECKOUT
from tools.testbed.node import Node
from tools.testbed.plan import Plan, TestbedError
from tools.testbed.ways import ENDED, PAUSED, RUNNING, WAYS

LABEL = "vacnet.testbed"
STOP_SECONDS = 15
SUBNETS = [f"10.213.{third}" for third in range(100)]
_STATES = {"running": RUNNING, "paused": PAUSED}


def docker(*words: str) -> str:
    """Run the docker command and return what it printed.

    Raises:
        TestbedError: it failed; the text has its words.
    """
    try:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    except OSError as error:
        raise TestbedError(f"no docker command: {error}; sudo apt-get install docker.io") from error
    if done.returncode:
        raise TestbedError(f"docker {words[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def make_network(name: str) -> str:
    """Make the testbed's network and return its first three numbers; one that is there is kept.

    Raises:
        TestbedError: every network of ours is taken on this host.
    """
    network, problem = f"vacnet-testbed-{name}", ""
    with suppress(TestbedError):
        there = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", network)
        return there.removesuffix(".0/24")
    for subnet in SUBNETS:
        try:
            docker("network", "create", f"--label={LABEL}={name}", f"--subnet={subnet}.0/24", network)
            return subnet
        except TestbedError as error:
            problem = str(error)
            if "overlaps" not in problem:
                break
    raise TestbedError(f"no network for {name}: {problem}")


class Containers:
    """A testbed whose nodes are containers."""

    def __init__(self, plan: Plan) -> None:
        """Keep the nodes of a plan that has a subnet and an image."""
        self._plan = plan

    def prepare(self) -> None:
        """Have the network."""
        make_network(self._plan.name)

    def create(self, node: Node) -> None:
        """Run the node's container."""
        names = [f"--name={self._container(node)}", f"--hostname={node.factory}", f"--label={self._label}"]
        card = [f"--network={self._network}", f"--ip={node.address}"]
        disk = [f"--tmpfs={node.disk}:exec,size={node.disk_mib}m"] if node.disk_mib else []
        flags = [*WAYS[self._plan.way].flags, *self._mounts(node), *disk]
        first = [sys.executable, "-m", "tools.testbed.inside.first", str(node.home)]
        docker("run", "--detach", *names, *card, *flags, f"--workdir={CHECKOUT}", self._plan.image, *first)

    def start(self, node: Node) -> None:
        """Start the container again."""
        docker("start", self._container(node))

    def stop(self, node: Node) -> None:
        """Stop the container."""
        docker("stop", f"--time={STOP_SECONDS}", self._container(node))

    def kill(self, node: Node) -> None:
        """Kill the container."""
        docker("kill", self._container(node))

    def pause(self, node: Node) -> None:
        """Freeze the container and those inside."""
        docker("pause", self._container(node))

    def resume(self, node: Node) -> None:
        """Thaw it."""
        docker("unpause", self._container(node))

    def remove(self, node: Node) -> None:
        """Remove the container."""
        docker("rm", "--force", "--volumes", self._container(node))

    def state(self, node: Node) -> str:
        """Return what the engine says of the container; an engine that says nothing has not ended it."""
        named = f"--filter=name=^/{self._container(node)}$"
        return _STATES.get(docker("ps", "--all", named, "--format={{.State}}"), ENDED)

    def inside(self, node: Node, command: Sequence[str], *, terminal: bool = False) -> list[str]:
        """Return `docker exec` for a command."""
        how = ["--interactive", *(["--tty"] if terminal else [])]
        return ["docker", "exec", *how, self._container(node), *command]

    def clear(self) -> None:
        """Remove all containers and networks with our label."""
        mine = f"--filter=label={self._label}"
        if containers := docker("ps", "--all", "--quiet", mine).split():
            docker("rm", "--force", "--volumes", *containers)
        for network in docker("network", "ls", "--quiet", mine).split():
            docker("network", "rm", network)

    @property
    def _label(self) -> str:
        return f"{LABEL}={self._plan.name}"

    @property
    def _network(self) -> str:
        return f"vacnet-testbed-{self._plan.name}"

    def _container(self, node: Node) -> str:
        return f"{self._network}-{node.name}"

    def _mounts(self, node: Node) -> list[str]:
        """Return the node's own files, and this checkout with its Python, at the same paths as here."""
        usr = Path("/usr")
        read = {CHECKOUT, Path(sys.prefix), Path(sys.base_prefix)} - {usr}
        tops = sorted(path for path in read if not any(path.is_relative_to(other) for other in read - {path}))
        only_read = [usr, *tops] if self._plan.host_usr else tops
        return [f"--volume={node.home}:{node.home}", *(f"--volume={path}:{path}:ro" for path in only_read)]
