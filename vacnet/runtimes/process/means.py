"""What this host offers for process machines: user, cgroups, sandbox; found out once, told in words.

Rules of this file: what is missing is either said (`words`) or, where the site asked for it, refused.
"""

from __future__ import annotations

import asyncio
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.process import cgroups, sandbox, user
from vacnet.runtimes.process.plan import User
from vacnet.targets.model import ProcessSettings


@dataclass(frozen=True, slots=True)
class Means:
    """How machines are made on this host."""

    user: User | None
    trees: tuple[cgroups.Tree, ...]
    bwrap: str
    """Path of bwrap; empty: no sandbox."""
    no_sandbox_reason: str
    state_directory: Path

    @property
    def controllers(self) -> frozenset[str]:
        """The limits that the kernel holds."""
        return frozenset[str]().union(*(tree.controllers for tree in self.trees))

    def words(self) -> tuple[str, ...]:
        """Return for an admin how machines are held, one fact each."""
        held = ", ".join(sorted(self.controllers & set(cgroups.V2_CONTROLLERS)))
        return (
            f"user: {pwd.getpwuid(self.user['uid']).pw_name}" if self.user else "user: the factory's own",
            f"cgroups hold: {held}"
            if held
            else "no cgroup is writable: processors are held by priority, memory by a look now and then",
            f"sandbox: {self.bwrap}" if self.bwrap else f"no sandbox: {self.no_sandbox_reason}",
        )


async def find_means(settings: ProcessSettings, state_directory: Path) -> Means:
    """Look at this host.

    Raises:
        NotNowError: what an admin has to mend first.
    """
    who = user.choose(settings.process_user)
    reason = await _why_no_sandbox(settings.sandbox, who)
    bwrap = "" if reason else shutil.which("bwrap") or ""
    return Means(who, await asyncio.to_thread(cgroups.trees), bwrap, reason, state_directory)


async def _why_no_sandbox(wish: str, who: User | None) -> str:
    if wish == "none":
        return "[runtimes.process] sandbox is 'none'"
    reason = await sandbox.probe(who)
    if reason and wish == "bwrap":
        raise NotNowError(
            f"[runtimes.process] sandbox is 'bwrap', and it cannot be used: {reason}; "
            "mend that, or set sandbox to 'auto' or 'none'"
        )
    return reason
