"""Whether there is KVM: the truth, and what an admin is told to do about it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from vacnet.runtimes.libvirt import host, kvm

INTEL = "processor : 0\nflags\t\t: fpu vme vmx ssse3\n"
AMD = "processor : 0\nflags\t\t: fpu svm\n"
NONE = "processor : 0\nmodel name : vmx of somebody\nflags\t\t: fpu vme hypervisor svmx\n"
OWN_GROUPS = frozenset({os.getgid()})


def root_with(tmp_path: Path, cpuinfo: str, mode: int | None) -> Path:
    """Return a host's root with processors and, with a mode, a /dev/kvm of ours."""
    for folder in ("proc", "dev"):
        (tmp_path / folder).mkdir()
    (tmp_path / "proc" / "cpuinfo").write_text(cpuinfo)
    if mode is not None:
        (tmp_path / "dev" / "kvm").touch()
        (tmp_path / "dev" / "kvm").chmod(mode)
    return tmp_path


def facts(tmp_path: Path, cpuinfo: str, mode: int | None, uid: int = 64055) -> kvm.Facts:
    return kvm.gather(uid, OWN_GROUPS, "libvirt-qemu", root_with(tmp_path, cpuinfo, mode))


@pytest.mark.parametrize("cpuinfo", [INTEL, AMD])
def test_a_processor_with_virtualisation_and_an_open_device_give_kvm(tmp_path: Path, cpuinfo: str) -> None:
    found = facts(tmp_path, cpuinfo, 0o660)
    assert kvm.trouble(found) == kvm.unreadable(found) == ""
    assert kvm.domain_type("auto", found) == "kvm"


@pytest.mark.parametrize(
    ("cpuinfo", "mode", "words"),
    [
        (NONE, 0o666, "the processor shows neither vmx nor svm"),
        (INTEL, None, "there is no /dev/kvm"),
        (INTEL, 0o600, r"the user of QEMU \(libvirt-qemu\) may not open /dev/kvm.*chmod 660"),
    ],
)
def test_without_kvm_machines_are_emulated_and_why_is_told(
    tmp_path: Path, cpuinfo: str, mode: int | None, words: str
) -> None:
    found = facts(tmp_path, cpuinfo, mode)
    assert re.search(words, kvm.trouble(found))
    assert kvm.domain_type("auto", found) == "qemu"


def test_a_device_that_qemus_user_may_not_open_is_told_even_where_there_is_no_kvm(tmp_path: Path) -> None:
    assert "every start takes most of a minute" in kvm.unreadable(facts(tmp_path, NONE, 0o600))


def test_the_settings_word_stands(tmp_path: Path) -> None:
    found = facts(tmp_path, INTEL, 0o660)
    assert [kvm.domain_type(wanted, found) for wanted in ("kvm", "qemu")] == ["kvm", "qemu"]


@pytest.mark.parametrize(
    ("uid", "mode", "opens"),
    [
        (0, 0o000, True),
        (64055, 0o666, True),
        (64055, 0o660, True),
        (64055, 0o606, False),
        (64055, 0o640, False),
    ],
)
def test_owner_group_and_others_are_asked_in_the_kernels_order(
    tmp_path: Path,
    uid: int,
    mode: int,
    opens: bool,  # noqa: FBT001 (a parameter of the table)
) -> None:
    assert facts(tmp_path, INTEL, mode, uid).opens is opens


def test_qemus_user_is_what_libvirt_gives_files_to() -> None:
    told = (
        "<capabilities><host><secmodel><model>selinux</model></secmodel><secmodel><model>dac</model>"
        "<baselabel type='kvm'>+64055:+109</baselabel></secmodel>"
        "</host></capabilities>"
    )
    assert host.owner_of(told) == (64055, 109)
    assert host.owner_of("<capabilities/>") is None
