"""Blocks of a page that a test runs.

In a page's fenced blocks the first word is the language, and the rest says what a test does with it:
`file=PATH` writes the block to a file, `tested` runs it as a shell script, `until=PATTERN` runs it again
until its output matches; `on=HOST` says on which of several hosts. One without any of these is for reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"^```(\w+) +(tested|file=\S+)(?: +on=(\w+))?(?: +until=([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block."""

    text: str
    file: str = ""
    until: str = ""
    host: str = ""


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page that a test runs, in their order."""
    for _, what, host, until, text in _FENCE.findall(page.read_text()):
        yield Block(text, what.removeprefix("file=") if what != "tested" else "", until.strip(), host)
