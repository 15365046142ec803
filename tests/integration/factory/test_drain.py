"""Drain, undrain and stop, as an admin's commands, on a factory with real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tools.space import settings
from tools.space.member import CHECKOUT, Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError, DrainOrder, DrainState, MachineState
from vacnet.factory.drain import KEPT_AS, Drain, encode
from vacnet.machines.features import GRACE_SECONDS

MakeSpace = Callable[[int], Space]

PATIENCE_SECONDS = 30.0
VACNET = (sys.executable, "-c", "import sys; sys.argv[0] = 'vacnet'; from vacnet.cli import main; main()")


def vacnet(factory: Member, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an admin would."""
    return subprocess.run(
        [*VACNET, *words],
        cwd=CHECKOUT,
        env={**os.environ, "VACNET_SOCKET": str(factory.socket), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def running(factory: Member) -> list[MachineState]:
    try:
        machines = factory.client().machines().machines
    except ClientError:
        return []
    return [machine for machine in machines if machine.state == "running"]


def finish(machine: MachineState) -> None:
    Path(machine.directory, "joboutputs", "finish").touch()


def ended(factory: Member) -> list[str]:
    return [machine.message for machine in factory.client().machines(ended=9).machines if machine.outcome]


def due(machine: MachineState) -> float:
    return float(Path(machine.directory, "machinefeatures", "shutdowntime").read_text())


def drained(factory: Member) -> DrainState:
    return factory.client().drain_state()


@pytest.fixture
def factory(make_space: MakeSpace) -> Member:
    """Two machines run on it."""
    member = make_space(1).members[0]
    member.start()
    until(lambda: len(running(member)) == 2, PATIENCE_SECONDS, "two machines run")
    return member


def restart(factory: Member, machines: int) -> None:
    factory.kill()
    factory.start()
    until(lambda: len(running(factory)) == machines, PATIENCE_SECONDS, "it is back with its machines")


def test_nothing_new_starts_while_what_runs_finishes_and_wait_ends_when_nothing_is_seen(
    factory: Member,
) -> None:
    first, second = running(factory)
    finish(first)
    done = vacnet(factory, "drain", "--reason", "new DIMMs", SUDO_USER="andrew")
    assert (done.returncode, done.stderr) == (0, "")
    assert "new DIMMs" in done.stdout
    until(lambda: ended(factory) == ["200 done"], PATIENCE_SECONDS, "the first has ended")
    done = vacnet(factory, "drain", "--reason", "new DIMMs", "--wait", "--timeout", "2")
    assert done.returncode == 75
    assert f"1 machine left ({second.id}), the last until" in done.stderr
    assert "not over within 2 s" in done.stderr
    finish(second)
    done = vacnet(factory, "drain", "--reason", "new DIMMs", "--wait")
    assert (done.returncode, "nothing runs" in done.stdout) == (0, True)
    assert running(factory) == []


def test_the_reason_is_seen_by_all_who_look_and_gossiped_as_a_flag(make_space: MakeSpace) -> None:
    space = make_space(2)
    space.start()
    first, second = space.members
    assert vacnet(first, "drain", "--reason", "new DIMMs", SUDO_USER="andrew").returncode == 0
    shown = vacnet(first, "space").stdout
    header, rest = shown.split("TARGETS")
    assert "new DIMMs" in header
    assert "new DIMMs" in rest.split("FACTORIES")[1], "in the note"
    assert "new DIMMs" in vacnet(first, "factories").stdout
    assert "new DIMMs" in vacnet(first, "logs").stdout
    until(
        lambda: any("draining" in one.flags for one in second.client().space().factories),
        PATIENCE_SECONDS,
        "the other one knows",
    )
    if os.geteuid() == 0:
        assert "(andrew)" in shown


def test_it_holds_over_kill_9_and_undrain_ends_it(factory: Member) -> None:
    assert vacnet(factory, "drain", "--reason", "new DIMMs").returncode == 0
    restart(factory, 2)
    assert "new DIMMs" in drained(factory).words
    for machine in running(factory):
        finish(machine)
    until(lambda: drained(factory).left == (), PATIENCE_SECONDS, "both have ended")
    done = vacnet(factory, "undrain")
    assert (done.returncode, "makes machines again" in done.stdout) == (0, True)
    until(lambda: len(running(factory)) == 2, PATIENCE_SECONDS, "it makes machines again")
    assert "was not drained" in vacnet(factory, "undrain").stdout
    told = [event.name for event in factory.client().events(limit=1000).events]
    assert told.count("factory.undrained") == 1, "what changed nothing is no news"


def test_by_a_time_the_machines_are_told_and_undrain_gives_their_time_back(factory: Member) -> None:
    own = {machine.id: due(machine) for machine in running(factory)}
    at = time.time() + 600
    assert vacnet(factory, "drain", "--reason", "reboot", "--by", "10m").returncode == 0
    until(
        lambda: all(abs(due(machine) - at) < 5 for machine in running(factory)),
        PATIENCE_SECONDS,
        "they are told",
    )
    assert "all gone in" in vacnet(factory, "space").stdout
    restart(factory, 2)
    assert all(abs(due(machine) - at) < 5 for machine in running(factory))
    assert vacnet(factory, "undrain").returncode == 0
    until(
        lambda: {machine.id: due(machine) for machine in running(factory)} == own,
        PATIENCE_SECONDS,
        "they have their time back",
    )


def test_a_time_within_the_grace_is_told_as_what_it_comes_to(factory: Member) -> None:
    state = factory.client().drain(DrainOrder(reason="reboot", by=time.time() + 5.0))
    last = state.last_deadline or 0.0
    about = [time.strftime("%H:%M:%S", time.localtime(last + off)) for off in (-1, 0, 1)]
    assert any(f"machines are gone by {clock};" in state.words for clock in about), (state.words, about)


def test_a_second_drain_replaces_the_first_and_says_so(factory: Member) -> None:
    vacnet(factory, "drain", "--reason", "reboot", "--by", "10m")
    done = vacnet(factory, "drain", "--reason", "new DIMMs")
    assert "new DIMMs" in done.stdout.splitlines()[0]
    assert "in place of: draining since" in done.stdout
    assert "reboot" in done.stdout
    until(
        lambda: all(due(machine) > time.time() + 3600 for machine in running(factory)),
        PATIENCE_SECONDS,
        "the time that the first took is given back",
    )


def test_now_ends_all_neutral_with_the_reason_and_what_they_had_to_say_counts(factory: Member) -> None:
    began = time.monotonic()
    done = vacnet(factory, "drain", "--reason", "new DIMMs", "--now", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["left"] == []
    assert ended(factory) == ["100 new DIMMs", "100 new DIMMs"]
    assert time.monotonic() - began < GRACE_SECONDS, "a payload that obeys SIGTERM is not waited for"
    assert all(machine.outcome == "neutral" for machine in factory.client().machines(ended=9).machines)


def test_what_was_ordered_now_is_done_by_the_factory_that_is_started_after_a_kill(factory: Member) -> None:
    factory.stop()
    order = Drain(reason="new DIMMs", who="andrew", since=time.time(), now=True)
    _keep(factory, encode(order))
    factory.start()
    until(lambda: _left(factory) == (), PATIENCE_SECONDS, "all are ended")
    assert ended(factory) == ["100 new DIMMs", "100 new DIMMs"]


def test_until_reboot_ends_with_the_boot(factory: Member) -> None:
    assert vacnet(factory, "drain", "--reason", "kernel", "--until-reboot").returncode == 0
    restart(factory, 2)
    kept = drained(factory)
    assert (kept.draining, kept.until_reboot) == (True, True)
    factory.stop()
    order = Drain(reason="kernel", who="andrew", since=time.time(), boot_id="of the boot before")
    _keep(factory, encode(order))
    factory.start()
    until(lambda: len(running(factory)) == 2, PATIENCE_SECONDS, "it is back")
    assert drained(factory).draining is False
    names = [event.name for event in factory.client().events(limit=1000).events]
    assert "factory.undrained" in names


def test_the_settings_drain_beside_it(factory: Member) -> None:
    vacnet(factory, "drain", "--reason", "new DIMMs")
    settings.add(factory, "quiet", "[factory]\ndraining = true\n")
    until(lambda: drained(factory).in_settings != "", PATIENCE_SECONDS, "the settings are read")
    done = vacnet(factory, "undrain")
    assert done.returncode == 1
    assert "still drains, by its settings: `[factory] draining = true`" in done.stderr
    assert drained(factory).draining


def test_waiting_survives_a_restart_of_the_factory_and_says_when_it_is_undrained(factory: Member) -> None:
    vacnet(factory, "drain", "--reason", "new DIMMs")
    said = factory.directory / "said"
    with said.open("w") as file:
        waiting = subprocess.Popen(
            [*VACNET, "drain", "--reason", "new DIMMs", "--wait", "--timeout", "60"],
            cwd=CHECKOUT,
            env={**os.environ, "VACNET_SOCKET": str(factory.socket)},
            stderr=file,
        )
    until(lambda: "2 machines left" in said.read_text(), PATIENCE_SECONDS, "it waits")
    factory.kill()
    until(lambda: "no factory answers" in said.read_text(), PATIENCE_SECONDS, "it says so")
    factory.start()
    until(lambda: said.read_text().count("2 machines left") == 2, PATIENCE_SECONDS, "it goes on")
    assert vacnet(factory, "undrain").returncode == 0
    assert waiting.wait(PATIENCE_SECONDS) == 1
    assert "somebody ran `vacnet undrain`" in said.read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--reason", "r", "--by", "soon"), "'soon' is no time: expected a time of day"),
        (("--reason", "r", "--by", "2h", "--now"), "either by a time or now"),
        (("--reason", "r", "--timeout", "5"), "--timeout is for --wait"),
        (("--reason", " "), "expected 1 to 200 printable characters"),
        (("--reason", "x" * 201), "expected 1 to 200 printable characters"),
        (("--reason", "r", "--by", "500d"), "from now to 366 days ahead"),
        ((), "--reason"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    factory: Member, words: tuple[str, ...], told: str
) -> None:
    done = vacnet(factory, "drain", *words)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert drained(factory).draining is False


# --- stop -----------------------------------------------------------------------------------------


def test_one_machine_is_ended_with_the_reason_and_another_is_made_in_its_place(factory: Member) -> None:
    first, second = running(factory)
    done = vacnet(factory, "stop", first.name, "--reason", "writes without end")
    assert (done.returncode, done.stderr) == (0, "")
    assert first.id in done.stdout
    until(lambda: ended(factory) == ["100 writes without end"], PATIENCE_SECONDS, "it has ended")
    assert second.uuid in {machine.uuid for machine in running(factory)}
    until(lambda: len(running(factory)) == 2, PATIENCE_SECONDS, "another is in its place")
    done = vacnet(factory, "stop", first.id, "--reason", "again")
    assert done.returncode == 1
    assert "has ended at" in done.stderr
    assert "with `100 writes without end`" in done.stderr


def test_a_machine_that_is_not_there_or_elsewhere_is_told(make_space: MakeSpace) -> None:
    space = make_space(2)
    space.start()
    first, second = space.members
    done = vacnet(first, "stop", "nobody", "--reason", "r")
    assert done.returncode == 66
    assert "this factory has no machine 'nobody'; `vacnet machines`" in done.stderr
    host, _, domain = second.name.partition(".")
    done = vacnet(first, "stop", f"{host}-01.{domain}", "--reason", "r")
    assert done.returncode == 66
    assert f"is a machine of {second.name}: run `vacnet stop" in done.stderr


def test_the_log_of_a_machine_that_has_ended_is_shown_whole_and_following_it_ends(factory: Member) -> None:
    machine = running(factory)[0]
    finish(machine)
    until(lambda: "200 done" in ended(factory), PATIENCE_SECONDS, "it has ended")
    for more in ((), ("-f",), ("--tail", "1", "-f")):
        done = vacnet(factory, "logs", machine.id, *more)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("working as")


def _left(factory: Member) -> tuple[str, ...] | None:
    try:
        return drained(factory).left
    except ClientError:
        return None


def _keep(factory: Member, text: str) -> None:
    """Write a drain into the record of a factory that does not run."""
    import sqlite3  # the record's own API would need a loop, and a lock that is not the test's matter

    with sqlite3.connect(factory.state / "vacnet.db") as connection:
        connection.execute("DELETE FROM facts WHERE key = ?", (f"text {KEPT_AS}",))
        connection.execute("INSERT INTO facts (key, value) VALUES (?, ?)", (f"text {KEPT_AS}", text))
    connection.close()
    msgspec.json.decode(text, type=Drain)
