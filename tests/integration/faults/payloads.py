"""Payloads that keep a book of their own, and the settings of the targets made of them.

Each payload adds a line to the book when it begins and when it ends of itself. The book is outside of all
that the factory looks after (so these machines run without a sandbox), and a line is one `write` with
O_APPEND: it is what really happened, whatever the factory thinks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from tests.integration.faults.fate import STAR

_SAY = """\
#!/bin/sh
say() { echo "$1 $VACNET_UUID ##user_data_machinetype##" >>"##user_data_option_book##"; }
message() { echo "$1" >"$JOBOUTPUTS/shutdown_message"; }
say begun
"""
_WAIT = 'while [ ! -e "##user_data_option_go##" ]; do sleep 0.1; done\n'

SCRIPTS: Mapping[str, str] = MappingProxyType(
    {
        "waits": f'{_SAY}{_WAIT}message "200 done"\nsay ended\n',
        "proves": f'{_SAY}: >"$JOBOUTPUTS/job_started"\n{_WAIT}message "200 done"\nsay ended\n',
        "farewell": (
            f"{_SAY}bye() {{ : >$JOBOUTPUTS/job_started; sleep 1; message '100 bye'; say ended; exit; }}\n"
            f"trap bye TERM\n: >$JOBOUTPUTS/ready\n{_WAIT}message '200 done'\nsay ended\n"
        ),
        "no-program": "begun as no program\n",
        "short": f'{_SAY}: >"$JOBOUTPUTS/job_started"\nsleep 0.3\nmessage "200 done"\nsay ended\n',
        "empty": f'{_SAY}sleep 0.2\nmessage "300 no more work"\nsay ended\n',
        "broken": f'{_SAY}sleep 0.1\nmessage "500 no scratch disk"\nsay ended\n',
        "wordless": f"{_SAY}sleep 0.1\nsay ended\n",
        "mute": f"{_SAY}sleep 600\n",
    }
)
MISSING = "missing"
"""A payload that cannot be had."""

MORE: Mapping[str, str] = MappingProxyType(
    {"mute": 'heartbeat_file = "beat"\nheartbeat_seconds = 1\nfizzle_seconds = 2\nproof = "job_started"'}
)
"""Options of the targets of some payloads: `mute` is stopped because it never beats."""

_COMMON = """
[factory]
disk_gb_per_processor = 1

[runtimes.process]
sandbox = "none"

[defaults]
machine_model = "process"
fizzle_seconds = 60
backoff_seconds = 1
backoff_max_seconds = 1
claim_wait_seconds = 0.1
memory_per_processor = "64 MiB"
user_data_options = {{ book = "{book}", go = "{go}" }}
"""

STAR_SHARE = 10_000
"""The machine on which a story turns is made first: what is done at a step is done to it, if it is there."""

_TARGET = """
[targets.{name}]
target_share = {share}
user_data = "{path}"
max_machines_per_factory = {most}
{more}
"""


def settings(directory: Path, targets: Mapping[str, str], *, most: int = 1) -> str:
    """Write payloads into a directory and return the settings of targets, given by name and payload.

    Args:
        directory: gets the payloads; its `book` and its `go` are theirs.
        targets: name to payload, of `SCRIPTS` or `MISSING`.
        most: machines of each target on a factory.
    """
    parts = [_COMMON.format(book=directory / "book", go=directory / "go")]
    for name, payload in targets.items():
        path = directory / payload
        if payload != MISSING:
            path.write_text(SCRIPTS[payload])
        more = MORE.get(payload, "")
        share = STAR_SHARE if name == STAR else 1
        parts.append(_TARGET.format(name=name, share=share, path=path, most=most, more=more))
    return "".join(parts)


def open_book(directory: Path) -> Path:
    """Make the book, for whatever user the payloads run as."""
    book = directory / "book"
    book.touch()
    book.chmod(0o666)
    return book


def lines_of(book: Path, word: str) -> Iterable[str]:
    """Return the machines (by uuid) that said `begun` or `ended`, in that order."""
    rows = (line.split() for line in book.read_text().splitlines())
    return [row[1] for row in rows if row[0] == word]
