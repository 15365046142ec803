"""The demo as a user runs it, without a terminal: machines, outcomes and takers agree, nothing is left."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.space.left_over import processes_that_mention
from tools.space.waiting import until

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(600)]

PATIENCE = 4
"""Other tests run beside it."""


@contextmanager
def _demo(place: Path, out: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo; it ends with the block in any case."""
    options = ["--out", str(out), "--patience", str(PATIENCE), *words]
    demo = subprocess.Popen(
        [sys.executable, "-m", "tools.demo", *options],
        env=os.environ | {"TMPDIR": str(place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with demo:
        try:
            yield demo
        finally:
            demo.terminate()


def _column(summary: str, title: str) -> dict[str, int]:
    """Return a column of the summary's table by target; numbers end below the end of their title."""
    head, *rows = summary.partition("\n\n")[0].splitlines()
    end = head.index(title) + len(title)
    return {row.split()[0]: int(row[:end].split()[-1]) for row in rows}


def _number(summary: str, pattern: str) -> int:
    found = re.search(pattern, summary)
    assert found, summary
    return int(found[1])


def _assert_sums_agree(summary: str) -> None:
    """Hold the numbers of the summary against each other: machines = outcomes, and those = takers."""
    made = _column(summary, "made")
    ends = [_column(summary, kind) for kind in ("ok", "no work", "error", "neutral")]
    assert made == {target: sum(kind[target] for kind in ends) for target in made}
    assert _number(summary, r"(\d+) machines were made") == sum(made.values())
    assert _number(summary, r"and (\d+) outcomes recorded") == sum(made.values())
    assert _number(summary, r"gave work to (\d+) machines") == ends[0]["demo-mandelbrot"]
    assert _number(summary, r"; (\d+) found it empty") == ends[1]["demo-mandelbrot"]


@pytest.mark.parametrize(
    ("factories", "seed", "tiles"),
    [
        (3, 1, 36),
        pytest.param(5, 7, 120, marks=pytest.mark.slow),
        pytest.param(2, 4, 3, marks=pytest.mark.slow),
        pytest.param(1, 12, 40, marks=pytest.mark.slow),
    ],
)
def test_machines_are_outcomes_and_those_with_work_are_the_queues_takers(
    tmp_path: Path, place: Path, factories: int, seed: int, tiles: int
) -> None:
    words = ["--factories", str(factories), "--seed", str(seed), "--tiles", str(tiles)]
    with _demo(place, tmp_path, *words) as demo:
        said, _ = demo.communicate()
    assert demo.returncode == 0, said
    summary = (tmp_path / "summary.txt").read_text()
    _assert_sums_agree(summary)
    assert f"{tiles} of {tiles} tiles done" in summary
    assert "Machines, outcomes and the queue's takers agree." in summary
    assert (tmp_path / f"mandelbrot-{seed}.png").read_bytes().startswith(b"\x89PNG")
    assert str(tmp_path / f"mandelbrot-{seed}.png") in said
    assert list(place.iterdir()) == []
    assert processes_that_mention(place) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_interrupts_the_demo_finds_nothing_left_and_the_picture_so_far(
    tmp_path: Path, place: Path, number: signal.Signals
) -> None:
    with _demo(place, tmp_path) as demo:
        until(lambda: any(place.glob("*/factory*/state/machines/*/joboutputs")), 60, "a machine runs")
        demo.send_signal(number)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    assert "Interrupted: machines that still ran were ended" in said
    assert (tmp_path / "mandelbrot-1.png").exists()
    assert list(place.iterdir()) == []
    assert processes_that_mention(place) == []
