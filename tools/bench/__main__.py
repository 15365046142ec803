"""`python -m tools.bench [NAME ...] [--seconds N] [--json FILE]`: measure and print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tools.bench import (
    dashboard,
    decide,
    docker_start,
    gossip_cpu,
    gossip_flood,
    gossip_real,
    gossip_sim,
    metadata,
    probes,
    replaced,
    rest,
    start_up,
    vm_start,
    whatif,
)
from tools.bench.figure import Figure

BENCHES: dict[str, Callable[[float], Iterator[Figure]]] = {
    "docker-start": docker_start.measure,
    "vm-start": vm_start.measure,
    "docker-replaced": replaced.measure,
    "start-up": start_up.measure,
    "dashboard": dashboard.measure,
    "rest": rest.measure,
    "metadata": metadata.measure,
    "gossip-cpu": gossip_cpu.measure,
    "decide": decide.measure,
    "probes": probes.measure,
    "whatif": whatif.measure,
    "gossip-sim": gossip_sim.measure,
    "gossip-flood": gossip_flood.measure,
    "gossip-real": gossip_real.measure,
}


def main(words: Sequence[str]) -> int:
    """Carry out one command line; the exit code is 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; none: all")
    parser.add_argument("--seconds", type=float, default=60.0, help="to measure for (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args(words)
    figures = [f for name in given.names or BENCHES for f in BENCHES[name](given.seconds)]
    _print(figures)
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2))
    return 0


def _print(figures: Sequence[Figure]) -> None:
    table = Table("figure", "value", "unit", "at most", "met", "how")
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:g}"
        table.add_row(figure.name, f"{figure.value:.3g}", figure.unit, limit, figure.met, figure.how)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
