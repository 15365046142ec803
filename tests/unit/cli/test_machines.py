"""`vacnet machines`: of this host's factory, of another through it, and whom to ask said twice."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.conftest import Command
from vacnet.cli.exits import Exit


def test_another_factorys_machines_are_asked_for_by_name(vacnet: Command, daemon: Path) -> None:
    told = json.loads(vacnet("machines", "--factory", "vac02.example.org", "--json", socket=daemon).stdout)
    assert (told["factory"], told["asked_by"]) == ("vac02.example.org", "vac01.example.org")
    shown = vacnet("machines", "--factory", "vac02.example.org", socket=daemon).stdout
    assert "asked by vac01.example.org, 0.0s old" in " ".join(shown.split())


def test_a_factory_that_the_one_here_does_not_know_is_no_input(vacnet: Command, daemon: Path) -> None:
    done = vacnet("machines", "--factory", "vac99.example.org", socket=daemon)
    assert (done.returncode, done.stdout) == (Exit.NO_INPUT, "")


def test_whom_to_ask_is_said_once(vacnet: Command, daemon: Path) -> None:
    done = vacnet("machines", "--factory", "vac02", "--peer", "192.0.2.1", socket=daemon)
    assert done.returncode == Exit.WRONG_USE
    assert "give one of them" in done.stderr
