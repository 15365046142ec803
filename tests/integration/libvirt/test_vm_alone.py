"""Machines without a network under a real factory: age proves them, and their end is all that they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.faults.engine_space import PATIENCE_SECONDS
from tests.integration.libvirt.vm_space import VmSpace, sector, vm_space
from tools.engines.libvirtd import Libvirt
from tools.space.waiting import until

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(240)]

ALONE = 'network = "none"\n'


def _seen(stage: VmSpace, target: str) -> tuple[str, int]:
    """Return a target's state, and how many of its machines have ended."""
    state = stage.space.state(1)
    found = next((one for one in state.targets if one.name == target), None) if state else None
    return (found.state, len(found.outcomes)) if found else ("", 0)


@pytest.mark.slow  # twenty seconds: lives and a restart; `test_vm_seed` and the table of outcomes are fast
def test_who_lives_long_enough_is_proved_and_who_does_not_has_failed(
    inside: None, root: Path, libvirt: Libvirt
) -> None:
    """A restart in between finds the one that runs, though no network leads to it."""
    targets = {
        "brief": ALONE + sector(root, 0.5) + "fizzle_seconds = 60\n",
        "long": ALONE + sector(root, 6.0) + "fizzle_seconds = 1\n",
    }
    with vm_space(root, libvirt, targets) as stage:
        (member,) = stage.members
        stage.space.start()
        until(lambda: _seen(stage, "long")[0] in {"growing", "open"}, PATIENCE_SECONDS, "age has proved one")
        member.kill()
        member.start()
        until(lambda: _seen(stage, "brief")[1] > 0, PATIENCE_SECONDS, "one has ended early")
        until(lambda: _seen(stage, "long")[1] > 0, PATIENCE_SECONDS, "one has ended late")
        stage.rest()
        # What was being made when the factory was killed may have come to nothing, and says so by 100.
        rows = [row for row in stage.records()[member.name].rows.values() if row.code != 100]
        said = member.log.read_text()
    ends = {(row.target, row.outcome, row.code, row.text.split(" after ")[0], row.by_vacnet) for row in rows}
    assert ends == {("brief", "error", 700, "fizzled", True), ("long", "neutral", 200, "ended", True)}
    assert "libvirt.unserved" not in said
