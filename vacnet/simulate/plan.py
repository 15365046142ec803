"""A plan: what one seed asks for, as a value that can be narrowed.

Rules of this file: a plan is drawn from its seed alone. Each kind of fault draws from a generator of its
own, so that leaving one out changes nothing of the others: that is what makes a failing plan shrink.

Source: swarm testing (Groce, Zhang, Eide, Chen, Regehr, ISSTA 2012): a run with every fault at once hides
what a run with some of them shows, so each seed enables each fault by the toss of a coin.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from vacnet.simulate.network import Weather

FACTORIES = (3, 200)
"""Least and most, drawn log-uniformly."""
AGENTS_MAX = 24
"""Of whole agents fewer: each decides, which costs ten times the gossip."""
AGENTS_EVERY = 4
"""One seed in so many is of whole agents, the others of talkers."""
CHAOS_SECONDS = 600.0
WEATHERS = ("loss", "duplicates", "delay", "reordering", "flips")
EVENTS = (
    "partition", "one-way", "pause", "clock-step", "crash", "wiped-disk", "leave", "rename", "new-address",
    "key-rotation", "rule-versions", "twin", "replay", "intruder",
)  # fmt: skip
KINDS = (*WEATHERS, *EVENTS)
"""Every kind of fault, by its name on the command line."""
FOR_TALKERS = frozenset({"rule-versions"})
"""What only a talker can be told to do: an agent's rule version is its release's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run."""

    seed: int
    factories: int
    faults: frozenset[str]
    seconds: float = CHAOS_SECONDS
    agents: bool = False
    """Whole agents with toy machines; else talkers."""

    def rng(self, purpose: str) -> Random:
        """Return the generator of a purpose: the same whatever else the plan holds."""
        return Random(f"{self.seed} {purpose}")

    def cost(self) -> float:
        """Return about how many datagrams it takes, one of an agent counted as ten of a talker."""
        each = self.factories / 5 + 6  # a beat of five seconds to each other, syncs, and what faults bring
        return self.seconds * self.factories * each * (10 if self.agents else 1)

    def command(self) -> str:
        """Return the command that replays it."""
        faults = ",".join(kind for kind in KINDS if kind in self.faults) or "none"
        size = f"--factories {self.factories} --chaos {self.seconds:g}"
        kind = "agents" if self.agents else "talkers"
        return f"python -m tools.swarm --seeds {self.seed} {size} --of {kind} --faults {faults}"


def draw(seed: int) -> Plan:
    """Return the plan of a seed."""
    rng = Random(f"plan {seed}")
    agents = seed % AGENTS_EVERY == 0
    least, most = FACTORIES[0], AGENTS_MAX if agents else FACTORIES[1]
    factories = round(least * (most / least) ** rng.random())
    tossed = frozenset(kind for kind in KINDS if rng.random() < 1 / 2)
    return Plan(seed, factories, tossed - FOR_TALKERS if agents else tossed, agents=agents)


def weather(plan: Plan) -> Weather:
    """Return the weather of a plan's faults."""
    rng = plan.rng("weather")
    loss, late, flips = rng.choice((0.01, 0.05, 0.2)), rng.choice((0.01, 0.1)), rng.choice((0.001, 0.02))
    duplicates, delay, late_seconds = rng.choice((0.01, 0.2)), rng.choice((0.05, 0.4)), rng.choice((0.1, 1.0))
    on = plan.faults
    return Weather(
        loss=loss if "loss" in on else 0.0,
        duplicates=duplicates if "duplicates" in on else 0.0,
        delay_seconds=(0.001, delay) if "delay" in on else (0.000_2, 0.002),
        late=late if "reordering" in on else 0.0,
        late_seconds=late_seconds,
        flips=flips if "flips" in on else 0.0,
    )
