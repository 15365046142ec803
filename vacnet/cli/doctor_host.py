"""What the doctor looks at on the host itself: kernel, clock, disks, cgroups, systemd, /cvmfs.

Rules of this file: one table of looks, each yields findings, changes nothing and needs no factory. What the
kernel tells in files is read below `root`, so that a test can tell another story. Of every trap it is
said how it shows, for an admin meets the symptom first.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vacnet.console.doctor_view import Finding
from vacnet.quantities import size
from vacnet.targets.model import Model, Settings

RECEIVE_BUFFER_BYTES = 4 << 20
"""What a factory asks the kernel for, for bursts of gossip."""
SO_RCVBUFFORCE = 33
FILES_MIN = 4096
"""Sockets, pipes and watches of some hundred machines."""
STATUS_AT = 5
STA_UNSYNC = 0x40
"""Of adjtimex(2): nobody keeps the clock right."""
CAP_SYS_RESOURCE = 24
_NETWORK_DISKS = frozenset({"nfs", "nfs4", "cifs", "smb3", "ceph", "fuse.sshfs", "9p", "afs", "lustre"})
_GONE_AT_BOOT = frozenset({"tmpfs", "ramfs"})
_VIRTUAL = frozenset({Model.CERNVM3, Model.CERNVM4, Model.VM, Model.VM_RAW})
SYSTEMCTL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Patient:
    """Whose host is looked at."""

    settings: Settings
    """As far as they could be read."""
    root: Path = Path("/")

    def text(self, path: str) -> str:
        """Return what a file of the kernel says; empty: there is none."""
        try:
            return (self.root / path).read_text()
        except OSError:
            return ""

    def uses(self, models: frozenset[Model]) -> bool:
        """Tell whether the site has targets of its own of these models."""
        return any(target.machine_model in models for target in self.settings.targets)


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of /proc/self/mountinfo: proc(5)."""

    point: str
    kind: str
    options: frozenset[str]
    shared: bool


def looks(patient: Patient) -> tuple[Finding, ...]:
    """Return everything found on this host."""
    return tuple(finding for look in _LOOKS for finding in look(patient))


# --- kernel and process ---------------------------------------------------------------------------


def _buffers(patient: Patient) -> Iterator[Finding]:
    most = patient.text("proc/sys/net/core/rmem_max").strip()
    granted = _granted()
    if granted >= RECEIVE_BUFFER_BYTES:
        yield Finding(about="buffers", verdict="good", words=f"gossip is granted {size(granted)}")
        return
    yield Finding(
        about="buffers",
        verdict="warning",
        words=f"the kernel grants gossip {size(granted)} (net.core.rmem_max is {most}): in a large space "
        "bursts are lost, and repaired late",
        remedy=f"`sysctl -w net.core.rmem_max={RECEIVE_BUFFER_BYTES}`, a line in /etc/sysctl.d, restart",
    )


