"""Each example of `conf/examples/` does its work on a real factory, which understands how it ended."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.examples.conftest import EXAMPLES, Service, StartExample
from tools.space.member import Member
from tools.space.waiting import until
from vacnet.factory.client import ClientError, DrainOrder, MachineState, StopOrder

PATIENCE_SECONDS = 60.0


def _machines(factory: Member) -> tuple[MachineState, ...]:
    try:
        return factory.client().machines(ended=100).machines
    except ClientError:
        assert factory.running(), factory.last_words()
        return ()


def _ended(factory: Member, target: str = "") -> list[MachineState]:
    return [one for one in _machines(factory) if one.outcome and one.target.startswith(target)]


def _wait_for(factory: Member, message: str) -> MachineState:
    def found() -> list[MachineState]:
        return [one for one in _ended(factory) if one.message.startswith(message)]

    until(
        lambda: found() != [], PATIENCE_SECONDS, f"a machine ends with {message!r}:\n{factory.last_words()}"
    )
    return found()[0]


def test_the_pilots_do_what_is_in_the_queue_and_say_when_it_is_empty(
    start: StartExample, service: Service, directory: Path
) -> None:
    results = directory / "results"
    results.mkdir()
    results.chmod(0o777)
    service.jobs = [f"echo {n} && sleep 0.2" for n in range(3)]
    factory = start("pilot")
    done = _wait_for(factory, "200 3 payloads done")
    assert (done.kind, done.outcome, done.target) == ("PR", "ok", "example-plain")
    log = Path(done.directory, "console.log").read_text()
    assert "payload 3 done" in log
    assert Path(done.directory, "joboutputs", "heartbeat").exists()


def test_a_pilot_without_a_payload_reports_no_work_and_the_target_is_left_alone(
    start: StartExample, service: Service
) -> None:
    factory = start("pilot")
    assert _wait_for(factory, "300 no more work").outcome == "nowork"
    states = {target.name: target.state for target in factory.client().space().targets}
    assert states["example-plain"] == "back-off"
    assert service.jobs == []


def test_a_pilot_that_is_asked_to_end_says_so(start: StartExample, service: Service) -> None:
    service.jobs = ["sleep 600"]
    factory = start("pilot")
    until(
        lambda: any(m.proven and m.state == "running" for m in _machines(factory)),
        PATIENCE_SECONDS,
        "it works",
    )
    machine = next(m for m in _machines(factory) if m.proven)
    factory.client().stop(machine.id, StopOrder(reason="a test"))
    assert _wait_for(factory, "100 asked to end").outcome == "neutral"


def test_a_runner_takes_one_job_and_its_exit_code_tells_how_it_ended(
    start: StartExample, service: Service
) -> None:
    service.jobs = ["exit 0", "false"]
    factory = start("ci-runner")
    until(lambda: sorted(service.results) == ["0", "1"], PATIENCE_SECONDS, "both jobs are done")
    done = _wait_for(factory, "300")
    assert (done.outcome, done.by_vacnet) == ("nowork", True)
    kinds = Counter(one.outcome for one in _ended(factory))
    assert (kinds["ok"], kinds["error"]) == (2, 0)
    assert not any(Path(one.directory, "joboutputs", "shutdown_message").exists() for one in _ended(factory))


def test_a_runner_whose_token_is_refused_counts_against_the_target(
    start: StartExample, service: Service
) -> None:
    service.token_is_good = False
    assert _wait_for(start("ci-runner"), "400").outcome == "error"


@pytest.fixture
def tasks(directory: Path) -> Path:
    made = directory / "tasks"
    for name in ("new", "taken", "done", "failed"):
        (made / name).mkdir(parents=True)
        (made / name).chmod(0o777)
    return made


def test_a_batch_of_tasks_is_done_once_each(start: StartExample, tasks: Path) -> None:
    for number in range(20):
        (tasks / "new" / f"task-{number:02d}").write_text(f"echo {number} >>{tasks}/done/log\nsleep 0.1\n")
    (tasks / "new" / "task-bad").write_text("exit 1\n")
    factory = start("batch")
    _wait_for(factory, "300 no more tasks")
    log = (tasks / "done" / "log").read_text().split()
    assert sorted(map(int, log)) == list(range(20))
    assert [path.name for path in (tasks / "failed").iterdir()] == ["task-bad"]
    assert list((tasks / "taken").iterdir()) == []


def test_a_task_that_is_cut_off_goes_back(start: StartExample, tasks: Path) -> None:
    (tasks / "new" / "long").write_text("sleep 600\n")
    factory = start("batch")
    until(lambda: any(m.proven for m in _machines(factory)), PATIENCE_SECONDS, "it works")
    factory.client().drain(DrainOrder(reason="a test", now=True))
    _wait_for(factory, "100 asked to end, long goes back")
    assert [path.name for path in (tasks / "new").iterdir()] == ["long"]


def test_the_examples_are_what_their_page_names_and_their_files_can_be_read() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    page = (EXAMPLES / "README.md").read_text()
    assert {name for name in folders if f"| `{name}` |" in page} == folders
    for path in EXAMPLES.glob("*/vacnet.toml"):
        assert tomllib.loads(path.read_text())
    assert json.loads((EXAMPLES / "pilot" / "example.pipe").read_text())["machinetypes"]
