"""Watched sites: what is shown of a simulated space adds up, whoever decides in it."""

from __future__ import annotations

import dataclasses

import pytest

from vacnet.simulate.watched.agents import WatchedAgents
from vacnet.simulate.watched.sketch import Sketch
from vacnet.simulate.watched.toy import Watched
from vacnet.simulate.whatif.site import Hosts, Payload, Site
from vacnet.targets.model import Target

BUSY, EMPTY = "busy", "empty"
SITE = Site(
    name="sim",
    hosts=(Hosts(name="node", processors=8, count=4),),
    targets=(
        Target(
            name=BUSY,
            target_share=75.0,
            backoff_seconds=60,
            backoff_max_seconds=480,
            fizzle_seconds=30,
            gain=2,
        ),
        Target(
            name=EMPTY,
            target_share=25.0,
            backoff_seconds=60,
            backoff_max_seconds=480,
            fizzle_seconds=30,
            gain=2,
        ),
    ),
    payloads={BUSY: Payload(work_seconds=1200.0), EMPTY: Payload(empty_seconds=5.0, jobs=((99.0, 1),))},
    seconds=7200.0,
)
KINDS = pytest.mark.parametrize("kind", [WatchedAgents, Sketch])


def ran(kind: type[WatchedAgents | Sketch], seconds: float, site: Site = SITE) -> Watched:
    watched = kind(site, 1)
    watched.run_until(seconds)
    return watched


@KINDS
def test_a_target_with_work_fills_the_space(kind: type[WatchedAgents | Sketch]) -> None:
    view = ran(kind, 1800.0).view()
    busy = next(target for target in view.targets if target.name == BUSY)
    assert busy.state == "open"
    assert busy.processors >= 0.9 * SITE.processors
    assert busy.share == pytest.approx(0.75)


@KINDS
def test_a_target_without_work_backs_off_longer_and_longer(kind: type[WatchedAgents | Sketch]) -> None:
    watched = ran(kind, 300.0)
    early = next(target for target in watched.view().targets if target.name == EMPTY)
    watched.run_until(1800.0)
    late = next(target for target in watched.view().targets if target.name == EMPTY)
    assert late.window_length_seconds > early.window_length_seconds
    assert late.proofs == 0
    assert {outcome.kind for outcome in late.outcomes} == {"nowork"}


@KINDS
def test_what_targets_factories_and_machines_tell_agrees(kind: type[WatchedAgents | Sketch]) -> None:
    watched = ran(kind, 900.0)
    view = watched.view()
    live = [
        machine
        for factory in view.factories
        for machine in watched.machines(factory.name)
        if machine.ended_at is None
    ]
    for factory in view.factories:
        used = sum(
            machine.processors for machine in watched.machines(factory.name) if machine.ended_at is None
        )
        assert factory.processors_total - used >= 0
    assert sum(target.machines_running + target.machines_starting for target in view.targets) == len(live)
    assert len({machine.id for machine in live}) == len(live)


@KINDS
def test_what_happened_is_told_once(kind: type[WatchedAgents | Sketch]) -> None:
    watched = ran(kind, 600.0)
    events = watched.events()
    assert "machine.starting" in {event.name for event in events}
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert not watched.events()


def test_agents_give_reasons_and_a_sketch_says_that_it_has_none() -> None:
    agents = ran(WatchedAgents, 60.0)
    why = agents.why(BUSY)
    assert why is not None
    assert why.factory == agents.here
    assert agents.decision() is not None
    sketch = ran(Sketch, 60.0)
    assert sketch.why(BUSY) is None
    assert sketch.decision() is None


def test_a_sketch_never_has_more_unproven_machines_than_tickets_before_a_proof() -> None:
    sketch = Sketch(dataclasses.replace(SITE, hosts=(Hosts(name="node", processors=32, count=500),)), 3)
    sketch.run_until(20.0)
    for target in sketch.view().targets:
        assert target.machines_running <= 1
        assert target.proofs == 0


def test_the_same_seed_gives_the_same_sketch() -> None:
    assert ran(Sketch, 3600.0).view() == ran(Sketch, 3600.0).view()
