"""One libvirt for all tests of virtual machines, and for each a site of its own in its network name space."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.libvirt.vm_site import Site
from tests.left_out import leave_out
from tools.engines.libvirtd import Libvirt
from tools.engines.network_of import network_of
from tools.engines.probe import probe_libvirt


@pytest.fixture(scope="session")
def libvirt() -> Iterator[Libvirt]:
    """A libvirt that tests may kill; whoever does starts it again."""
    if problem := probe_libvirt():
        leave_out("libvirt", problem)
    home = Path(tempfile.mkdtemp(prefix="vn-"))
    home.chmod(0o711)
    made = Libvirt(home)
    try:
        made.start()
        yield made
    finally:
        made.close()
        shutil.rmtree(home)


@pytest.fixture
def root() -> Iterator[Path]:
    # Not tmp_path: QEMU's user has to get there.
    made = Path(tempfile.mkdtemp(prefix="vn-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def inside(libvirt: Libvirt) -> Iterator[None]:
    with network_of(libvirt.holder):
        yield


@pytest.fixture
def guest() -> Path:
    return Path(os.environ["VACNET_TEST_GUEST"])


@pytest.fixture
async def site(inside: None, root: Path, libvirt: Libvirt, guest: Path) -> AsyncIterator[Site]:
    libvirt.start()  # a test that killed it may have failed before it started it again
    made = Site(root, libvirt, guest)
    yield made
    await made.close()
