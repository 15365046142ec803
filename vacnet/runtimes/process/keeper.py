"""The keeper: the small process that is a payload's parent and outlives the factory.

An exit code goes to the parent and to nobody else, and a payload's output needs a reader that
never stops. A factory may be killed at any moment, so it can be neither; hence one keeper for each
machine. It is forked from the template (see `template.py`), so that a keeper costs only the pages it
dirties, and not an interpreter.

Its rules:

1. It takes the lock of the engine folder, then looks for the plan; without either it ends at once.
   So a machine has at most one keeper, and a start that was given up never begins late.
2. `keeper.json` is durable before the payload runs, `ended.json` before the keeper ends.
3. It is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER): whatever the payload forks, double forks or
   abandons comes to the keeper, so it knows the whole tree, and ends it with the machine.
4. It takes no notice of hang-up, interrupt and terminate. SIGUSR1 means *ask* (SIGTERM to the
   payload's group), SIGUSR2 means *kill the tree*.
5. When somebody removes its folder or its plan, nobody can ever ask for this machine again: it ends it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import time

from vacnet.runtimes.process import files, kernel, payload, proc, tree
from vacnet.runtimes.process.console import Console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vacnet.runtimes.process.plan import Plan

ASK = signal.SIGUSR1
KILL = signal.SIGUSR2
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGPIPE)
FOLDER_CHECK_SECONDS = 10.0
"""How late a removed folder may be noticed."""
RECORD_RETRY_SECONDS = 1.0
"""A full disk may have room again any time: an exit code is kept until it can be written."""
LOCK_PAUSE_SECONDS = 0.001
SIGNAL_BASE = 128
"""A payload ended by signal N has exit code 128 + N, as in every shell."""


class Keeper:
    """One payload from its fork to its recorded end."""

    def __init__(self, folder: int, plan: Plan) -> None:
        """Take over the locked `folder`; nothing runs yet."""
        self.folder = folder
        self.plan = plan
        self.wake, wake_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        output, self.payload_output = os.pipe2(os.O_CLOEXEC)
        self.console = Console(output, plan["console"])
        self.payload_pid = 0
        self.status: int | None = None

    def start(self) -> str:
        """Run the payload; return an empty text, or why it cannot be run."""
        try:
            self.payload_pid, gate = payload.fork(self.plan, self.payload_output)
            os.close(self.payload_output)
            files.write(self.folder, files.KEEPER, self._who())
        except OSError as error:
            return f"{self.plan['directory']}: {error.strerror}: no process, or no room to record it"
        return gate.open()

    def _who(self) -> files.Values:
        own, other = proc.process(os.getpid()), proc.process(self.payload_pid)
        return {
            "pid": os.getpid(),
            "start": own.start if own else 0,
            "boot_id": proc.boot_id(),
            "payload_pid": self.payload_pid,
            "payload_start": other.start if other else 0,
            "started_wall": time.time(),
        }

    def watch(self) -> None:
        """Copy output and obey signals until the payload has ended."""
        poll = select.poll()
        poll.register(self.console.source, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        check_at = time.monotonic() + FOLDER_CHECK_SECONDS
        while self.status is None:
            ready = [handle for handle, _ in poll.poll(FOLDER_CHECK_SECONDS * 1000)]
            if self.console.source in ready and not self.console.copy():
                poll.unregister(self.console.source)
            if self.wake in ready:
                self._obey(os.read(self.wake, 4096))
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + FOLDER_CHECK_SECONDS
                self._check_folder()

    def _check_folder(self) -> None:
        if files.load(self.folder, files.PLAN) is None:
            self.end_tree()

    def _obey(self, numbers: bytes) -> None:
        self.reap()
        if KILL in numbers:
            self.end_tree()
        elif ASK in numbers and self.status is None:
            tree.ask(self.payload_pid, sandboxed=self.plan["sandboxed"])

    def reap(self) -> bool:
        """Wait for whoever ended; return False when no child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.payload_pid:
                self.status = status

    def end_tree(self) -> None:
        """Kill all that the payload started, and wait until none is left."""
        tree.end(os.getpid(), self.plan["cgroups"], self.reap)

    def record_end(self) -> None:
        """Write how it ended: the keeper's last act."""
        self.console.drain()
        ended: files.Values = {"exit_code": self._exit_code(), "ended_wall": time.time()}
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended["cpu_seconds"] = used.ru_utime + used.ru_stime
        ended.update(tree.counters(self.plan["cgroups"]))
        while not self._written(ended) and os.fstat(self.folder).st_nlink:
            time.sleep(RECORD_RETRY_SECONDS)

    def _written(self, ended: files.Values) -> bool:
        try:
            files.write(self.folder, files.ENDED, ended)
        except OSError:
            return False
        return True

    def _exit_code(self) -> int:
        code = os.waitstatus_to_exitcode(self.status or 0)
        return code if code >= 0 else SIGNAL_BASE - code


def keep(directory: str, answer: int) -> None:
    """Be the keeper of the machine in `directory` until it has ended.

    `answer` is a packet socket: one line goes back, ``started``, ``held`` (another keeper has this
    machine), ``gone`` (the start was given up) or ``failed`` and the reason.
    """
    words = _begin(directory)
    if isinstance(words, str):
        _tell(answer, directory, words)
        return
    keeper = words
    failure = keeper.start()
    if failure:
        keeper.end_tree()
        with contextlib.suppress(OSError):  # the answer says it too; both matter only to the living
            files.write(keeper.folder, files.ENDED, {"failed": failure})
        _tell(answer, directory, "failed " + failure)
        return
    _tell(answer, directory, "started")
    keeper.watch()
    keeper.end_tree()
    keeper.record_end()


def _begin(directory: str) -> Keeper | str:
    """Settle in as a keeper; return the word for the factory when there is nothing to keep."""
    try:
        folder = files.open_folder(directory)
        if not _take_lock(folder):
            return "held"
        plan = files.load(folder, files.PLAN)
    except FileNotFoundError:
        return "gone"
    if plan is None or files.load(folder, files.KEEPER) is not None:
        return "gone"
    _settle(folder)
    return Keeper(folder, plan)  # type: ignore[arg-type]  # our own file, written from a Plan


def _take_lock(folder: int) -> bool:
    """Take the lock, for good; who only looks at the folder has it for less than a millisecond."""
    while files.lock(folder) is None:
        if files.load(folder, files.KEEPER) is not None:
            return False
        time.sleep(LOCK_PAUSE_SECONDS)
    return True


def _settle(folder: int) -> None:
    os.setsid()
    log = os.open("keeper.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600, dir_fd=folder)
    os.dup2(log, 2)
    os.close(log)
    os.chdir("/")
    kernel.become_subreaper()
    kernel.set_name("vacnet-keeper")
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGCHLD, ASK, KILL):
        signal.signal(number, lambda *_: None)


def _tell(answer: int, directory: str, words: str) -> None:
    try:
        os.write(answer, f"{directory}\0{words}".encode())
    except OSError:
        return  # the factory is gone: the next one reads our folder
    finally:
        os.close(answer)
