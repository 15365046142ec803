"""Bring every engine of the table that does not answer, for as long as a block runs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.engines.packages import install
from tools.engines.table import ENGINES, Engine


@contextmanager
def brought() -> Iterator[None]:
    """Have the missing engines there, with `os.environ` leading to them, and take them away after.

    One that cannot be had is said on stderr and left to the tests that need it: they fail by name.
    """
    directory = Path(tempfile.mkdtemp(prefix="vacnet-engines-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        for engine in ENGINES.values():
            _bring(engine, directory, stack)
        yield


def _bring(engine: Engine, directory: Path, stack: ExitStack) -> None:
    if not engine.probe():
        return
    if problem := install(engine.packages) or _start(engine, directory, stack) or engine.probe():
        sys.stderr.write(f"engines: no {engine.name}: {problem}\n")
    else:
        sys.stderr.write(f"engines: {engine.name} is there\n")


def _start(engine: Engine, directory: Path, stack: ExitStack) -> str:
    if engine.start is None:
        return ""
    try:
        os.environ.update(stack.enter_context(engine.start(directory)))
    except OSError as error:
        return str(error)
    return ""
