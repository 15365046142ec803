"""What an engine is asked to create, and the line that does it by hand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.runtimes.docker_samples import MIB, spec_in
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker import binds, gpus
from vacnet.runtimes.docker.creation import Plan, environment_of
from vacnet.runtimes.docker.image import is_digest, reference_of, registry_of
from vacnet.targets.model import DockerSettings

CVMFS = Path("/cvmfs")
DIGEST = "@sha256:" + "0" * 64


def plan(directory: Path, **options: Any) -> Plan:
    settings = msgspec.structs.replace(DockerSettings(), **options.pop("settings", {}))
    extra = {name: options.pop(name) for name in ("gpus", "layer_bytes") if name in options}
    return Plan(spec=spec_in(directory, **options), settings=settings, cvmfs=CVMFS, **extra)


def test_the_command_is_a_list_of_one(tmp_path: Path) -> None:
    assert plan(tmp_path).body()["Cmd"] == ["/user_data"]
    assert plan(tmp_path, container_command="/bin/a;b").body()["Cmd"] == ["/bin/a;b"]


def test_a_pipes_target_gets_no_privilege_no_device_and_no_network_of_the_host(tmp_path: Path) -> None:
    host = plan(tmp_path).body()["HostConfig"]
    forbidden = {
        "Privileged",
        "CapAdd",
        "Devices",
        "NetworkMode",
        "PidMode",
        "IpcMode",
        "UsernsMode",
        "Binds",
        "DeviceRequests",
        "CgroupParent",
        "Sysctls",
    }
    assert not forbidden & set(host)
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert "SecurityOpt" not in plan(tmp_path, allow_new_privileges=True).body()["HostConfig"]


def test_every_limit_is_hard_and_follows_from_the_machine(tmp_path: Path) -> None:
    made = plan(
        tmp_path, disk_bytes=10**9, settings={"pids_limit_per_processor": 100, "log_bytes_max": 4 * MIB}
    )
    host = made.body()["HostConfig"]
    assert (host["CpuQuota"], host["CpuPeriod"]) == (200_000, 100_000)
    assert (host["Memory"], host["MemorySwap"]) == (512 * MIB, 512 * MIB)
    assert host["PidsLimit"] == 200
    assert host["Ulimits"] == [{"Name": "fsize", "Soft": 10**9, "Hard": 10**9}]
    assert host["LogConfig"] == {
        "Type": "json-file",
        "Config": {"max-size": str(2 * MIB), "max-file": "2"},
    }
    assert "StorageOpt" not in host
    assert plan(tmp_path, disk_bytes=5, layer_bytes=7).body()["HostConfig"]["StorageOpt"] == {"size": "7"}


def test_what_of_the_host_is_seen_and_how(tmp_path: Path) -> None:
    spec = spec_in(tmp_path, cvmfs_repositories=("a.cern.ch",), tmp_binds=("/scratch", "/var/scratch/x"))
    found = {bind.inside: bind for bind in binds.binds_of(spec, CVMFS)}
    assert {inside: bind.read_only for inside, bind in found.items()} == {
        "/user_data": True,
        "/etc/machinefeatures": True,
        "/etc/jobfeatures": True,
        "/var/spool/joboutputs": False,
        "/cvmfs": True,
        "/scratch": False,
        "/var/scratch/x": False,
    }
    outside = {inside for inside, bind in found.items() if not bind.source.is_relative_to(tmp_path)}
    assert outside == {"/cvmfs"}
    assert found["/cvmfs"].propagation == "rslave"
    assert "/cvmfs" not in {bind.inside for bind in binds.binds_of(spec_in(tmp_path), CVMFS)}


def test_two_temporary_binds_never_share_a_directory(tmp_path: Path) -> None:
    spec = spec_in(tmp_path, tmp_binds=("/a/b", "/a_b", "/a__b", "/a_/b"))
    sources = [bind.source for bind in binds.binds_of(spec, CVMFS) if bind.inside in spec.target.tmp_binds]
    assert len(set(sources)) == 4


def test_the_line_makes_the_same_container_and_holds_no_secret(tmp_path: Path) -> None:
    made = plan(tmp_path, tmp_binds=("/scratch",), gpus=("0", "2"), disk_bytes=9)
    words = shlex.split(made.line())
    assert words[:3] == ["docker", "run", "--detach"]
    assert words[-2:] == ["example.org/pilot:v1", "/user_data"]
    options = dict(zip(words[3:-2:2], words[4:-2:2], strict=True))
    assert options["--name"] == options["--hostname"] == "wn01-00.example.org"
    assert (options["--memory"], options["--memory-swap"]) == (str(512 * MIB), str(512 * MIB))
    assert options["--gpus"] == '"device=0,2"'
    mounts = [words[at + 1] for at, word in enumerate(words) if word == "--mount"]
    assert [part.split(",target=")[1] for part in mounts] == [
        "/user_data,readonly",
        "/etc/machinefeatures,readonly",
        "/etc/jobfeatures,readonly",
        "/var/spool/joboutputs",
        "/scratch",
    ]
    assert "secret" not in made.line()


def test_labels_say_whose_it_is_and_what_it_may_have(tmp_path: Path) -> None:
    made = plan(tmp_path, disk_bytes=9, gpus=("1",))
    labels = made.body()["Labels"]
    assert labels.items() >= made.spec.labels().items()
    assert (labels["vacnet.disk_bytes"], labels["vacnet.gpus"]) == ("9", "1")


def test_the_page_for_payloads_names_every_variable(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "what-a-machine-sees.md"
    section = page.read_text().partition("## A Docker container")[2]
    variables = re.findall("`([A-Z_]+)`", section.partition(".")[0])
    assert variables == list(environment_of(spec_in(tmp_path)))


def test_a_host_name_longer_than_the_kernel_takes_is_its_first_part(tmp_path: Path) -> None:
    long = "wn01-00." + "x" * 60 + ".example.org"
    assert plan(tmp_path, name=long).body()["Hostname"] == "wn01-00"


IMAGES = [
    ("docker://debian:12", "debian:12", "docker.io", False),
    ("debian" + DIGEST, "debian" + DIGEST, "docker.io", True),
    ("docker://cern/cc7-base", "cern/cc7-base", "docker.io", False),
    ("gitlab.example.org/a/b:v1", "gitlab.example.org/a/b:v1", "gitlab.example.org", False),
    ("localhost/x", "localhost/x", "localhost", False),
    ("127.0.0.1:5000/x:y" + DIGEST, "127.0.0.1:5000/x:y" + DIGEST, "127.0.0.1:5000", True),
]


@pytest.mark.parametrize(("said", "reference", "registry", "digest"), IMAGES)
def test_images_are_named_as_pipes_and_engines_do(
    said: str,
    reference: str,
    registry: str,
    digest: bool,  # noqa: FBT001 (a column of a table)
) -> None:
    assert reference_of(said) == reference
    assert registry_of(reference) == registry
    assert is_digest(reference) is digest


def test_gpus_are_given_to_one_machine_each() -> None:
    assert gpus.choose(2, 4, []) == ("0", "1")
    assert gpus.choose(2, 4, ["0", "2"]) == ("1", "3")
    assert gpus.choose(1, 4, ["0,1", "2"]) == ("3",)
    with pytest.raises(NotNowError, match=r"gpus is 2, and 1 of the 4 GPUs in .* are free"):
        gpus.choose(2, 4, ["0,1", "3"])
