"""One host, one pipe, two factories: virtual machines beside containers, and both know every outcome.

The first factory has a network of its own and the second, on the same host, user-mode networking.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.docker.conftest import put_image
from tests.integration.docker.docker_site import socket_of_engine
from tests.integration.faults.engine_space import PATIENCE_SECONDS
from tests.integration.libvirt.vm_space import VmSpace, vm_space
from tools.engines.libvirtd import Libvirt
from tools.space import Member
from tools.space.waiting import until
from vacnet.factory.client import ClientError, MachineState

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.engine("docker"), pytest.mark.timeout(300)]

VM = """#!/bin/busybox sh
: | put job_started
get /machinefeatures/total_cpu | put cpus
get /jobfeatures/job_id | put job
echo '200 a machine has worked' | put shutdown_message
"""
DC = """#!/bin/sh
touch $JOBOUTPUTS/job_started
cp $MACHINEFEATURES/total_cpu $JOBOUTPUTS/cpus
cp $JOBFEATURES/job_id $JOBOUTPUTS/job
until [ -e $JOBOUTPUTS/go ]; do sleep 0.1; done
echo '200 a container has worked' >$JOBOUTPUTS/shutdown_message
"""
WORDS = {"VM": "200 a machine has worked", "DC": "200 a container has worked"}
COMMON = """
[runtimes.docker]
socket = "{socket}"
stop_grace_seconds = 1

[pipes.site]
vacuum_pipe_url = "{pipe}"
target_share = 1
max_machines_per_factory = 1
memory_per_processor = "96 MiB"
"""


def written(root: Path, image: str) -> str:
    """Write a pipe of both kinds and return the settings that lead to it."""
    entries = [
        {"suffix": "vm", "machine_model": "vm", "root_image": "guest.iso", "user_data": "vm.sh"},
        {"suffix": "dc", "machine_model": "docker", "root_image": f"docker://{image}", "user_data": "dc.sh"},
    ]
    timing = {"fizzle_seconds": 600, "backoff_seconds": 10, "target_share": 1}
    pipe = root / "site.pipe"
    pipe.write_text(json.dumps({"cache_seconds": 60, "machinetypes": [{**one, **timing} for one in entries]}))
    return COMMON.format(socket=socket_of_engine(), pipe=pipe)


def give_files(member: Member, guest: Path) -> None:
    folder = member.config / "files" / "site"
    folder.mkdir(parents=True)
    (folder / "vm.sh").write_text(VM)
    (folder / "dc.sh").write_text(DC)
    shutil.copy(guest, folder / "guest.iso")


def shown(member: Member, ended: int = 0) -> list[MachineState]:
    try:
        return list(member.client().machines(ended).machines)
    except ClientError:
        return []


def kinds(member: Member, state: str) -> set[str]:
    return {one.kind for one in shown(member, 20) if one.state == state}


def known_of(stage: VmSpace, by: Member, member: Member) -> set[str]:
    """Return the targets of which a factory knows that they ended well on another."""
    state = stage.space.state(by.number)
    targets = () if state is None else state.targets
    return {t.name for t in targets for one in t.outcomes if (one.factory, one.code) == (member.name, 200)}


def names_by(*command: str) -> set[str]:
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_machines_of_both_kinds_side_by_side_and_each_outcome_known_to_both_factories(
    libvirt: Libvirt, inside: None, root: Path, guest: Path, record_property: Callable[[str, object], None]
) -> None:
    image = put_image(socket_of_engine())
    common = written(root, image)
    with vm_space(root, libvirt, {}, factories=2, network="auto", common=common) as stage:
        for member in stage.members:
            give_files(member, guest)
        stage.space.start()
        first, second = stage.members
        for member in stage.members:
            _wait_for_both(member)
        listed = {one.name: one.kind for member in stage.members for one in shown(member)}
        virsh = names_by(*libvirt.virsh("list", "--name"))
        docker = names_by("docker", "--host", socket_of_engine(), "ps", "--format", "{{.Names}}")
        assert {name for name, kind in listed.items() if kind == "VM"} <= virsh
        assert {name for name, kind in listed.items() if kind == "DC"} <= docker

        took = _until_known(stage, first, second, "site-vm")
        _let_go(stage)
        took = max(took, _until_known(stage, first, second, "site-dc"))
        stage.rest(lambda: _let_go(stage))
        wrong = _wrong(stage)
    record_property("told", f"virtual beside containers: an outcome is known to the other after {took:.2f} s")
    assert not wrong, "\n".join(wrong)


def _wait_for_both(member: Member) -> None:
    try:
        until(lambda: kinds(member, "running") == {"VM", "DC"}, PATIENCE_SECONDS, f"{member.name} has both")
    except TimeoutError as error:
        raise AssertionError(f"{error}:\n{member.last_words()}") from error


def _until_known(stage: VmSpace, member: Member, other: Member, target: str) -> float:
    """Wait until a machine of a target has ended, then until the other factory knows; return the seconds."""
    ended = lambda: any(one.target == target and one.outcome == "ok" for one in shown(member, 20))  # noqa: E731
    until(ended, PATIENCE_SECONDS, f"{target} has ended on {member.name}")
    since = time.monotonic()
    until(
        lambda: target in known_of(stage, other, member), PATIENCE_SECONDS, f"{other.name} knows of {target}"
    )
    return time.monotonic() - since


def _let_go(stage: VmSpace) -> None:
    """Let the containers end that wait for it; one that is swept away meanwhile waits no more."""
    for member in stage.members:
        for home in (member.state / "machines").iterdir():
            with suppress(FileNotFoundError):
                (home / "joboutputs" / "go").touch()


def _wrong(stage: VmSpace) -> list[str]:
    """Return what of the machines is not as their scripts have it."""
    wrong = []
    for member, record in zip(stage.members, stage.records().values(), strict=True):
        for row in record.rows.values():
            kind = "VM" if row.target == "site-vm" else "DC"
            outputs = member.state / "machines" / row.id / "joboutputs"
            if row.message != WORDS[kind] and not row.message.startswith("100 "):
                wrong.append(f"{row.id} ended with {row.message!r}")
            if row.message == WORDS[kind]:
                said = {name: (outputs / name).read_text().strip() for name in ("cpus", "job")}
                wrong += [f"{row.id} was told {said}"] * (said != {"cpus": "1", "job": row.uuid})
    return wrong
