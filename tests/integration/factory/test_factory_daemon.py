"""`vacnet run` as a process: its start, its end, bad files, and that machines survive all of it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.space.member import CHECKOUT, COMMAND, Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError

MakeSpace = Callable[[int], Space]

PATIENCE_SECONDS = 30.0


@pytest.fixture
def factory(make_space: MakeSpace) -> Member:
    return make_space(1).members[0]


def _answers(factory: Member) -> bool:
    try:
        factory.client().health()
    except ClientError:
        if not factory.running():
            raise AssertionError(factory.last_words()) from None
        return False
    return True


def _start(factory: Member) -> None:
    factory.start()
    until(lambda: _answers(factory), PATIENCE_SECONDS, "the factory answers")


def _running(factory: Member) -> dict[str, float | None]:
    machines = factory.client().machines().machines
    return {machine.uuid: machine.started for machine in machines if machine.state == "running"}


def _ended(factory: Member) -> list[str]:
    return [machine.message for machine in factory.client().machines(ended=9).machines if machine.outcome]


def _with_machines(factory: Member, count: int = 2) -> dict[str, float | None]:
    _start(factory)
    until(lambda: len(_running(factory)) == count, PATIENCE_SECONDS, f"{count} machines run")
    return _running(factory)


def _warned(factory: Member, words: str) -> bool:
    return any(words in warning for warning in factory.client().space().warnings)


def _main(factory: Member) -> Path:
    return factory.config / "vacnet.toml"


def _run(factory: Member, *more: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, str(factory.config), *more]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("end", [Member.stop, Member.kill])
def test_machines_survive_the_factory_and_the_next_start_adopts_them(
    factory: Member, end: Callable[[Member], None]
) -> None:
    before = _with_machines(factory)
    end(factory)
    _start(factory)
    assert _running(factory) == before
    machines = factory.client().machines(ended=10).machines
    assert len(machines) == 2


def test_what_ended_while_no_factory_ran_is_judged_at_the_next_start(factory: Member) -> None:
    _with_machines(factory)
    machines = factory.client().machines().machines
    factory.stop()
    for machine in machines:
        Path(machine.directory, "joboutputs", "finish").touch()
    _start(factory)
    until(lambda: _ended(factory) == ["200 done", "200 done"], PATIENCE_SECONDS, "both ends are judged")


def test_sigterm_ends_it_with_exit_0_and_waits_for_no_machine(factory: Member) -> None:
    before = _with_machines(factory)
    child = factory._child
    assert child is not None
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0
    assert not factory.socket.exists()
    _start(factory)
    until(lambda: _running(factory) == before, PATIENCE_SECONDS, "they ran on")


def test_a_bad_file_never_stops_a_running_factory_and_a_good_one_is_taken_over(factory: Member) -> None:
    before = _with_machines(factory)
    good = _main(factory).read_text()
    _main(factory).write_text(good + "\n[factory]\n")
    until(lambda: _warned(factory, "vacnet.toml"), PATIENCE_SECONDS, "the problem is shown")
    assert _running(factory) == before
    _main(factory).write_text(good.replace("processors = 4", "processors = 3"))
    until(
        lambda: factory.client().space().factories[0].processors_total == 3, PATIENCE_SECONDS, "3 processors"
    )
    assert factory.client().space().warnings == ()


def test_sighup_reads_all_files_at_once(factory: Member) -> None:
    _with_machines(factory)
    child = factory._child
    assert child is not None
    _main(factory).write_text(_main(factory).read_text().replace("processors = 4", "processors = 3"))
    child.send_signal(signal.SIGHUP)
    until(
        lambda: factory.client().space().factories[0].processors_total == 3, PATIENCE_SECONDS, "3 processors"
    )


def test_what_cannot_change_while_it_runs_is_said_and_waits(factory: Member) -> None:
    _with_machines(factory)
    _main(factory).write_text(_main(factory).read_text().replace(factory.name, "another.example"))
    until(lambda: _warned(factory, "[factory] name was edited"), PATIENCE_SECONDS, "it is said")
    assert factory.client().space().factory == factory.name


def test_a_start_with_bad_settings_adopts_and_starts_nothing_until_they_are_mended(factory: Member) -> None:
    before = _with_machines(factory)
    factory.stop()
    good = _main(factory).read_text()
    _main(factory).write_text(good + "\nprocesors = 3\n")
    _start(factory)
    assert _running(factory) == before
    assert factory.client().health().state == "restricted"
    assert _warned(factory, "procesors")
    _main(factory).write_text(good)
    until(lambda: factory.client().health().state == "ready", PATIENCE_SECONDS, "it is mended")
    assert factory.client().space().warnings == ()
    assert _running(factory) == before


def test_bad_settings_without_a_copy_end_with_78_and_every_problem(factory: Member) -> None:
    _main(factory).write_text('[space]\nnam = "s"\n[factory]\nprocessors = "many"\n')
    done = _run(factory)
    assert done.returncode == 78
    assert "vacnet.toml:2" in done.stderr
    assert "vacnet.toml:4" in done.stderr
    assert not (factory.state / "vacnet.db").exists()


def test_a_factory_without_a_key_starts_nothing_until_it_has_one(factory: Member) -> None:
    key = factory.config / "space.key"
    kept = key.read_text()
    key.unlink()
    _start(factory)
    assert _warned(factory, "no such key file; `vacnet key new`")
    assert factory.client().health().state == "restricted"
    key.write_text(kept)
    key.chmod(0o600)
    until(lambda: len(_running(factory)) == 2, PATIENCE_SECONDS, "it makes machines")
    assert factory.client().health().state == "ready"


def test_a_key_that_others_come_to_read_while_it_runs_is_told_and_so_is_that_it_is_closed(
    factory: Member,
) -> None:
    def told() -> list[str]:
        return [one.words for one in factory.client().health().conditions if one.name == "keys"]

    key = factory.config / "space.key"
    _start(factory)
    assert told() == []
    key.chmod(0o644)
    until(lambda: any(f"chmod 600 {key}" in words for words in told()), PATIENCE_SECONDS, "health tells it")
    key.chmod(0o600)
    until(lambda: not told(), PATIENCE_SECONDS, "and that it is over")


def test_a_second_factory_on_the_same_state_directory_is_refused_in_words(factory: Member) -> None:
    _start(factory)
    other = factory.directory / "other.toml"
    text = _main(factory).read_text().replace(f":{factory.port}", f":{factory.port + 1}")
    other.write_text(text)
    done = subprocess.run(
        [*COMMAND, str(other)], cwd=CHECKOUT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "is in use by the factory with pid" in done.stderr
    assert "Traceback" not in done.stderr
    assert _answers(factory)


def test_a_port_in_use_is_told_with_what_to_do(factory: Member, make_space: MakeSpace) -> None:
    _start(factory)
    own = factory.directory.parent / "second"
    own.mkdir()
    text = _main(factory).read_text().replace(str(factory.state), str(own))
    (own / "vacnet.toml").write_text(text)
    done = subprocess.run(
        [*COMMAND, str(own)], cwd=CHECKOUT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{factory.port}" in done.stderr
    assert "choose another port" in done.stderr


def test_a_state_directory_of_another_name_is_refused_with_78(factory: Member) -> None:
    _start(factory)
    factory.stop()
    _main(factory).write_text(_main(factory).read_text().replace(factory.name, "another.example"))
    done = _run(factory)
    assert done.returncode == 78
    assert f'set name = "{factory.name}"' in done.stderr


def test_check_says_whether_all_files_are_good_and_starts_nothing(factory: Member) -> None:
    done = _run(factory, "--check")
    assert (done.returncode, "settings are good" in done.stderr) == (0, True)
    (factory.config / "peers.toml").write_text('peers = ["a b"]\n')
    done = _run(factory, "--check")
    assert done.returncode == 78
    assert "peers.toml:1" in done.stderr
    assert not os.listdir(factory.state)  # noqa: PTH208 (an empty directory is the point)


def test_the_console_log_and_the_events_of_a_machine_are_had_by_its_name(factory: Member) -> None:
    _with_machines(factory)
    machine = factory.client().machines().machines[0]
    until(lambda: b"working" in b"".join(factory.client().log(machine.name)), PATIENCE_SECONDS, "it wrote")
    assert b"".join(factory.client().log(machine.id, tail=1)).startswith(b"working as")
    names = [event.name for event in factory.client().events(limit=1000).events]
    assert names.index("factory.started") < names.index("machine.started")
    with pytest.raises(ClientError, match="has no machine 'nobody'"):
        list(factory.client().log("nobody"))


def test_a_killed_factory_leaves_a_socket_that_the_next_one_replaces(factory: Member) -> None:
    _start(factory)
    factory.kill()
    assert factory.socket.exists()
    _start(factory)
    assert factory.client().health().state == "ready"


def test_it_can_be_told_to_stop_while_it_starts(factory: Member) -> None:
    _with_machines(factory)
    factory.kill()
    factory.start()
    child = factory._child
    assert child is not None
    lock = factory.state / "vacnet.lock"
    until(lambda: lock.read_text().strip() == str(child.pid), PATIENCE_SECONDS, "it has begun")
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) in {0, -signal.SIGTERM}
    _start(factory)
    assert len(_running(factory)) == 2
