"""Views as plain text, for tests."""

from __future__ import annotations

from vacnet.console.model import View
from vacnet.console.tables import draw


def drawn(view: View, width: int, *, height: int | None = None, ascii_signs: bool = False) -> str:
    """Return the lines of a view without colours."""
    return "".join(f"{line.plain}\n" for line in draw(view, width, height=height, ascii_signs=ascii_signs))
