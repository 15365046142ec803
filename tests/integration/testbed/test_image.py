"""The image of nodes is made only where it can be kept: an engine is asked before packages are fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.testbed import TestbedError
from tools.testbed.image import image


@pytest.mark.parametrize("source", ["", "skeleton", "debian"])
def test_without_an_engine_no_package_is_fetched(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tmp_path / "called"
    fetching = tmp_path / "debootstrap"
    fetching.write_text(f"#!/bin/sh\n: >{called}\n")
    fetching.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    with pytest.raises(TestbedError, match="does not answer"):
        image(source=source)
    assert not called.exists()
