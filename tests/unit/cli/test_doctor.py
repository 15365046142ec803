"""The doctor's looks at a host that a test tells of: each trap is seen, said, and has its remedy."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from tests.unit.cli.conftest import Command
from vacnet.cli import doctor_host
from vacnet.cli.doctor_host import Patient, looks
from vacnet.console.doctor_view import Finding
from vacnet.targets.model import Model, Settings, Target
from vacnet.targets.settings import Host, SourceFile, read_settings

HOST = Host(
    node_name="a.example.org",
    processors=2,
    state_directory="/var/lib/vacnet",
    runtime_directory="/run/vacnet",
    config_directory="/etc/vacnet",
)
MOUNT = "30 1 0:1 / {point} {options} {fields}- {kind} source rw\n"


def _settings(state: Path, *targets: Target) -> Settings:
    text = f'state_directory = "{state}"\n[space]\nname = "s"\n[factory]\ndisk_free_min = "0 MiB"\n'
    settings = read_settings([SourceFile("vacnet.toml", text.encode())], HOST).settings
    assert settings is not None
    return msgspec.structs.replace(settings, targets=targets)


def _looked(root: Path, files: Mapping[str, str], *targets: Target) -> dict[str, list[Finding]]:
    """Return the findings on a host whose kernel tells this, by what they are about."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    found: dict[str, list[Finding]] = {}
    for finding in looks(Patient(_settings(root, *targets), root)):
        found.setdefault(finding.about, []).append(finding)
    return found


def _mounts(
    point: Path | str, kind: str = "ext4", options: str = "rw", *, shared: bool = False
) -> dict[str, str]:
    fields = "shared:1 " if shared else ""
    line = MOUNT.format(point=point, kind=kind, options=options, fields=fields)
    return {"proc/self/mountinfo": MOUNT.format(point="/", kind="ext4", options="rw", fields="") + line}


def test_whatever_is_not_good_has_a_remedy(tmp_path: Path) -> None:
    findings = [one for some in _looked(tmp_path, {}).values() for one in some]
    assert [one for one in findings if one.verdict != "good" and not one.remedy] == []


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("nfs4", "rw", "network disk"),
        ("tmpfs", "rw", "lost at a reboot"),
        ("ext4", "rw,noexec", "cannot run their user_data"),
    ],
)
def test_a_file_system_that_is_no_place_for_machines(
    tmp_path: Path, kind: str, options: str, words: str
) -> None:
    bad = [one for one in _looked(tmp_path, _mounts(tmp_path, kind, options))["disk"] if one.verdict == "bad"]
    assert [words in one.words for one in bad] == [True]


def test_a_local_disk_is_good(tmp_path: Path) -> None:
    (disk,) = _looked(tmp_path, _mounts(tmp_path))["disk"]
    assert (disk.verdict, "is on ext4" in disk.words) == ("good", True)


def test_of_two_mounts_at_one_point_the_later_is_seen(tmp_path: Path) -> None:
    text = _mounts(tmp_path)["proc/self/mountinfo"] + MOUNT.format(
        point=tmp_path, kind="tmpfs", options="rw", fields=""
    )
    assert _looked(tmp_path, {"proc/self/mountinfo": text})["disk"][0].verdict == "bad"


@pytest.mark.parametrize(
    ("file", "verdict", "words"),
    [
        ("sys/fs/cgroup/cgroup.controllers", "good", "version 2"),
        ("sys/fs/cgroup/unified/cgroup.procs", "warning", "hybrid"),
        ("sys/fs/cgroup/memory/tasks", "good", "version 1"),
        ("sys/nothing", "bad", "none is mounted"),
    ],
)
def test_cgroups_of_each_version(tmp_path: Path, file: str, verdict: str, words: str) -> None:
    (cgroups,) = _looked(tmp_path, {file: "cpu memory"})["cgroups"]
    assert (cgroups.verdict, words in cgroups.words) == (verdict, True)


def _worker(model: Model = Model.DOCKER, *repositories: str) -> Target:
    return Target(name="t", machine_model=model, cvmfs_repositories=repositories)


