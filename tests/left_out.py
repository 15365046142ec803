"""A test whose engine is missing: left out, or a failure where engines were to be brought."""

from __future__ import annotations

from typing import NoReturn

import pytest

from tools.engines.table import wanted

LEFT_OUT = "engine "
"""How the reason begins, by which the summary counts what was left out."""


def leave_out(engine: str, problem: str) -> NoReturn:
    """End the test: its engine does not answer, and `problem` says why and what to do."""
    reason = f"{LEFT_OUT}{engine}: {problem}"
    if wanted():
        pytest.fail(reason)
    # A developer without this engine still has the rest; the summary names and counts what was left out.
    pytest.skip(reason)
