"""The payload's first moments: from the keeper's fork to execve(2).

Rules of this file: the child makes itself ready and then waits at a gate, which the keeper opens
when `keeper.json` is durable (both take milliseconds, side by side). Whatever fails comes back as
words, through a pipe that a successful execve closes. Order matters: cgroups, limits and priority
while we may, then the user, then what a change of user would undo. The child's exceptions never
return into the keeper's code.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import time

from vacnet.runtimes.process import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vacnet.runtimes.process.plan import Plan, User

OUT_OF_MEMORY_SCORE = 500
"""oom_score_adj of payloads: when the whole host is short, a guest goes before the factory does."""
BUSY_SECONDS = 0.01
BUSY_TRIES = 100
"""A program just forked by another thread of the factory may hold user_data open for writing (ETXTBSY)."""
_WORDS_BYTES_MAX = 4096


class Gate:
    """The keeper's end of the two pipes to its waiting child."""

    def __init__(self, go: int, words: int) -> None:
        """Hold the writing end of one and the reading end of the other."""
        self.go = go
        self.words = words

    def open(self) -> str:
        """Let the child go; return an empty text once the payload runs, else why it does not."""
        with contextlib.suppress(BrokenPipeError):  # it has failed already: its words say how
            os.write(self.go, b"g")
        os.close(self.go)
        said = os.read(self.words, _WORDS_BYTES_MAX)
        os.close(self.words)
        return said.decode(errors="replace")


def fork(plan: Plan, output: int) -> tuple[int, Gate]:
    """Fork the payload's process, which waits at the gate; return its number and the gate."""
    go_read, go_write = os.pipe2(os.O_CLOEXEC)
    words_read, words_write = os.pipe2(os.O_CLOEXEC)
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(go_write)
        _run(plan, output, go_read, words_write, keeper)
    os.close(go_read)
    os.close(words_write)
    return pid, Gate(go_write, words_read)


def _run(plan: Plan, output: int, go: int, words: int, keeper: int) -> None:
    try:
        _become(plan, output, keeper)
        if os.read(go, 1):
            _execute(plan)
    except BaseException as error:  # noqa: BLE001 (nothing may return into the keeper's code)
        os.write(words, _explain(plan, error)[:_WORDS_BYTES_MAX].encode(errors="replace"))
    finally:
        os._exit(127)


def _execute(plan: Plan) -> None:
    """Become the payload's program; wait for a moment where somebody still writes to it."""
    for _ in range(BUSY_TRIES):
        try:
            os.execve(plan["arguments"][0], plan["arguments"], plan["environment"])  # noqa: S606 (no shell is meant)
        except OSError as error:
            if error.errno != errno.ETXTBSY:
                raise
        time.sleep(BUSY_SECONDS)


def _explain(plan: Plan, error: BaseException) -> str:
    said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    where = getattr(error, "filename", None)
    place = f" ({os.fsdecode(where)})" if where else ""
    return f"cannot run {plan['arguments'][0]}: {said}{place}"


def _become(plan: Plan, output: int, keeper: int) -> None:
    os.setsid()
    _default_signals()
    for cgroup in plan["cgroups"]:
        _put(f"{cgroup}/cgroup.procs", b"0")
    _put(f"/proc/{os.getpid()}/oom_score_adj", str(OUT_OF_MEMORY_SCORE).encode())
    _limit(plan)
    _connect(output)
    if plan["user"] is not None:
        _change_user(plan["user"])
    kernel.give_up_new_privileges()
    kernel.die_with_parent()
    if os.getppid() != keeper:
        os._exit(127)  # the keeper died before the kernel was told to mind it
    os.umask(0o022)
    os.chdir(plan["scratch"])


def _default_signals() -> None:
    """Undo what Python and the keeper ignore: an ignored signal stays so over execve."""
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _put(path: str, value: bytes) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, value)
    finally:
        os.close(handle)


def _limit(plan: Plan) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size = plan["disk_bytes"]
    if size:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    os.nice(plan["niceness"])


def _connect(output: int) -> None:
    empty = os.open("/dev/null", os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _change_user(user: User) -> None:
    os.setgroups(user["groups"])
    os.setresgid(user["gid"], user["gid"], user["gid"])
    os.setresuid(user["uid"], user["uid"], user["uid"])
