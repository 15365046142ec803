"""The first process of a node: it alone can bury who ended, so it has to while it waits for one to end."""

from __future__ import annotations

import subprocess

from tools.space.waiting import until
from tools.testbed.inside.first import _buried


def test_who_has_ended_is_buried_and_gone_and_who_runs_is_not() -> None:
    runs, ends = subprocess.Popen(["sleep", "1000"]), subprocess.Popen(["true"])
    try:
        until(lambda: _buried(ends.pid), 30, "it has ended")
        assert _buried(ends.pid)
        assert not _buried(runs.pid)
    finally:
        ends.returncode = 0  # Popen's own burial would look for it in vain
        runs.kill()
        runs.wait()
