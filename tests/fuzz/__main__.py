"""`python -m tests.fuzz --inputs N --seconds S --seed X`: feed a factory, tell what came of it.

Ends with 1 when an exception left the engine (the datagram is printed, and the seed repeats it) or when
memory grew. `make fuzz` also measures which branches of `vacnet/space` the first inputs reach.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.fuzz.target import Target

BATCH = 10_000
TELL_SECONDS = 60.0
GROWTH_BYTES_MOST = 32 << 20
"""Above what the first tenth of the run needed: one factory at its bounds is less."""
PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Carry out one run."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    _say(f"seed {given.seed}, at most {given.inputs:,} inputs or {given.seconds:g} s")
    target = Target(given.seed)
    try:
        grown = _run(target, given.inputs, given.seconds)
    except Exception:  # whatever escapes is the finding: its input is told, and it goes on unchanged
        _say(f"after {target.tally.inputs:,} inputs, by {target.last.hex()}:")
        raise
    counted = sorted(target.tally.rejects.items(), key=lambda item: -item[1])
    _say("refused: " + ", ".join(f"{reason} {count:,}" for reason, count in counted))
    if grown > GROWTH_BYTES_MOST:
        _say(f"memory grew by {grown >> 20} MiB")
        return 1
    return 0


def _run(target: Target, inputs: int, seconds: float) -> int:
    """Feed until the end; return by how many bytes memory grew after the first tenth."""
    begin = told = time.monotonic()
    base = 0
    while (done := target.tally.inputs) < inputs and time.monotonic() - begin < seconds:
        target.feed(min(BATCH, inputs - done))
        if not base and target.tally.inputs >= inputs // 10:
            base = _resident()
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            _say(_line(target, told - begin))
    _say(_line(target, time.monotonic() - begin))
    return _resident() - (base or _resident())


def _line(target: Target, seconds: float) -> str:
    tally = target.tally
    return (
        f"{tally.inputs:,} inputs in {seconds:.0f} s ({tally.inputs / seconds:,.0f}/s), "
        f"{tally.sealed / tally.inputs:.0%} sealed, {tally.decoded:,} messages came back the same, "
        f"{_resident() >> 20} MiB"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


if __name__ == "__main__":
    sys.exit(main())
