"""What stands on disk before a keeper is asked for: folders, their owners, the plan.

Rules of this file: everything here may be done again after a crash at any point. The plan is written
before anything else is made, so what was cut off can be found and cleared;
a keeper is asked for only when all of this has been done. The payload owns what it may write
(joboutputs, scratch, tmp) and its user_data; it can read the features, and cannot see into the
engine folder.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from vacnet.machines.spec import Spec
from vacnet.runtimes.process import cgroups, command, files, sandbox
from vacnet.runtimes.process.means import Means
from vacnet.runtimes.process.plan import Plan, User

SCRATCH = "scratch"
TMP = "tmp"
USER_DATA = "user_data"
CONSOLE = "console.log"
WRITABLE = ("joboutputs", SCRATCH, TMP)
READABLE = ("machinefeatures", "jobfeatures", USER_DATA)
MEMORY_FILES = ("memory.limit_in_bytes", "memory.max")
"""One of them in a cgroup: the kernel holds the machine to its memory."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NICENESS = 10
"""Where no cgroup holds the payload to its processors, the host's own work goes first (nice(2))."""


def prepare(spec: Spec, means: Means) -> Plan:
    """Make all that the keeper of `spec` needs, and return its plan.

    Raises:
        StartFailedError: the command cannot be executed.
        OSError: disk or cgroups refused; the text of it names the path.
    """
    program = command.program(spec.target.container_command, spec.directory / USER_DATA)
    paths = cgroups.folders(means.trees, spec.factory, means.state_directory, spec.id)
    plan = plan_of(spec, means, program, paths)
    _write_plan(spec.directory, plan)
    _make_folders(spec.directory, means.user)
    cgroups.make(means.trees, paths, cgroups.Limits(spec.processors, spec.memory_bytes))
    return plan


def _write_plan(directory: Path, plan: Plan) -> None:
    """Make the engine folder with its lock and its plan; without a plan it is as if it were not there."""
    folder = directory / files.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / files.LOCK).touch(mode=0o600)
    handle = files.open_folder(str(directory))
    try:
        files.write(handle, files.PLAN, dict(plan))
    finally:
        os.close(handle)


def _make_folders(directory: Path, user: User | None) -> None:
    for name in WRITABLE:
        (directory / name).mkdir(mode=0o755, exist_ok=True)
    user_data = directory / USER_DATA
    if user_data.exists():
        user_data.chmod(0o500)
    if user is not None:
        directory.chmod(0o711)
        for path in filter(Path.exists, (*(directory / name for name in WRITABLE), user_data)):
            os.chown(path, user["uid"], user["gid"], follow_symlinks=False)


def plan_of(spec: Spec, means: Means, program: Path, paths: list[str]) -> Plan:
    """Return the plan of a machine; pure but for looking which folders are there."""
    directory = spec.directory
    inside = sandbox.arguments(means.bwrap, _view(spec, means)) if means.bwrap else []
    return {
        "machine": spec.id,
        "labels": spec.labels(),
        "directory": str(directory),
        "arguments": [*inside, str(program)],
        "environment": environment(spec, sandboxed=bool(inside)),
        "scratch": str(directory / SCRATCH),
        "console": str(directory / CONSOLE),
        "user": means.user,
        "cgroups": paths,
        "sandboxed": bool(inside),
        "disk_bytes": spec.disk_bytes,
        "memory_bytes": spec.memory_bytes,
        "niceness": 0 if "cpu" in means.controllers else NICENESS,
    }


def _view(spec: Spec, means: Means) -> sandbox.View:
    return sandbox.View(
        hostname=spec.name,
        state_directory=means.state_directory,
        readable=tuple(path.resolve() for name in READABLE if (path := spec.directory / name).exists()),
        writable=tuple((spec.directory / name).resolve() for name in WRITABLE),
        private_tmp=(spec.directory / TMP).resolve(),
    )


def environment(spec: Spec, *, sandboxed: bool) -> dict[str, str]:
    """Return a payload's whole environment: nothing of the factory's own gets in."""
    directory = spec.directory
    return {
        "PATH": PATH,
        "HOME": str(directory / SCRATCH),
        "TMPDIR": "/tmp" if sandboxed else str(directory / TMP),  # noqa: S108 (the sandbox's own)
        "MACHINEFEATURES": str(directory / "machinefeatures"),
        "JOBFEATURES": str(directory / "jobfeatures"),
        "JOBOUTPUTS": str(directory / "joboutputs"),
        "VACNET_MACHINE": spec.id,
        "VACNET_UUID": spec.uuid,
        "HOSTNAME": spec.name,
    }


def marker(directory: Path) -> bytes:
    """Return what every process of a machine has in its environment unless it took care not to.

    By its directory, not by its id: factories that share a host give the same ids in the same second.
    """
    return f"MACHINEFEATURES={directory}/machinefeatures".encode()


def tidy(directory: Path) -> None:
    """Remove what an ended payload left that is of use to nobody: scratch and tmp.

    Folders that it closed to us too, its user, are opened first, those in joboutputs as well: who
    removes the machine's directory later has no part in who ran in it.
    """
    for name in WRITABLE:
        _open_up(directory / name)
    for name in (SCRATCH, TMP):
        shutil.rmtree(directory / name, ignore_errors=True)


def _open_up(top: Path) -> None:
    for folder, names, _ in os.walk(top):
        for path in (Path(folder, name) for name in names):
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                path.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRWXU)
