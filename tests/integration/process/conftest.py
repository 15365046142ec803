"""A site of its own for each test, without a sandbox and with bwrap."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.process.process_site import Site, cgroups_of, of_machines

SANDBOXES = ("none", pytest.param("bwrap", marks=pytest.mark.engine("bwrap")))


@pytest.fixture(params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def root() -> Iterator[Path]:
    # Not tmp_path: pytest closes that to everybody else, and the payload's user has to reach it.
    made = Path(tempfile.mkdtemp(prefix="vacnet-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def site(sandbox: str, root: Path) -> AsyncIterator[Site]:
    made = Site(root, sandbox)
    yield made
    await made.close()
    assert of_machines(made.prefix) == set()
    assert cgroups_of(f"{made.prefix}*") == []
