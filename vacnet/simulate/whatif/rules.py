"""The rules by which a site can be run: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vacnet.simulate.whatif.agents import Progress, run_agents
from vacnet.simulate.whatif.site import Site
from vacnet.simulate.whatif.tally import Tally
from vacnet.simulate.whatif.vac3_space import run_vac3

Run = Callable[[Site, int, Progress], Tally]

RULES: Mapping[str, Run] = MappingProxyType({"vacnet": run_agents, "vac3": run_vac3})
"""From the name of a rule, as `--rule` takes it, to what runs a site by it."""
