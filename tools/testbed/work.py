"""The work that a new testbed does: one target, whose containers work for half a minute."""

from __future__ import annotations

from collections.abc import Mapping

WORK = """\
# What a new testbed does: containers that work for half a minute. Edit it, or add files beside it.
[targets.hello]
target_share = 1
user_data = "hello.sh"
fizzle_seconds = 10
"""

SCRIPT = """\
#!/bin/sh
: >$JOBOUTPUTS/job_started
sleep $((20 + $(od -An -N1 -tu1 /dev/urandom) % 20))
echo "200 hello from $(hostname)" >$JOBOUTPUTS/shutdown_message
"""

FILES: Mapping[str, str] = {"conf.d/work.toml": WORK, "files/hello/hello.sh": SCRIPT}
"""By their place below a node's settings."""
