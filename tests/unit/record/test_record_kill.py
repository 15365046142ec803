"""kill -9 in the middle of writes: what was awaited is there, and the database opens whole."""

import random
import subprocess
import sys
from pathlib import Path

from tests.unit.record.record_samples import Clocks

ROOT = Path(__file__).parents[3]
KILLS = 12
RANK = {"created": 0, "running": 1, "ended": 2}


def _claims_until_killed(path: Path, lines: int) -> list[str]:
    """Let the program write, kill it after it has made some claims, and return all it had made."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.record.story_writes", str(path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    first = [program.stdout.readline().decode() for _ in range(lines)]
    program.kill()
    rest = program.stdout.read().decode().splitlines(keepends=True)
    program.wait()
    program.stdout.close()
    return [line.strip() for line in (*first, *rest) if line.endswith("\n")]


async def test_nothing_that_was_awaited_is_lost_by_kill_9(clocks: Clocks, path: Path) -> None:
    draw = random.Random(7)
    claimed: dict[str, int] = {}
    epochs: list[int] = []
    counted = {"started": 0, "ended": 0}
    for _ in range(KILLS):
        for claim in _claims_until_killed(path, draw.randint(1, 60)):
            what, value = claim.split()
            if what == "epoch":
                epochs.append(int(value))
            else:
                claimed[value] = RANK[what]
        record = await clocks.open(path)
        assert record.rebuilt == ""
        kept = {row.id: RANK[row.state] for row in await record.machines(unfinished=False)}
        counts = {one.what: one.count for one in await record.counts()}
        ran = sum(row.started_wall is not None for row in await record.machines(unfinished=False))
        accounted = [row.id for row in await record.accounting(ended_from=0.0, limit=100_000)]
        await record.close()
        assert {id_: kept.get(id_, -1) for id_, rank in claimed.items() if kept.get(id_, -1) < rank} == {}
        assert counts == {"started": ran, "ended": len(accounted)}
        assert all(counts[what] >= before for what, before in counted.items())
        counted = counts
        assert sorted(accounted) == sorted(id_ for id_, rank in kept.items() if rank == RANK["ended"])
    assert len(claimed) > KILLS
    assert epochs == sorted(set(epochs))
