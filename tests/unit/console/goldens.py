"""Goldens as text: what people see, kept in `tests/goldens/` and compared line for line.

`REGENERATE_GOLDENS=1 pytest tests/unit/console tests/unit/cli` writes them anew; look at the difference
before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

GOLDENS = Path(__file__).parents[2] / "goldens"


def check(name: str, text: str) -> None:
    """Compare a text with the golden of that name."""
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("REGENERATE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"there is no {path} yet: REGENERATE_GOLDENS=1 writes it"
    assert text == path.read_text(encoding="utf-8"), (
        f"{path} differs; see goldens.py if the new one is better"
    )
