"""A target whose model no live factory makes holds no share against the others, as long as that is so."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from vacnet.agent.agent import Agent
from vacnet.agent.effects import StartMachine
from vacnet.agent.events import AgentSettings, HostChanged, HostFacts, KeysChanged, MachineStarted
from vacnet.agent.restored import Restored
from vacnet.agent.view import TargetView
from vacnet.targets.model import Model, Target

NOW = 1000.0
WORDS = "this version of vacnet has no runtime for machine_model vm"
TARGETS = (
    Target(name="cern", machine_model=Model.VM, target_share=3.0),
    Target(name="hello", machine_model=Model.PROCESS, target_share=1.0),
)


def agent_with(away: Mapping[Model, str], now: float = NOW) -> Agent:
    settings = AgentSettings(space="s", factory="f1", processors=4, memory_bytes=1 << 33, targets=TARGETS)
    agent = Agent(settings, Restored(epoch=1, instance=bytes(8)), KeysChanged(()), Random(1), now)
    agent.handle(HostChanged(HostFacts(engines_away=away)), now)
    return agent


def targets(agent: Agent, now: float = NOW) -> dict[str, TargetView]:
    return {target.name: target for target in agent.view(now).targets}


def test_it_holds_no_share_and_says_why() -> None:
    seen = targets(agent_with({Model.VM: WORDS}))
    assert (seen["cern"].share, seen["hello"].share) == (0.0, 1.0)
    assert seen["cern"].state == "no share"
    assert "model vm" in seen["cern"].words
    assert seen["cern"].here == WORDS


def test_where_it_can_be_made_it_holds_its_share() -> None:
    seen = targets(agent_with({}))
    assert (seen["cern"].share, seen["hello"].share) == (0.75, 0.25)


def test_an_engine_that_is_away_for_a_while_takes_no_share_from_what_was_made_with_it() -> None:
    agent = agent_with({})
    now = NOW
    while not (starts := [effect for effect in agent.effects() if isinstance(effect, StartMachine)]):
        now = max(now + 0.1, agent.next_timer())
        agent.handle(HostChanged(HostFacts()), now)
    for start in starts:
        agent.handle(MachineStarted(start.uuid), now)
    model = starts[0].target.machine_model
    agent.handle(HostChanged(HostFacts(engines_away={model: "docker is restarting"})), now)
    assert targets(agent, now)[starts[0].target.name].share > 0
