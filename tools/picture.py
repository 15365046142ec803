"""Draws a picture for the documents: `vacnet space --json | python -m tools.picture docs/pictures/space.svg`.

It is the same view that the command prints on a terminal of 96 columns, as an SVG that needs no font
from anywhere.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import msgspec
from rich.console import Console

from vacnet.console.space_view import space_view
from vacnet.console.tables import draw
from vacnet.factory.client import SpaceState

WIDTH = 96


def main(words: list[str]) -> None:
    """Read an answer of `/v1/space` from standard input and write the picture to the file named."""
    state = msgspec.json.decode(sys.stdin.buffer.read(), type=SpaceState)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    for line in draw(space_view(state, state.time), WIDTH):
        console.print(line, no_wrap=True)
    svg = console.export_svg(title=f"vacnet space: {state.space}")
    Path(words[0]).write_text(_at_home(svg))


def _at_home(svg: str) -> str:
    """Take out the font that rich would fetch from the web, and keep spaces that viewers would fold."""
    alone = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, ", "")
    return alone.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    main(sys.argv[1:])