def test_cvmfs_that_is_not_shared_and_a_repository_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "cvmfs/good.example.org").mkdir(parents=True)
    target = _worker(Model.DOCKER, "good.example.org", "none.example.org")
    found = _looked(tmp_path, _mounts("/cvmfs", "autofs"), target)["cvmfs"]
    assert [one.verdict for one in found] == ["bad", "good", "bad"]
    assert "Too many levels" in found[0].words
    shared = _looked(tmp_path, _mounts("/cvmfs", "autofs", shared=True), target)["cvmfs"]
    assert [one.verdict for one in shared] == ["good", "bad"]


def test_nobody_who_needs_no_cvmfs_or_kvm_hears_of_them(tmp_path: Path) -> None:
    found = _looked(tmp_path, {}, _worker())
    assert "cvmfs" not in found
    assert not any("KVM" in one.words for one in found.get("host", []))


def test_kvm_that_the_group_cannot_open_is_told_with_its_symptom(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kvm").touch(mode=0o600)
    host = _looked(tmp_path, {"proc/cpuinfo": "flags : vmx"}, _worker(Model.VM))["host"]
    assert any("takes a minute" in one.words and "chmod 660" in one.remedy for one in host)


def test_a_container_without_its_capability_is_told_to_root_alone(tmp_path: Path) -> None:
    found = _looked(tmp_path, {"proc/self/status": "CapBnd:\t000001fffeffffff\n"})
    told = any("CAP_SYS_RESOURCE" in one.words for one in found.get("host", []))
    assert told == (os.geteuid() == 0)


def test_a_small_receive_buffer_is_told_with_the_line_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_host, "RECEIVE_BUFFER_BYTES", (1 << 31) - 1)
    (buffers,) = _looked(tmp_path, {"proc/sys/net/core/rmem_max": "212992\n"})["buffers"]
    assert "212992" in buffers.words
    assert "sysctl -w net.core.rmem_max=" in buffers.remedy


def test_the_kernel_tells_whether_the_clock_is_kept_right() -> None:
    assert doctor_host._clock_status() in range(1 << 16)


# --- the command ----------------------------------------------------------------------------------


def test_bad_settings_are_bad_and_the_exit_code_says_so(vacnet: Command, tmp_path: Path) -> None:
    (tmp_path / "vacnet.toml").write_text("[spacy]\n")
    done = vacnet("doctor", "--json", "--config", str(tmp_path))
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["schema"] == 1
    assert any(one["verdict"] == "bad" and "spacy" in one["words"] for one in told["findings"])


def test_a_host_without_settings_is_looked_at_all_the_same(vacnet: Command, tmp_path: Path) -> None:
    done = vacnet("doctor", "--json", "--config", str(tmp_path / "none"))
    about = {one["about"] for one in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert {"settings", "clock", "disk", "cgroups", "unit", "buffers", "factory"} <= about


def test_it_works_without_a_daemon_and_says_which_ports_are_free(vacnet: Command, tmp_path: Path) -> None:
    settings = f'state_directory = "{tmp_path}"\n[space]\nname = "s"\nlisten = ["127.0.0.1:45881"]\n'
    (tmp_path / "vacnet.toml").write_text(settings)
    done = vacnet("doctor", "--config", str(tmp_path))
    assert "no factory answers" in done.stdout
    assert "127.0.0.1:45881 (UDP) is free" in done.stdout


def test_a_key_that_cannot_be_read_leaves_all_other_looks(vacnet: Command, tmp_path: Path) -> None:
    directory = tmp_path / "etc"
    vacnet("config", "init", "--config", directory, "--space", "s")
    vacnet("peers", "add", "192.0.2.1", "--config", directory)
    (directory / "space.key").unlink()
    (directory / "space.key").mkdir()
    done = vacnet("doctor", "--json", "--config", directory, socket=tmp_path / "none.sock")
    found = json.loads(done.stdout)["findings"]
    (peers,) = [one for one in found if one["about"] == "peers"]
    assert peers["words"].startswith(f"they cannot be asked: {directory / 'space.key'}: ")
    assert {"disk", "factory"} <= {one["about"] for one in found}
