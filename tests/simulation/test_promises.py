"""The promises of the collective decision, run over the real agent and the real wire."""

from statistics import mean

import pytest

from vacnet.agent.agent import Agent
from vacnet.agent.events import Stopping
from vacnet.outcomes import Kind
from vacnet.simulate.checkers import BrokenPromiseError, Ends, OneMachineATicket, TablesEqual
from vacnet.simulate.network import Weather
from vacnet.simulate.run import Scenario, World, run
from vacnet.simulate.toys import Always, Behaviour, Queue
from vacnet.space.pulls import Pulls
from vacnet.space.repair import Repair
from vacnet.targets.model import Proof, Target

LOSSY = Weather(loss=0.01, delay_seconds=(0.001, 0.1))


def target(name: str, share: float = 1.0, backoff: int = 30) -> Target:
    return Target(
        name=name,
        target_share=share,
        backoff_seconds=backoff,
        backoff_max_seconds=8 * backoff,
        fizzle_seconds=60,
        proof=Proof.JOB_STARTED,
        gain=1,
    )


def idle() -> dict[str, Behaviour]:
    return {"idle": Always(300)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("factories", [1, 3, 10])
def test_a_target_without_work_is_probed_once_a_window(factories: int, seed: int) -> None:
    tickets, ends = OneMachineATicket(), Ends()
    scenario = Scenario(
        factories=factories, targets=(target("idle"),), behaviours=idle, weather=LOSSY, seconds=600
    )
    run(scenario, seed, tickets, ends, TablesEqual())
    probes = tickets.probes()
    assert set(probes.values()) == {1}
    # back-off 30, 60, 120, 240: at most so many windows fit, and at least so many have to
    assert 4 <= len(probes) <= 6
    assert ends.kinds["idle"][Kind.NOWORK] == sum(probes.values())


@pytest.mark.parametrize("seed", range(3))
def test_useless_machines_are_bounded_by_the_jobs_found(seed: int) -> None:
    def behaviours() -> dict[str, Behaviour]:
        return {"queue": Queue(jobs=[(0.0, 10)], work_seconds=600)}

    ends = Ends()
    scenario = Scenario(
        factories=10, targets=(target("queue", backoff=600),), behaviours=behaviours, seconds=300
    )
    world = run(scenario, seed, ends, OneMachineATicket(), TablesEqual())
    queue = world.behaviours["queue"]
    assert isinstance(queue, Queue)
    assert queue.taken == 10
    assert ends.kinds["queue"][Kind.NOWORK] <= 1 + 10


@pytest.mark.parametrize("seed", range(2))
def test_work_that_comes_later_is_found_and_the_space_grows_again(seed: int) -> None:
    def behaviours() -> dict[str, Behaviour]:
        return {"queue": Queue(jobs=[(0.0, 12), (200.0, 40)], work_seconds=20)}

    scenario = Scenario(
        factories=5,
        targets=(target("queue", backoff=20),),
        behaviours=behaviours,
        seconds=500,
        weather=LOSSY,
    )
    world = run(scenario, seed, OneMachineATicket(), TablesEqual())
    queue = world.behaviours["queue"]
    assert isinstance(queue, Queue)
    assert queue.taken == 52


def test_a_fault_of_one_factory_stays_its_own() -> None:
    def behaviours() -> dict[str, Behaviour]:
        return {"faulty": Always(200, trial_seconds=5, broken=("factory1.sim.example.org",))}

    ends = Ends()
    run(Scenario(targets=(target("faulty"),), behaviours=behaviours, seconds=120), 0, ends)
    assert ends.kinds["faulty"][Kind.OK] > 80  # of 12 places at 5 s each, while the target opens
    assert ends.kinds["faulty"][Kind.ERROR] <= 4


@pytest.mark.parametrize("seed", range(2))
def test_both_sides_of_a_partition_go_on_and_probe_once_each(seed: int) -> None:
    def cut(world: World) -> None:
        world.network.partition(
            [node.address for node in world.nodes[:4]], [node.address for node in world.nodes[4:]]
        )

    tickets = OneMachineATicket()
    scenario = Scenario(
        factories=10,
        targets=(target("idle"),),
        behaviours=idle,
        faults=((100.0, cut), (400.0, lambda world: world.network.partition())),
        seconds=700,
    )
    run(scenario, seed, tickets, TablesEqual())
    numbers = [number for _, number, _ in tickets.probes()]
    assert max(numbers.count(number) for number in numbers) <= 2


def test_shares_are_met() -> None:
    """At any moment within three places of a hundred, and on average closer."""
    moments = [_shares(seed) for seed in range(4)]
    for name, due in (("a", 50), ("b", 30), ("c", 20)):
        got = [moment[name] for moment in moments]
        assert mean(got) == pytest.approx(due, abs=2)
        assert got == pytest.approx([due] * len(got), abs=3)


def _shares(seed: int) -> dict[str, int]:
    """Return how many of a hundred places three targets have after a quarter of an hour."""

    def behaviours() -> dict[str, Behaviour]:
        return {
            name: Queue(jobs=[(0.0, 10**6)], trial_seconds=2, work_seconds=300) for name in ("a", "b", "c")
        }

    targets = (target("a", 50), target("b", 30), target("c", 20))
    scenario = Scenario(factories=10, processors=10, targets=targets, behaviours=behaviours, seconds=900)
    world = run(scenario, seed)
    agent = world.nodes[0].agent
    assert isinstance(agent, Agent)
    views = agent.view(world.clock.now).targets
    assert sum(view.processors for view in views) >= 98
    return {view.name: view.processors for view in views}


def test_a_whole_space_that_loses_its_power_comes_back_to_its_windows() -> None:
    def power_cut(world: World) -> None:
        for node in world.nodes:
            node.crash()
            world.clock.after(world.rng.uniform(5, 8), node.boot)

    tickets = OneMachineATicket()
    scenario = Scenario(
        factories=5, targets=(target("idle"),), behaviours=idle, faults=((200.0, power_cut),), seconds=500
    )
    run(scenario, 5, tickets, TablesEqual())
    assert set(tickets.probes().values()) == {1}


def test_a_factory_whose_only_peer_said_goodbye_goes_on() -> None:
    def leave(world: World) -> None:
        world.nodes[1].tell(Stopping())
        world.nodes[1].crash()

    def behaviours() -> dict[str, Behaviour]:
        return {"queue": Queue(jobs=[(0.0, 10**6)], trial_seconds=1, work_seconds=10)}

    ends = Ends()
    scenario = Scenario(
        factories=2, targets=(target("queue"),), behaviours=behaviours, faults=((100.0, leave),), seconds=300
    )
    world = run(scenario, 1, ends)
    agent = world.nodes[0].agent
    assert isinstance(agent, Agent)
    assert agent.host.reasons == ()
    assert ends.kinds["queue"][Kind.OK] > 100


def test_the_same_seed_gives_the_same_run() -> None:
    scenario = Scenario(targets=(target("idle"),), behaviours=idle, weather=LOSSY, seconds=100)
    runs = [run(scenario, 7) for _ in range(2)]
    assert len({(world.network.sent, world.network.bytes_sent) for world in runs}) == 1
    assert run(scenario, 8).network.bytes_sent != runs[0].network.bytes_sent


# --- the checkers catch what they are there for -----------------------------------------------------------


def test_a_mutant_that_never_yields_a_claim_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vacnet.agent.bid.must_yield", lambda *_: False)
    monkeypatch.setattr("vacnet.agent.bid.wait_seconds", lambda *_: 0.0)
    scenario = Scenario(factories=10, targets=(target("idle"),), behaviours=idle, weather=LOSSY)
    with pytest.raises(BrokenPromiseError, match="two machines on one ticket"):
        run(scenario, 1, OneMachineATicket())


def test_a_mutant_whose_tables_stay_apart_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(repair: Repair) -> None:
        repair.next_at += 1.0

    monkeypatch.setattr(Repair, "wake", never)
    monkeypatch.setattr(Pulls, "gap", lambda *_: None)
    heavy = Weather(loss=0.5)
    scenario = Scenario(factories=5, targets=(target("idle"),), behaviours=idle, weather=heavy, seconds=200)
    with pytest.raises(BrokenPromiseError, match="tables differ"):
        run(scenario, 1, TablesEqual())
