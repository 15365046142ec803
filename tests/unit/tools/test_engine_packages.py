"""Engines are brought one after the other: apt-get fails beside another apt-get."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.engines import packages

ALONE = """\
#!/bin/sh
mkdir "$PLACE/busy" || exit 100
sleep 0.1
rmdir "$PLACE/busy"
"""
"""An apt-get that fails beside another one."""


def test_two_that_bring_the_same_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "apt-get"
    program.write_text(ALONE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PLACE", str(tmp_path))
    monkeypatch.setattr(packages, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(os, "geteuid", lambda: 0)  # the program needs no root
    with ThreadPoolExecutor() as workers:
        told = list(workers.map(packages.install, [["one"], ["two"], ["three"]]))
    assert told == ["", "", ""]
