"""The metrics of a factory: one table of names, each with what it means and where it is read.

Rules of this file: numbers are read when they are asked for, from the same answers that the commands
print; nothing is kept for them but what the record and `tally` count. Names follow Prometheus'
conventions: base units, `_total` for what only grows. What is of the whole space begins with
`vacnet_space_`, and every factory tells it: take one, or `max`, never the sum.

No label has a value for each factory or machine, only for each target (256 at most) and words of the code,
so that a space of sixty factories makes sixty times a few hundred series and never the square of it.
`vacnet_build_info` names the factory once, for joins.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from vacnet.decide.windows import State as WindowState
from vacnet.factory.messages.machines import MachineState
from vacnet.factory.messages.space import FactoryState, SpaceState, TargetState
from vacnet.factory.tally import Durations, Tally
from vacnet.machines.lifecycle import State as MachineStateName
from vacnet.outcomes import Kind
from vacnet.record.count_table import ENDED, NOT_MADE, STARTED
from vacnet.record.rows import Count
from vacnet.space.counters import Counters, Reject
from vacnet.space.rows import Flags

Reading = Iterable[tuple[tuple[str, ...], float]]

TOPICS = ("settings", "override", "keys", "peers", "pipes", "targets", "metrics")
"""What can be wrong with what a factory was told."""
MACHINE_STATES = (
    MachineStateName.CREATED,
    MachineStateName.STARTING,
    MachineStateName.RUNNING,
    MachineStateName.STOPPING,
)
TARGET_STATES = (*map(str, WindowState), "held", "no share")
GONE_SECONDS = 3600.0
"""So long after its last machine the counts of a target that is offered no more are told."""
FACTORY_STATES = ("live", "silent", "departed", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A factory at one moment."""

    space: SpaceState
    machines: Sequence[MachineState]
    """Of this factory, unfinished."""
    restricted: bool
    """Nothing may start: the settings or keys are bad."""
    record_trouble: bool
    problems: dict[str, int]
    """By topic."""
    gossip: Counters
    kernel_dropped: int
    receive_buffer_bytes: int
    broken_datagrams: int
    udp_errors: int
    counts: Sequence[Count] | None
    """Of the record; None: it could not be read since the start."""
    tally: Tally
    decisions: Durations

    @property
    def itself(self) -> FactoryState:
        """Return what this factory tells of itself."""
        return next(one for one in self.space.factories if one.itself)

    @property
    def names(self) -> list[str]:
        """Return the targets that are offered or have machines here."""
        return sorted({t.name for t in self.space.targets} | {m.target for m in self.machines})

    @property
    def counted(self) -> list[str]:
        """Return the targets whose counts are told: these and those that were until just now."""
        since = self.space.time - GONE_SECONDS
        return sorted({one.target for one in self.counts or () if one.last_wall > since}.union(self.names))


