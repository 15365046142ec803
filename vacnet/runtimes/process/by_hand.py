"""The line that runs a machine's program by hand, as its keeper would: for an admin who wants to see why.

Rules of this file: pure. It is made from the plan that the keeper has, so it cannot say other than what is
done; what a keeper adds from outside is left out: limits, the output's file, the end by deadline. It makes
anew the folders that go when a machine has ended, so it can be used then too. It holds no secret.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from vacnet.runtimes.process.plan import Plan

TMP = "tmp"


def line(plan: Plan) -> str:
    """Return a line for a shell of the factory's user; in it `M` is the machine's directory."""
    user, home = plan["user"], plan["directory"]
    given = [f"{name}={value}" for name, value in plan["environment"].items()]
    owner = ["-o", str(user["uid"]), "-g", str(user["gid"])] if user else []
    folders = ["install", "-d", *owner, plan["scratch"], f"{home}/{TMP}"]
    program = [*_as(plan), "env", "-i", *given, *plan["arguments"]]
    steps = (_joined(words, home) for words in (folders, ["cd", plan["scratch"]], program))
    return f"M={shlex.quote(home)}; {' && '.join(steps)}"


def _joined(words: Iterable[str], home: str) -> str:
    """Return words as a shell takes them, the machine's directory in them by its short name."""
    cut = ([shlex.quote(part) if part else "" for part in word.split(home)] for word in words)
    return " ".join('"$M"'.join(parts) or "''" for parts in cut)


def _as(plan: Plan) -> list[str]:
    """Return what makes the program another user's, without a way back (setpriv(1))."""
    user = plan["user"]
    if user is None:
        return []
    groups = ",".join(map(str, user["groups"]))
    kept = f"--groups={groups}" if groups else "--clear-groups"
    return ["setpriv", f"--reuid={user['uid']}", f"--regid={user['gid']}", kept, "--no-new-privs"]
