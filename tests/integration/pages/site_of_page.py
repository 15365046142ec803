"""A host for the commands of a page: its own /etc/vacnet, state and PATH; `systemctl` starts the factory.

Only this stands in for what a real host has: paths below /etc/vacnet and /root lead to a temporary
directory, `https://experiment.example.org` is a web server on loopback, `systemctl` starts `vacnet run` with
the variables that the unit gives it, and `ssh` and the names of peers lead to other such hosts on this one.
The factories and all commands are the real ones.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.integration.pages.blocks import Block
from tools.space.member import CHECKOUT
from tools.space.ports import free_ports
from tools.space.waiting import until
from vacnet.runtimes.process.runtime import ProcessRuntime
from vacnet.targets.model import ProcessSettings

PATIENCE_SECONDS = 60.0
PROGRAM = "import sys; sys.argv[0] = 'vacnet'; from vacnet.cli import main; main()"
NAME = "page.example.org"

_VACNET = """#!/bin/sh
case "$1 $2" in
    "config "*|"peers "*|"key list"|"key add"|"key use"|"key drop") set -- "$@" --config {etc} ;;
esac
exec {python} -c "{program}" "$@"
"""
_SYSTEMCTL = """#!/bin/sh
start() {{
    [ ! -e {home}/pid ] || exit 1
    {python} -c "{program}" run --config {etc} >>{home}/log 2>&1 &
    echo $! >{home}/pid
    for _ in $(seq 300); do
        vacnet machines >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    exit 1
}}
stop() {{
    kill $(cat {home}/pid)
    while [ -e {run}/control.sock ]; do sleep 0.1; done
    rm {home}/pid
}}
case "$*" in
    "enable --now vacnet") start ;;
    "disable --now vacnet") stop ;;
    "restart vacnet") stop; start ;;
    *) exit 1 ;;
esac
"""
_SSH = """#!/bin/sh
# HOST COMMAND ...: with the files of that host
there={homes}/$1; shift
exec sh -c "$(printf '%s' "$*" | sed "s|{home}|$there|g")"
"""
_OVERRIDE = """
[space]
listen = ["127.0.0.1:{port}"]
[factory]
name = "{name}"
overload_per_processor = 1000
memory_free_min = "0 MiB"
disk_free_min = "0 MiB"
"""


class PageSite:
    """A host for one page; `user` runs everything (empty: whoever runs the tests)."""

    def __init__(self, home: Path, address: str, user: tuple[str, ...] = (), name: str = NAME) -> None:
        self.home, self.address, self.user, self.name = home, address, user, name
        self.port = free_ports(1)[0]
        self.words: dict[str, str] = {}
        """What stands on the page, and what stands for it here."""
        self.etc, self.state, self.run_directory = home / "etc", home / "state", home / "run"
        for made in (self.etc, self.state, self.run_directory, home / "bin", home / "root", self.etc / "www"):
            made.mkdir(parents=True)
        (self.run_directory / "override.toml").write_text(_OVERRIDE.format(port=self.port, name=name))
        values = {"python": sys.executable, "program": PROGRAM, "etc": self.etc, "home": home}
        values |= {"run": self.run_directory, "homes": home.parent}
        self._write(home / "bin" / "vacnet", _VACNET.format(**values))
        self._write(home / "bin" / "systemctl", _SYSTEMCTL.format(**values))
        self._write(home / "bin" / "ssh", _SSH.format(**values))

    def do(self, block: Block) -> str:
        """Write or run a block; return what it printed."""
        text = self._here(block.text)
        if block.file:
            self._write(Path(self._here(block.file)), text)
            return ""
        if block.until:
            return self._until(block.until, text)
        code, done = self._run(text)
        assert code == 0, f"{text}\n{done}\n{self._log()}"
        return done

    def _until(self, pattern: str, text: str) -> str:
        told: list[str] = []

        def is_so() -> bool:
            code, done = self._run(text)
            told.append(done)
            return code == 0 and re.search(pattern, done, re.DOTALL) is not None

        try:
            until(is_so, PATIENCE_SECONDS, f"{pattern!r} is printed by {text!r}")
        except TimeoutError as error:
            raise AssertionError(f"{error}; last: {told[-1]}\n{self._log()}") from error
        return told[-1]

    def down(self) -> None:
        """End the factory and its machines."""
        pid = self.home / "pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)
            until(lambda: not (self.run_directory / "control.sock").exists(), PATIENCE_SECONDS, "it ends")
        asyncio.run(self._end_machines())

    def _run(self, text: str) -> tuple[int, str]:
        done = subprocess.run(
            [*self.user, "sh", "-eu"],
            input=text,
            cwd=CHECKOUT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.home}/bin:{os.environ['PATH']}",
            "HOME": str(self.home),
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "STATE_DIRECTORY": str(self.state),
            "RUNTIME_DIRECTORY": str(self.run_directory),
            "VACNET_SOCKET": str(self.run_directory / "control.sock"),
            "COLUMNS": "200",
        }

    def _here(self, text: str) -> str:
        text = text.replace("/etc/vacnet", str(self.etc)).replace("/root/", f"{self.home}/root/")
        text = text.replace("vacpayload", "nobody").replace("https://experiment.example.org", self.address)
        for word, stands_for in self.words.items():
            text = text.replace(word, stands_for)
        return text

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def _log(self) -> str:
        log = self.home / "log"
        return "\n".join(log.read_text().splitlines()[-15:]) if log.exists() else ""

    async def _end_machines(self) -> None:
        runtime = ProcessRuntime(ProcessSettings(), self.state, self.name)
        for machine_id in await runtime.seen():
            await runtime.stop(machine_id, grace_seconds=0)
            await runtime.forget(machine_id)
        await runtime.close()
