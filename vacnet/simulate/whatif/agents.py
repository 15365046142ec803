"""A site run by vacnet's own rule: the agent of every factory, whole, over a simulated network.

Rules of this file: nothing is decided here and nothing of the agent is replaced; factories are set up as a
daemon would set them up, and only time, network and machines are simulated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vacnet.agent.events import AgentSettings
from vacnet.simulate.clock import Clock
from vacnet.simulate.run import Scenario, World
from vacnet.simulate.whatif.behaving import behaviours
from vacnet.simulate.whatif.site import Hosts, Site
from vacnet.simulate.whatif.tally import Tally

Progress = Callable[[float], None]
"""Told now and then which part of the run is over, 0 to 1."""
STEP_SECONDS = 5.0
"""Simulated, after which it is told: of a large space they take a while."""
BOOT_SECONDS = 1.0
GB = 10**9
UNLIMITED = 1 << 62


def run_agents(site: Site, seed: int, progress: Progress) -> Tally:
    """Run the site and return what it did."""
    tally = Tally()
    scenario = Scenario(
        factories=site.factories,
        targets=site.targets,
        behaviours=lambda: behaviours(site, seed),
        weather=site.weather,
    )
    world = World(scenario, seed, (tally,))
    for node, kind in zip(world.nodes, site.each(), strict=True):
        node.settings = settings_of(node.settings, kind)
        world.clock.after(world.rng.uniform(0.0, BOOT_SECONDS), node.boot)
    pass_time(world.clock, site.seconds, progress)
    return tally


def pass_time(clock: Clock, seconds: float, progress: Progress) -> None:
    """Let the time of a run pass, and tell of it."""
    while clock.now < seconds:
        clock.run_until(min(seconds, clock.now + STEP_SECONDS))
        progress(clock.now / seconds)


def settings_of(base: AgentSettings, kind: Hosts) -> AgentSettings:
    """Return the settings of a factory of a kind."""
    return replace(
        base,
        processors=kind.processors,
        memory_bytes=kind.processors * kind.memory_bytes_per_processor,
        disk_bytes=kind.processors * kind.disk_gb_per_processor * GB or UNLIMITED,
        gpus=kind.gpus,
        weight=kind.benchmark_per_processor,
        processors_per_superslot=kind.processors_per_superslot,
    )
