"""Vac's rule as `vacnet simulate --rule vac3` runs it: held to the known figures of Vac, and beside ours.

The known figures are creators of the one probe after a back-off, by the size of the space and the length
of a poll. Ours beside them: machines that a window costs, by the real agents. Then one site by both rules.
All is drawn from fixed seeds, so it is the same on every host.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.bench.figure import Figure
from vacnet.simulate.network import Weather
from vacnet.simulate.probing import probed
from vacnet.simulate.whatif.creators import creators
from vacnet.simulate.whatif.result import Result, result_of
from vacnet.simulate.whatif.rules import RULES
from vacnet.simulate.whatif.site import HOUR_SECONDS, Hosts, Payload, Site
from vacnet.targets.model import Target

KNOWN = ((100, False, 4.3, 1000), (100, True, 17.6, 300), (500, False, 17.0, 200), (500, True, 84.0, 100))
"""Factories, whether one never answers (polls of 12 s, else 2 s), creators in Vac, races."""
OFF_MAX = 0.15
LOSSY = Weather(loss=0.01, delay_seconds=(0.001, 0.1))
OURS = ((10, 100),)
"""Factories and windows; `probes` has more of them."""
TARGETS = (
    Target(name="grid", target_share=70, backoff_seconds=600, fizzle_seconds=300, gain=2),
    Target(name="local", target_share=30, backoff_seconds=60, fizzle_seconds=60, gain=2),
)
SITE = Site(
    name="bench",
    hosts=(Hosts(name="node", processors=16, count=5),),
    targets=TARGETS,
    payloads={
        "grid": Payload(work_seconds=1800, empty_seconds=120, empty_hours=((1, 2),)),
        "local": Payload(work_seconds=600),
    },
    seconds=3 * HOUR_SECONDS,
)


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure all; the time is what it takes, some minutes."""
    for factories, silent, known, races in KNOWN:
        value = creators(factories, races, one_is_silent=silent)
        poll = "12 s, one factory silent" if silent else "2 s"
        how = f"{races} races, polls of {poll}; known of Vac: {known:g}, off by {value / known - 1:+.0%}"
        limit = known * (1 + OFF_MAX)
        yield Figure(f"vac3: creators of the probe, {factories} factories", value, "machines", limit, how)
    for factories, windows in OURS:
        found = probed(factories, windows, LOSSY)
        how = f"{found.windows} windows, 1 % loss; at most {found.most}"
        yield Figure(f"vacnet: probes a window, {factories} factories", found.mean, "machines", None, how)
    for rule in RULES:
        yield from _of_site(rule)


def _of_site(rule: str) -> Iterator[Figure]:
    """Run one site by a rule: the queue of its larger target is empty for an hour of three."""
    tally = RULES[rule](SITE, 0, lambda _part: None)
    result = result_of(SITE, tally, rule, 0, changes=(), assumed=())
    how = f"{SITE.factories} factories, {SITE.processors} processors, 3 h, the larger queue empty for 1 h"
    grid = result.targets[0]
    yield Figure(f"{rule}: useless machines of that queue", grid.machines_useless, "machines", None, how)
    yield Figure(f"{rule}: machines a window", grid.probes_mean or 0.0, "machines", None, how)
    yield Figure(f"{rule}: processors idle, whole run", _idle(result), "%", None, how)


def _idle(result: Result) -> float:
    course = result.idle_over_time
    return 100 * sum(course) / len(course) / result.processors
