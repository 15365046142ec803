"""What each command says in each state of a space, and where no factory answers: one golden for each command.

Tables have goldens at several widths beside these (`tests/unit/console`). What a command prints whatever the
state of the space is named here with where that is held instead.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.cli import states
from tests.unit.cli.canned import answering
from tests.unit.cli.conftest import Command
from tests.unit.console import goldens
from tests.unit.console.drawn import drawn
from vacnet.cli import doctor_factory, settings_files
from vacnet.cli.app import build
from vacnet.cli.man_page import pages
from vacnet.cli.options import Asking
from vacnet.console.doctor_view import Diagnosis, doctor_view

COMMANDS = {
    "why": "why lhcb-prod",
    "drain": "drain --reason firmware",
    "drain-wait": "drain --reason firmware --wait --timeout 0",
    "undrain": "undrain",
    "stop": "stop vac01-00.example.org --reason firmware",
    "target-hold": "target hold lhcb-prod --reason firmware",
    "target-release": "target release lhcb-prod",
    "logs-machine": "logs vac01-00.example.org",
    "logs": "logs",
    "events": "events --level warning",
    "health": "health",
    "key-list": "key list --file HOME/space.key",
    "peers-list": "peers list",
    "space-until-drained": "space --until drained --timeout 0",
    "space-until-idle": "space --until idle --timeout 0",
    "factories-squid": "factories --format squid",
}
"""Those whose words are not a table of one width alone."""
TABLES = frozenset({"space", "targets", "factories", "machines", "history", "peers list"})
"""With goldens at several widths in tests/unit/console."""
LOOKS_AT_HOST = {
    "doctor": "below, as far as it asks the factory; of the host in test_doctor.py",
    "support": "test_doctor.py",
    "peers check": "test_probing.py and test_peers_check_view.py",
}
STATELESS = {
    "run": "it is the factory",
    "simulate": "test_simulate.py",
    "completion": "test_completion.py",
    "man": "test_completion.py",
    "config": "test_config.py",
    "key": "test_key.py",
    "peers": "test_peers.py",
    "gossip": "tests/integration/factory/test_factory_recording.py",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_did_in_every_state(
    vacnet: Command, short_path: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "space.key").write_text(f"member {bytes(range(32)).hex()}\n")
    words = COMMANDS[command].replace("HOME", str(tmp_path)).split()
    told = []
    for state in (*states.STATES, "no daemon"):
        if state == "no daemon":
            done = vacnet(*words, COLUMNS="80")
        else:
            with answering(short_path / "control.sock", states.answers(state)) as socket:
                done = vacnet(*words, socket=socket, COLUMNS="80")
        assert "Traceback" not in done.stderr
        streams = "".join(f"stderr: {line}\n" for line in done.stderr.splitlines())
        told.append(f"== {state}: exits with {done.returncode}\n{done.stdout.rstrip()}\n{streams}")
    text = f"$ vacnet {COMMANDS[command]}\n\n" + "\n".join(told)
    text = text.replace(str(tmp_path), "HOME").replace(str(short_path), "/run/vacnet")
    goldens.check(f"states-{command}", _of_any_time(text))


def _of_any_time(text: str) -> str:
    """Return the text as it would be whenever it is printed, and without what acts on a terminal."""
    return re.sub(r"( at|seen by \S+) \d\d:\d\d:\d\d", r"\1 12:03:01", text).replace("\x1b", "<ESC>")


def test_the_doctor_says_what_the_factory_suffers_from_in_every_state(short_path: Path) -> None:
    settings = settings_files.built_in(settings_files.read(short_path).places)
    assert settings is not None
    told = []
    for state in states.STATES:
        with answering(short_path / "control.sock", states.answers(state)) as socket:
            found = tuple(doctor_factory.factory(settings, Asking(socket=socket)))
        told.append(f"== {state}\n{drawn(doctor_view(Diagnosis(findings=found)), 80)}")
    goldens.check("states-doctor-factory", "\n".join(told))


def test_no_command_is_left_out() -> None:
    leaves = {" ".join(page.words) for page in pages(build(whole=True)) if page.app.default_command}
    asked = {" ".join(words.split()[:n]) for words in COMMANDS.values() for n in (1, 2)}
    known = asked | TABLES | set(LOOKS_AT_HOST)
    others = {leaf for leaf in leaves - known if leaf.split()[0] not in STATELESS}
    assert not others, f"these stand in no table above: {others}"