def _granted() -> int:
    """Return the receive buffer that a factory of this user gets: as root it may ask beyond the limit."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        except PermissionError:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def _host(patient: Patient) -> Iterator[Finding]:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 0 <= files < FILES_MIN:
        yield Finding(
            about="host",
            verdict="warning",
            words=f"a process may open {files} files: with many machines the factory runs out of them",
            remedy="LimitNOFILE=65536 in the unit, or `ulimit -n 65536` before `vacnet run`",
        )
    if os.geteuid() == 0 and not _bounding(patient) >> CAP_SYS_RESOURCE & 1:
        yield Finding(
            about="host",
            verdict="warning",
            words="root lacks CAP_SYS_RESOURCE here, as in a container: engines fail where limits are raised "
            '("error setting rlimits", "unable to apply caps", Podman altogether)',
            remedy="run factory and engines on the host itself, or ask for no limits above its own",
        )
    if patient.uses(_VIRTUAL):
        yield from _kvm(patient)


def _bounding(patient: Patient) -> int:
    status = patient.text("proc/self/status")
    told = next((line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:")), "f" * 16)
    return int(told, 16)


def _kvm(patient: Patient) -> Iterator[Finding]:
    device = patient.root / "dev/kvm"
    flags = set(patient.text("proc/cpuinfo").split())
    if not device.exists() or not flags & {"vmx", "svm"}:
        words = "no KVM here (no /dev/kvm, or a processor without vmx and svm): virtual machines are emulated"
        yield Finding(
            about="host", verdict="warning", words=words, remedy="turn virtualisation on in the BIOS"
        )
    elif not device.stat().st_mode & 0o060:
        yield Finding(
            about="host",
            verdict="bad",
            words="/dev/kvm is for root alone: libvirt asks QEMU anew each time, a start takes a minute",
            remedy="`chgrp kvm /dev/kvm; chmod 660 /dev/kvm`, and a rule of udev that keeps it so",
        )


def _clock(_patient: Patient) -> Iterator[Finding]:
    status = _clock_status()
    if status is None or not status & STA_UNSYNC:
        words = "nobody tells" if status is None else "kept right by a time service"
        yield Finding(about="clock", verdict="good", words=words)
        return
    yield Finding(
        about="clock",
        verdict="warning",
        words="no time service keeps it right: gossip does not care; certificates, logs and accounting do",
        remedy="install chrony, or `timedatectl set-ntp true`; in a container its host has to",
    )


def _clock_status() -> int | None:
    """Return `status` of adjtimex(2); None where it cannot be asked."""
    fields = (ctypes.c_long * 32)()  # struct timex: modes, four longs, status, each as wide as a long
    try:
        told = ctypes.CDLL(None).adjtimex(ctypes.byref(fields))
    except (OSError, AttributeError):
        return None
    return None if told < 0 else int(fields[STATUS_AT])


# --- disks ----------------------------------------------------------------------------------------


def _disk(patient: Patient) -> Iterator[Finding]:
    state = Path(patient.settings.state_directory)
    there = next(path for path in (state, *state.parents) if path.exists())
    mount = _mount_of(patient, there)
    yield from _unfit(state, mount)
    free, least = shutil.disk_usage(there).free, patient.settings.factory.disk_free_bytes_min
    nodes = os.statvfs(there)
    if free < least or (nodes.f_files and nodes.f_favail < nodes.f_files // 100):
        words = (
            f"{size(free)} and {nodes.f_favail} files are free for {state}; "
            f"nothing starts below {size(least)}"
        )
        remedy = "make room, or set state_directory on a larger disk, or disk_free_min lower"
        yield Finding(about="disk", verdict="bad", words=words, remedy=remedy)
    else:
        kind = mount.kind if mount else "a disk"
        words = f"{state} is on {kind} with {size(free)} free"
        yield Finding(about="disk", verdict="good", words=words)


def _unfit(state: Path, mount: Mount | None) -> Iterator[Finding]:
    """Yield why a file system is no place for the record or for machines."""
    wrong = {
        "a network disk: locks and fsync of SQLite are not to be trusted there": mount is not None
        and mount.kind in _NETWORK_DISKS,
        "in memory: record and machines are lost at a reboot": mount is not None
        and mount.kind in _GONE_AT_BOOT,
        "mounted noexec: process machines cannot run their user_data": mount is not None
        and "noexec" in mount.options,
    }
    for words in (words for words, is_so in wrong.items() if is_so):
        remedy = "set state_directory to a local disk of this host"
        yield Finding(about="disk", verdict="bad", words=f"{state} is {words}", remedy=remedy)


def _mounts(patient: Patient) -> Iterator[Mount]:
    for line in patient.text("proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) > 5 and after:  # noqa: PLR2004 (proc(5): six fields, then optional ones)
            options = frozenset(fields[5].split(","))
            shared = any(field.startswith("shared:") for field in fields[6:])
            yield Mount(fields[4], after.split()[0], options, shared)


def _mount_of(patient: Patient, path: Path) -> Mount | None:
    """Return what is mounted deepest above a path; of two at one point the later hides the other."""
    above = {str(path), *(str(parent) for parent in path.parents)}
    fitting = [mount for mount in _mounts(patient) if mount.point in above]
    return max(reversed(fitting), key=lambda mount: len(mount.point), default=None)


def _cvmfs(patient: Patient) -> Iterator[Finding]:
    wanted = sorted({name for target in patient.settings.targets for name in target.cvmfs_repositories})
    if not wanted:
        return
    mount = next((mount for mount in _mounts(patient) if mount.point == "/cvmfs"), None)
    if mount is not None and not mount.shared:
        yield Finding(
            about="cvmfs",
            verdict="bad",
            words='/cvmfs is not a shared mount: containers see "Too many levels of symbolic links"',
            remedy="`mount --make-rshared /cvmfs`, and in the unit of autofs or CernVM-FS for the next boot",
        )
    for name in wanted:
        yield _repository(patient.root / "cvmfs" / name)


def _repository(path: Path) -> Finding:
    try:
        os.listdir(path)  # noqa: PTH208 (the look mounts it; what is in it is not asked)
    except OSError as error:
        remedy = "`cvmfs_config probe`; is CernVM-FS installed and the name in its list?"
        if error.errno == errno.ENOTCONN:
            remedy = f"its process died: `umount -l {path}`, then `cvmfs_config probe`"
        words = f"{path}: {error.strerror}; containers that need it are not started"
        return Finding(about="cvmfs", verdict="bad", words=words, remedy=remedy)
    return Finding(about="cvmfs", verdict="good", words=f"{path} is there")


# --- cgroups and systemd --------------------------------------------------------------------------


def _cgroups(patient: Patient) -> Iterator[Finding]:
    if patient.text("sys/fs/cgroup/cgroup.controllers"):
        yield Finding(about="cgroups", verdict="good", words="version 2")
    elif (patient.root / "sys/fs/cgroup/unified").is_dir():
        words = 'hybrid: Docker works; crun and so Podman do not ("cgroups in hybrid mode not supported")'
        remedy = "systemd.unified_cgroup_hierarchy=1 on the kernel's command line, if you need them"
        yield Finding(about="cgroups", verdict="warning", words=words, remedy=remedy)
    else:
        words = "version 1" if (patient.root / "sys/fs/cgroup/memory").is_dir() else "none is mounted"
        is_there = words != "none is mounted"
        remedy = (
            "" if is_there else "mount them, or run on a host that has them: machines are held to nothing"
        )
        yield Finding(about="cgroups", verdict="good" if is_there else "bad", words=words, remedy=remedy)


def _unit(patient: Patient) -> Iterator[Finding]:
    if not (patient.root / "run/systemd/system").is_dir():
        words = "no systemd here: nothing restarts a factory that fails, and nothing starts it at boot"
        remedy = "start `vacnet run` by whatever this host has; Apptainer needs `systemd cgroups = no`"
        yield Finding(about="unit", verdict="warning", words=words, remedy=remedy)
        return
    told = _of_unit()
    if told.get("LoadState") != "loaded":
        remedy = "copy conf/vacnet.service to /etc/systemd/system, then `systemctl enable --now vacnet`"
        yield Finding(about="unit", verdict="warning", words="there is no unit vacnet", remedy=remedy)
        return
    if told.get("KillMode") != "process":
        words = f"KillMode is {told.get('KillMode')}: a restart of the factory ends all process machines"
        remedy = "KillMode=process, as conf/vacnet.service has it"
        yield Finding(about="unit", verdict="bad", words=words, remedy=remedy)
    words = f"{told.get('ActiveState')}, {told.get('UnitFileState') or 'not enabled'}"
    active = told.get("ActiveState") == "active"
    remedy = "" if active else "`systemctl start vacnet`; `journalctl -u vacnet -n 50` says why it stopped"
    yield Finding(about="unit", verdict="good" if active else "bad", words=words, remedy=remedy)


def _of_unit() -> dict[str, str]:
    words = ["systemctl", "show", "vacnet", "-p", "LoadState,ActiveState,UnitFileState,KillMode"]
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command of the system)
            words, capture_output=True, text=True, timeout=SYSTEMCTL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines())


_LOOKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    _host,
    _clock,
    _disk,
    _cgroups,
    _unit,
    _buffers,
    _cvmfs,
)
