"""Three factories on one engine, which is killed; whose records are lost; whose machines come and go.

Nothing is lost, left over or double, what is not theirs is untouched, and everybody counts the same.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from tests.integration.docker.conftest import put_image
from tests.integration.docker.docker_site import socket_of_engine
from tests.integration.docker.docker_space import ENGINE_RESTARTED, book_of, docker_space
from tests.integration.faults.dying import lose_record
from tests.integration.faults.engine_space import PATIENCE_SECONDS
from tools.engines.dockerd import Daemon
from tools.space.waiting import until

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(900)]

COMING_AND_GOING = {"seconds": "seconds", "coded": "coded"}
KILL_SECONDS_MAX = 2.0
"""After something of ours runs: enough for starts, lives and ends of machines."""
ADOPTED = 10


class Strangers:
    """Containers that are not of this space; what has to run is started again by the engine itself."""

    def __init__(self, api: APIClient, image: str) -> None:
        self.api = api
        again = api.create_host_config(restart_policy={"Name": "always", "MaximumRetryCount": 0})
        labels = {"vacnet.factory": "elsewhere.example.org", "vacnet.machine": "1_t_00"}
        self.running = [
            self._make(image, "unlabelled", host_config=again),
            self._make(image, "of another", host_config=again, labels=labels),
        ]
        for container in self.running:
            api.start(container)
        self.waiting = self._make(image, "never started")

    def _make(self, image: str, name: str, **more: Any) -> str:
        made = self.api.create_container(image, ["sleep", "100000"], name=name.replace(" ", "-"), **more)
        return str(made["Id"])

    def untouched(self) -> bool:
        """Tell whether all are there as they were."""
        states = {row["Id"]: row["State"] for row in self.api.containers(all=True)}
        wanted = {**dict.fromkeys(self.running, "running"), self.waiting: "created"}
        return wanted.items() <= states.items()

    def remove(self) -> None:
        """Take them away: an engine that is stopped would wait for them."""
        for container in (*self.running, self.waiting):
            self.api.remove_container(container, force=True, v=True)


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_an_engine_killed_at_random_moments_costs_no_truth(
    root: Path, engine: Daemon, kills: int, record_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(1 << 30)
    lots, image = random.Random(seed), put_image(engine.address)
    with docker_space(root, engine.address, image, COMING_AND_GOING, most=2) as stage:
        stage.space.start()
        strangers = Strangers(stage.api, image)
        for _ in range(kills):
            until(lambda: bool(stage.containers("running")), PATIENCE_SECONDS, "there is something to lose")
            # waits for nothing: a kill at any moment is what is tested; a condition would choose the moment
            time.sleep(lots.uniform(0, KILL_SECONDS_MAX))
            engine.kill()
            engine.start()
        stage.rest()
        wrong = stage.wrong([ENGINE_RESTARTED])
        until(strangers.untouched, PATIENCE_SECONDS, "the strangers are as they were")
        strangers.remove()
        messages = Counter(row.message for record in stage.records().values() for row in record.rows.values())
    record_property(
        "told", f"engine killed{kills:>9} times, seed {seed}: {dict(messages)}, {len(wrong)} wrong"
    )
    assert not wrong, "\n".join([f"seed {seed}", *wrong])
    assert ENGINE_RESTARTED in messages, f"no kill hit a machine, seed {seed}: {messages}"


def test_records_deleted_while_ten_containers_run_cost_no_machine(root: Path, image: str) -> None:
    with docker_space(root, socket_of_engine(), image, {"waiting": "proves"}, most=4) as stage:
        stage.space.start()
        until(lambda: len(stage.machines()) >= ADOPTED, PATIENCE_SECONDS, "ten run")
        for member in stage.members:
            member.kill()
        before = {row["Labels"]["vacnet.uuid"]: row["Id"] for row in stage.containers("running")}
        for member in stage.members:
            lose_record(member)
        stage.space.start()
        until(
            lambda: before.keys() <= {one.uuid for one in stage.machines()},
            PATIENCE_SECONDS,
            "all are adopted",
        )
        after = {row["Labels"]["vacnet.uuid"]: row["Id"] for row in stage.containers("running")}
        assert before.items() <= after.items()
        stage.rest(stage.go)
        wrong = stage.wrong(adopted=True)
        records = stage.records().values()
    ended = {uuid: row.message for record in records for uuid, row in record.rows.items()}
    adopted = [event for record in records for event in record.events if event.startswith("machine.adopted")]
    assert not wrong, "\n".join(wrong)
    assert {ended[uuid] for uuid in before} == {"200 done"}
    assert len(adopted) >= len(before) >= ADOPTED


class Told:
    """What the engine tells of all machines: who was started and who died, by uuid, and how."""

    def __init__(self) -> None:
        self.starts: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        self.codes: dict[str, int] = {}
        self._api = APIClient(base_url=socket_of_engine(), version="auto")
        self._events = self._api.events(
            decode=True, filters={"event": ["start", "die"], "label": ["vacnet.uuid"]}
        )
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        with suppress(Exception):  # the stream is closed
            for event in self._events:
                of = event["Actor"]["Attributes"]
                uuid = of["vacnet.uuid"]
                if event["Action"] == "start":
                    self.starts[uuid] += 1
                else:
                    self.deaths[uuid] += 1
                    self.codes[uuid] = int(of["exitCode"])

    def close(self) -> None:
        """Stop listening."""
        self._events.close()
        self._thread.join(10)
        self._api.close()


@pytest.fixture
def told(image: str) -> Iterator[Told]:
    made = Told()
    yield made
    made.close()


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_starts_ends_outcomes_and_accounting_of_many_short_containers_agree_everywhere(
    root: Path, image: str, told: Told, count: int, record_property: Callable[[str, object], None]
) -> None:
    with docker_space(root, socket_of_engine(), image, COMING_AND_GOING, most=2) as stage:
        stage.space.start()
        until(lambda: len(told.starts) >= count, 10 * PATIENCE_SECONDS, f"{count} were started")
        stage.rest()
        until(lambda: told.deaths.keys() >= told.starts.keys(), PATIENCE_SECONDS, "all deaths were told")
        wrong, books = stage.wrong(), {home.name: book_of(home) for home in stage.homes()}
        records = stage.records().values()
    rows = {uuid: row for record in records for uuid, row in record.rows.items() if row.started}
    accounts = Counter(a.partition(" ")[0] for record in records for a in record.accounting.elements())
    record_property(
        "told", f"short containers{len(rows):>6} through 3 factories: {_words(rows)}, {len(wrong)} wrong"
    )
    assert not wrong, "\n".join(wrong)
    once = Counter(rows.keys())
    assert told.starts == told.deaths == accounts == once
    assert {row.id for row in rows.values()} == {name for name, book in books.items() if book["begun"]}
    assert {uuid: told.codes[uuid] for uuid in rows} == {
        u: 4 if r.code == 204 else 0 for u, r in rows.items()
    }
    assert sum(record.rows.keys() <= rows.keys() and bool(record.rows) for record in records) == 3


def _words(rows: dict[str, Any]) -> str:
    return ", ".join(f"{n} x {message!r}" for message, n in Counter(r.message for r in rows.values()).items())
