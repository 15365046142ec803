"""A place for spaces that tests start."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a directory with a short path, for the sake of Unix sockets, that any user can pass through."""
    made = Path(tempfile.mkdtemp(prefix="vd"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)
