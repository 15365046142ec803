"""A libvirt that is away keeps virtual machines from being made, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.docker.conftest import put_image
from tests.integration.docker.docker_site import socket_of_engine
from tests.integration.faults.engine_space import PATIENCE_SECONDS
from tests.integration.libvirt.vm_space import VmSpace, sector, vm_space
from tools.engines.libvirtd import Libvirt
from tools.space.waiting import until
from vacnet.factory.client import ClientError

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.engine("docker"), pytest.mark.timeout(300)]

DOCKER = """
[runtimes.docker]
socket = "{socket}"
stop_grace_seconds = 1
"""
CONTAINER = """machine_model = "docker"
root_image = "docker://{image}"
user_data = "{path}"
memory_per_processor = "64 MiB"
"""
PAYLOAD = "#!/bin/sh\necho '200 a container has worked' >$JOBOUTPUTS/shutdown_message\n"


def _here(stage: VmSpace, target: str) -> str:
    """Return why a target gets no machine here, or would get one."""
    state = stage.space.state(1)
    return next((one.here for one in state.targets if one.name == target), "") if state else ""


def _ended(stage: VmSpace, target: str) -> int:
    try:
        shown = stage.members[0].client().machines(ended=100).machines
    except ClientError:
        return 0
    return sum(one.target == target and one.message.startswith("200 ") for one in shown)


def test_without_libvirt_containers_go_on_and_with_it_virtual_machines_do(
    libvirt: Libvirt, inside: None, root: Path
) -> None:
    program = root / "payload"
    program.write_text(PAYLOAD)
    program.chmod(0o755)
    container = CONTAINER.format(image=put_image(socket_of_engine()), path=program)
    targets = {"machines": sector(root, 4.0), "containers": container}
    common = DOCKER.format(socket=socket_of_engine())
    with vm_space(root, libvirt, targets, common=common) as stage:
        libvirt.kill()
        try:
            stage.space.start()
            until(lambda: _ended(stage, "containers") > 2, PATIENCE_SECONDS, "containers are made")
            here = _here(stage, "machines")
            assert "libvirt" in here, here
            assert "start it (systemctl start libvirtd)" in here
            assert _ended(stage, "machines") == 0
        finally:
            libvirt.start()
        until(lambda: _ended(stage, "machines") > 0, PATIENCE_SECONDS, "a virtual machine is made")
        stage.rest()
