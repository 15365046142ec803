"""`python -m tools.demo`: what `make demo` runs; see `--help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.demo.models import MODELS, ModelError
from tools.demo.run import OUT, Options, run


def main(words: Sequence[str]) -> int:
    """Run the demo as the command line says and return its exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--model", choices=MODELS, default="process", help="of the machines (default: %(default)s)"
    )
    parser.add_argument("--factories", type=int, default=3, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which picture (default: %(default)s)")
    parser.add_argument("--tiles", type=int, default=0, help="of the picture (default: 60 a factory)")
    parser.add_argument("--processors", type=int, default=4, help="of each factory (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=1.0, help="above 1 on a busy host")
    parser.add_argument(
        "--out", type=Path, default=OUT, help="where to keep the results (default: %(default)s)"
    )
    given = parser.parse_args(words)
    if given.factories < 1 or (given.tiles and given.tiles < 2):  # noqa: PLR2004 (one for each half)
        parser.error("a space has at least one factory and a picture at least two tiles")
    try:
        return run(Options(**vars(given)))
    except ModelError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
