"""What goes into a support archive: one function for each file, from what there is on this host.

Rules of this file: nothing of settings, peers or keys is copied as a file; what they mean is told, and all of
it passes through the scrubber. What cannot be had is told in its place, for that is news as well.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from vacnet import __version__
from vacnet.cli import output
from vacnet.cli.doctor import diagnosis
from vacnet.cli.options import Asking
from vacnet.cli.scrub import HIDDEN
from vacnet.cli.settings_files import Found
from vacnet.factory.client import Client, ClientError, EventState
from vacnet.targets.section import MERGED_TABLES
from vacnet.targets.show import effective

EVENTS_MAX = 5000
EVENTS_AT_ONCE = 1000
ENDED_MAX = 200
LOG_LINES = 5000
LOG_SECONDS = 20

README = """\
Made by `vacnet support` for a bug report. Look through it before you send it: names of hosts, factories,
targets and paths are in it; keys, user_data and its options, consoles of machines and credentials are not.

versions.json   of vacnet, Python, the kernel and the libraries
settings.txt    every value in force and where it stands, secrets left out; problems of the files first
doctor.json     what `vacnet doctor` found
space.json, machines.json, peers.json, health.json    what the factory answers
why.json        why each target starts or does not
events.json     the last {events} events of the record, oldest first
journal.txt     the last {lines} lines of the unit's journal

A file *.error.txt stands where something could not be had, and says why.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Whose archive it is."""

    found: Found
    asking: Asking

    @property
    def client(self) -> Client:
        """Return a client of the factory."""
        return output.client_for(self.asking)


Told = str | object
"""A text, or a value that becomes JSON."""


def _versions(_case: Case) -> Told:
    names = sorted(
        {re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in importlib.metadata.requires("vacnet") or ()}
    )
    return {
        "vacnet": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "system": _system(),
        "libraries": dict(_installed(names)),
    }


def _system() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _installed(names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "not installed"


def _settings(case: Case) -> Told:
    lines = [str(problem) for problem in case.found.problems]
    if case.found.draft is not None:
        for row in effective(case.found.draft, case.found.draft.targets):
            hidden = not MERGED_TABLES.isdisjoint(row.key.split("."))
            lines.append(f"{row.key} = {HIDDEN if hidden else row.value}    # {row.place}")
    return "\n".join(lines) + "\n"


def _why(case: Case) -> Told:
    return [case.client.why(target.name) for target in case.client.space().targets]


def _events(case: Case) -> Told:
    events: list[EventState] = []
    while page := case.client.events(after=events[-1].serial if events else 0, limit=EVENTS_AT_ONCE).events:
        events = [*events, *page][-EVENTS_MAX:]
    return events


def _journal(_case: Case) -> Told:
    words = [
        "journalctl",
        "--unit",
        "vacnet",
        "--no-pager",
        "--output",
        "short-iso",
        "--lines",
        str(LOG_LINES),
    ]
    done = subprocess.run(  # noqa: S603 (a fixed command of the system)
        words, capture_output=True, text=True, timeout=LOG_SECONDS, check=True, errors="replace"
    )
    return done.stdout


FILES: dict[str, Callable[[Case], Told]] = {
    "README.txt": lambda _case: README.format(events=EVENTS_MAX, lines=LOG_LINES),
    "versions.json": _versions,
    "settings.txt": _settings,
    "doctor.json": lambda case: diagnosis(case.asking),
    "space.json": lambda case: case.client.space(),
    "machines.json": lambda case: case.client.machines(ended=ENDED_MAX),
    "peers.json": lambda case: case.client.peers(),
    "health.json": lambda case: case.client.health(),
    "why.json": _why,
    "events.json": _events,
    "journal.txt": _journal,
}


def gather(case: Case, wait: Callable[[str], None]) -> Iterator[tuple[str, Told]]:
    """Yield the name of each file and what is in it, as text or as what JSON is made of."""
    for name, told in FILES.items():
        wait(f"gathering {name}")
        try:
            found = told(case)
        except (ClientError, OSError, subprocess.SubprocessError) as error:
            yield f"{name.partition('.')[0]}.error.txt", f"{error}\n"
        else:
            yield name, found if isinstance(found, str) else msgspec.to_builtins(found)
