"""The sandbox: bwrap's arguments for one machine.

Rules of this file: a payload sees the host's programs read-only and nothing that is private on it.
New PID, IPC, UTS and mount name spaces; the host's network, for payloads pull work through it.
`/home`, `/root`, and state and sockets of factories are empty, but for the machine's own folders, which stay
at their real paths. The sandbox dies with its keeper, not with the factory: a keeper is its parent.

Order matters: bwrap carries its arguments out one after another, later ones on top.

Source: bwrap(1).
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from vacnet.runtimes.process.plan import User

HIDDEN = ("/home", "/root", "/run/vacnet", "/var/lib/vacnet")
"""Other people's files, and what any factory of this host may keep in its usual places."""
PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class View:
    """The folders of a machine as the sandbox shows them; all are below `state_directory`."""

    hostname: str
    state_directory: Path
    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    private_tmp: Path
    """Shown as `/tmp`, so that it counts as disk of the machine and not as memory of the host."""


def arguments(bwrap: str, view: View) -> list[str]:
    """Return the command line up to the program to run in the sandbox."""
    hidden = hidden_folders(view.state_directory)
    words = [bwrap, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", view.hostname]
    words += ["--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    words += ["--bind", str(view.private_tmp), "/tmp"]  # noqa: S108 (the sandbox's own)
    for covered in hidden:
        words += ["--tmpfs", covered]
    for path in view.readable:
        words += ["--ro-bind", str(path), str(path)]
    for path in view.writable:
        words += ["--bind", str(path), str(path)]
    for covered in hidden:
        words += ["--remount-ro", covered]
    return [*words, "--"]


def hidden_folders(state_directory: Path) -> list[str]:
    """Return the folders to hide, as they really are: bwrap mounts over no symbolic link."""
    there = (Path(path).resolve() for path in (*HIDDEN, state_directory) if Path(path).is_dir())
    return sorted({str(path) for path in there})


async def probe(user: User | None) -> str:
    """Run bwrap once as the payload's user; return an empty text, or why it cannot be used."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "bwrap is not installed (package bubblewrap)"
    words = [bwrap, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/", "/", "--dev", "/dev"]
    words += ["--proc", "/proc", "--tmpfs", "/tmp", "--", shutil.which("true") or "/bin/true"]  # noqa: S108 (the sandbox's own)
    running = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        user=user["uid"] if user else None,
        group=user["gid"] if user else None,
        extra_groups=user["groups"] if user else None,
    )
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, said = await running.communicate()
    except TimeoutError:
        running.kill()
        await running.wait()
        return f"{bwrap} did not end within {PROBE_SECONDS:.0f} s"
    words_of_bwrap = said.decode(errors="replace").strip()
    return "" if running.returncode == 0 else f"{bwrap} failed: {words_of_bwrap}"
