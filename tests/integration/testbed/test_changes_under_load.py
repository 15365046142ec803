"""What an admin changes while machines run: the key, the version. No machine ends of it."""

from __future__ import annotations

import io
import secrets
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.integration.testbed.stage import PATIENCE_SECONDS, WAITS, Stage, machines, works
from tools.space.member import CHECKOUT
from tools.testbed.release import CHOSEN
from tools.testbed.settings import write_secret
from tools.testbed.testbed import sees
from vacnet.factory.client import ClientError

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]


def test_the_key_is_changed_by_three_edits_while_all_work_and_nobody_is_lost(stage: Stage) -> None:
    stage.target("t", works(1))
    path = stage.bed.directory / "space.key"
    old, new = path.read_bytes(), secrets.token_bytes(32)
    rings = _rings(stage)
    for ring in ([old, new], [new, old], [new]):
        for node in stage.nodes:
            write_secret(node.config / "space.key", ring)
            _works_on(stage)
        rings = _until_read(stage, rings)
    path.write_bytes(new)
    stage.until(lambda: _all_see_all(stage), PATIENCE_SECONDS, "all see all by the new key")
    stage.quiet()
    assert {(row.state, row.code) for row in stage.rows("t")} == {("ended", 200)}


@pytest.mark.slow  # two wheels are built, and ten factories started one after the other
def test_a_rolling_upgrade_from_the_version_before_ends_no_machine(stage: Stage, tmp_path: Path) -> None:
    before, now = (_wheel(commit, tmp_path / commit) for commit in ("HEAD~1", "HEAD"))
    try:
        for node in stage.nodes:
            stage.bed.upgrade(node, before)
        stage.target("t", WAITS)
        full = 4 * len(stage.nodes)
        stage.until(lambda: stage.running("t") == full, PATIENCE_SECONDS, "all are busy")
        running = {one.uuid for node in stage.nodes for one in machines(node)}
        for node in stage.nodes:
            stage.bed.upgrade(node, now)
            stage.until(lambda: _all_see_all(stage), PATIENCE_SECONDS, f"{node.name} is back")
        stage.until(lambda: stage.running("t") == full, PATIENCE_SECONDS, "all are adopted")
        assert {one.uuid for node in stage.nodes for one in machines(node)} == running
        stage.quiet()
        assert {row.text for row in stage.rows("t") if row.uuid in running} == {"done"}
    finally:
        for node in stage.nodes:
            (node.home / CHOSEN).unlink(missing_ok=True)
            stage.bed.kill(node, "factory")
        stage.until(lambda: _all_see_all(stage), PATIENCE_SECONDS, "all run this checkout again")


def _until_read(stage: Stage, before: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Wait until all have read a ring that differs from the one before: the next edit may come."""
    stage.until(
        lambda: len(now := _rings(stage)) == 1 and now != before, PATIENCE_SECONDS, "all have read the ring"
    )
    return _rings(stage)


def _works_on(stage: Stage) -> None:
    done = len(stage.rows("t"))
    stage.until(lambda: len(stage.rows("t")) > done, PATIENCE_SECONDS, "work goes on")
    stage.until(lambda: _all_see_all(stage), PATIENCE_SECONDS, "all see all")


def _wheel(commit: str, place: Path) -> Path:
    """Build the wheel of a commit."""
    packed = subprocess.run(["git", "archive", commit], cwd=CHECKOUT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(place, filter="data")
    building = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", "dist"]
    subprocess.run([*building[:-2]], cwd=place, capture_output=True, check=True)
    (wheel,) = (place / "dist").glob("*.whl")
    # Versions of two commits may be the same, and so the names of their wheels.
    return wheel.rename(wheel.with_name(f"{place.name}-{wheel.name}"))


def _all_see_all(stage: Stage) -> bool:
    return all(sees(node) == len(stage.nodes) for node in stage.nodes)


def _rings(stage: Stage) -> set[tuple[str, ...]]:
    """Return the rings that the factories have read, each by the ids of its keys in their order."""
    try:
        return {tuple(key.id for key in node.client().peers().keys) for node in stage.nodes}
    except ClientError:
        return set()