@dataclass(frozen=True, slots=True)
class Row:
    """One metric."""

    name: str
    words: str
    read: Callable[[Seen], Reading]
    labels: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return its type."""
        return "counter" if self.name.endswith("_total") else "gauge"

    def family(self, seen: Seen) -> Metric:
        """Return it with its values."""
        made = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = made(self.name, self.words, labels=self.labels)
        for labels, value in self.read(seen):
            family.add_metric(labels, value)
        return family


# --- ways to read ----------------------------------------------------------------------------------


def _one(value: Callable[[Seen], float]) -> Callable[[Seen], Reading]:
    return lambda seen: [((), float(value(seen)))]


def _target(value: Callable[[TargetState], float]) -> Callable[[Seen], Reading]:
    return lambda seen: [((target.name,), float(value(target))) for target in seen.space.targets]


def _target_states(seen: Seen) -> Reading:
    for target in seen.space.targets:
        yield from (((target.name, state), float(target.state == state)) for state in TARGET_STATES)


def _space_machines(seen: Seen) -> Reading:
    for target in seen.space.targets:
        yield (target.name, "running"), target.machines_running
        yield (target.name, "starting"), target.machines_starting


def _machines(seen: Seen) -> Reading:
    found = Counter((machine.target, machine.state) for machine in seen.machines)
    for name in seen.names:
        yield from (((name, state), found[name, state]) for state in MACHINE_STATES)


def _processors_used(seen: Seen) -> Reading:
    used: Counter[str] = Counter()
    for machine in seen.machines:
        used[machine.target] += machine.processors
    return [((name,), used[name]) for name in seen.names]


def _counted(what: str, outcomes: Sequence[str] = ("",)) -> Callable[[Seen], Reading]:
    """Read a count of the record by target, and by outcome where there are any."""

    def read(seen: Seen) -> Reading:
        if seen.counts is None:
            return
        found = {(one.target, one.outcome): one.count for one in seen.counts if one.what == what}
        for name in seen.counted:
            for outcome in outcomes:
                yield (name, outcome) if outcome else (name,), found.get((name, outcome), 0)

    return read


def _flags(seen: Seen) -> Reading:
    names = ((flag.name or "").lower() for flag in Flags if flag)
    return [((name,), float(name in seen.itself.flags)) for name in names]


def _deadline(seen: Seen) -> Reading:
    left = seen.itself.deadline_seconds
    return [] if left is None else [((), seen.space.time + left)]


def _factories(seen: Seen) -> Reading:
    states = [one.state for one in seen.space.factories]
    return [((state,), states.count(state)) for state in FACTORY_STATES]


def _build(seen: Seen) -> Reading:
    space = seen.space
    return [((space.version, platform.python_version(), space.factory, space.space), 1.0)]


ROWS: tuple[Row, ...] = (
    Row(
        "vacnet_build_info",
        "Always 1; what runs, and who this is.",
        _build,
        ("version", "python", "factory", "space"),
    ),
    # --- this factory
    Row(
        "vacnet_restricted",
        "1 while nothing may start because settings or keys are bad.",
        _one(lambda seen: seen.restricted),
    ),
    Row(
        "vacnet_flag",
        "1 while it says of itself draining, veto (nothing may start, for whatever reason), settling, "
        "isolated, conflict (another factory has its name) or suspect (machines fail here, not elsewhere).",
        _flags,
        ("flag",),
    ),
    Row(
        "vacnet_deadline_timestamp_seconds",
        "When the last machine has to be gone, in Unix seconds; absent: there is no such time.",
        _deadline,
    ),
    Row(
        "vacnet_processors",
        "Processors that its machines may have.",
        _one(lambda seen: seen.itself.processors_total),
    ),
    Row(
        "vacnet_processors_free",
        "Of those, without a machine or a claim.",
        _one(lambda seen: seen.itself.processors_free),
    ),
    Row("vacnet_processors_used", "Processors of its machines.", _processors_used, ("target",)),
    Row("vacnet_machines", "Its unfinished machines.", _machines, ("target", "state")),
    Row(
        "vacnet_machines_started_total",
        "Machines that the engine started.",
        _counted(STARTED),
        ("target",),
    ),
    Row(
        "vacnet_machines_ended_total",
        "Machines that ended, by outcome.",
        _counted(ENDED, tuple(Kind)),
        ("target", "outcome"),
    ),
    Row(
        "vacnet_machines_not_made_total",
        "Machines that were wanted and not made: an image or user_data could not be had.",
        _counted(NOT_MADE),
        ("target",),
    ),
    Row(
        "vacnet_problems",
        "Lines of trouble in force with what it was told: bad files, names that are not found, pipes.",
        lambda seen: [((topic,), float(seen.problems.get(topic, 0))) for topic in TOPICS],
        ("about",),
    ),
    Row(
        "vacnet_reload_failures_total",
        "Problems found when files were read again.",
        lambda seen: [((topic,), float(seen.tally.bad[topic])) for topic in TOPICS],
        ("about",),
    ),
    Row(
        "vacnet_record_trouble",
        "1 while the record cannot be written: a full or sick disk.",
        _one(lambda seen: seen.record_trouble),
    ),
    Row("vacnet_loop_stalls_total", "Stalls of the daemon over 2 s.", _one(lambda seen: seen.tally.stalls)),
    # --- gossip
    Row(
        "vacnet_gossip_sent_datagrams_total",
        "Datagrams of gossip sent.",
        _one(lambda seen: seen.gossip.datagrams_sent),
    ),
    Row("vacnet_gossip_sent_bytes_total", "Bytes in them.", _one(lambda seen: seen.gossip.bytes_sent)),
    Row(
        "vacnet_gossip_received_datagrams_total",
        "Datagrams that came, good or not.",
        _one(lambda seen: seen.gossip.datagrams_received),
    ),
    Row(
        "vacnet_gossip_received_bytes_total", "Bytes in them.", _one(lambda seen: seen.gossip.bytes_received)
    ),
    Row(
        "vacnet_gossip_rejected_datagrams_total",
        "Datagrams that were not taken, by reason.",
        lambda seen: [((reason.value,), float(seen.gossip.rejects[reason])) for reason in Reject],
        ("reason",),
    ),
    Row(
        "vacnet_gossip_dropped_datagrams_total",
        "Own datagrams that found the queue full.",
        _one(lambda seen: seen.gossip.datagrams_dropped),
    ),
    Row(
        "vacnet_gossip_kernel_dropped_datagrams_total",
        "Datagrams that the kernel dropped because its buffer was full.",
        _one(lambda seen: seen.kernel_dropped),
    ),
    Row(
        "vacnet_gossip_broken_datagrams_total",
        "Datagrams that broke the agent: each is a fault of vacnet.",
        _one(lambda seen: seen.broken_datagrams),
    ),
    Row(
        "vacnet_gossip_socket_errors_total",
        "Datagrams that the kernel did not take or that came back as errors.",
        _one(lambda seen: seen.udp_errors),
    ),
    Row(
        "vacnet_gossip_receive_buffer_bytes",
        "Receive buffer that the kernel granted; 4 MiB are asked for.",
        _one(lambda seen: seen.receive_buffer_bytes),
    ),
    # --- the space as this factory sees it
    Row("vacnet_space_factories", "Factories of the space.", _factories, ("state",)),
    Row(
        "vacnet_space_rule_version",
        "Rules by which the space decides; 0: nobody has told any.",
        _one(lambda seen: seen.space.rule_version),
    ),
    Row(
        "vacnet_space_machines",
        "Machines in the whole space.",
        _space_machines,
        ("target", "state"),
    ),
    Row(
        "vacnet_space_processors",
        "Processors of machines in the whole space.",
        _target(lambda target: target.processors),
        ("target",),
    ),
    Row(
        "vacnet_space_share_ratio",
        "Part of the processors that is due to it, 0 to 1.",
        _target(lambda target: target.share),
        ("target",),
    ),
    Row(
        "vacnet_space_got_ratio",
        "Part of the processors in use that it has, 0 to 1.",
        _target(lambda target: target.got),
        ("target",),
    ),
    Row("vacnet_space_target_state", "1 for the state it is in.", _target_states, ("target", "state")),
    Row(
        "vacnet_space_window_number",
        "Number of its window; a new one follows each machine that found no work.",
        _target(lambda target: target.window_number),
        ("target",),
    ),
    Row(
        "vacnet_space_window_length_seconds",
        "Length of its window: how long nobody tries it.",
        _target(lambda target: target.window_length_seconds),
        ("target",),
    ),
    Row(
        "vacnet_space_back_off_left_seconds",
        "What is left of that.",
        _target(lambda target: target.back_off_left_seconds),
        ("target",),
    ),
    Row(
        "vacnet_space_window_streak",
        "Windows in a row that ended without a proof of work.",
        _target(lambda target: target.streak),
        ("target",),
    ),
    Row(
        "vacnet_space_window_proofs",
        "Machines under its window that found work.",
        _target(lambda target: target.proofs),
        ("target",),
    ),
    Row(
        "vacnet_space_window_noworks",
        "Machines under its window that found none.",
        _target(lambda target: target.noworks),
        ("target",),
    ),
    Row(
        "vacnet_space_tickets_available",
        "Tickets that may be taken.",
        _target(lambda target: target.tickets_available),
        ("target",),
    ),
    Row(
        "vacnet_space_tickets_taken",
        "Tickets that are taken.",
        _target(lambda target: target.tickets_taken),
        ("target",),
    ),
)

DECISIONS = "vacnet_decision_seconds"
"""A histogram: with `_bucket`, `_count` and `_sum`."""
DECISION_WORDS = "From an event to the decision that it brought about."


class FactoryCollector(Collector):
    """What `prometheus_client` asks for the metrics of one moment."""

    def __init__(self, seen: Seen) -> None:
        """Tell of this moment."""
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from (row.family(self._seen) for row in ROWS)
        decisions = self._seen.decisions
        yield HistogramMetricFamily(
            DECISIONS, DECISION_WORDS, buckets=decisions.cumulated(), sum_value=decisions.sum_seconds
        )
