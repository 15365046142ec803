"""What a failing test of this folder says beside its own words: promise, seed, each node, where the logs lie.

The promise is the name of the test, for names of tests are sentences here. The nodes are told as `status`
prints them at the moment of the failure, the targets in the nodes' own words, and those nodes are named that
tell something else than most.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.integration.testbed.stage import Stage, told_by
from tools.testbed.show import status


def told(name: str, stage: Stage | None, logs: Path) -> str:
    """Return the section of the report of a test; without a stage there is no testbed yet."""
    promise = name.removeprefix("test_").replace("_", " ")
    return "\n".join([f"promise: {promise}", *(_of_stage(stage, logs) if stage else ())])


def _of_stage(stage: Stage, logs: Path) -> Iterator[str]:
    yield f"seed: {stage.seed} (again with TESTBED_SEED={stage.seed})"
    yield from status(stage.bed)
    yield from _of_targets(stage)
    tells = {node.name: told_by(node) for node in stage.nodes}
    most = Counter(tells.values()).most_common(1)[0][0]
    apart = [name for name, one in tells.items() if one != most]
    yield f"told otherwise than by most: {', '.join(apart) or 'by none'}"
    yield f"logs and records of all nodes: {logs}"


def _of_targets(stage: Stage) -> Iterator[str]:
    """Yield what becomes of each target, and the nodes that say so."""
    said = defaultdict[str, list[str]](list)
    for node in stage.nodes:
        space = node.space()
        for one in space.targets if space else ():
            said[f"{one.name}: {one.state}, {one.words}"].append(node.name)
    yield from (f"{words} (by {', '.join(nodes)})" for words, nodes in sorted(said.items()))
