"""The table of the metrics: each with its name, what it means and how it is read.

Rules of this file: names follow Prometheus' conventions: base units, `_total` for what only grows. What is of
the whole space begins with `vacnet_space_`, and every factory tells it: take one, or `max`, never the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vacnet.factory.metrics import readings
from vacnet.factory.metrics.readings import Reading, counted, of_target, single
from vacnet.factory.metrics.seen import TOPICS, Seen
from vacnet.outcomes import Kind
from vacnet.record.count_table import ENDED, NOT_MADE, STARTED
from vacnet.space.counters import Reject


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


ROWS: tuple[Row, ...] = (
    Row(
        "vacnet_build_info",
        "Always 1; what runs, and who this is.",
        readings.build,
        ("version", "python", "factory", "space"),
    ),
    # --- this factory
    Row(
        "vacnet_restricted",
        "1 while nothing may start because settings or keys are bad.",
        single(lambda seen: seen.restricted),
    ),
    Row(
        "vacnet_flag",
        "1 while it says of itself draining, veto (nothing may start, for whatever reason), settling, "
        "isolated, conflict (another factory has its name) or suspect (machines fail here, not elsewhere).",
        readings.flags,
        ("flag",),
    ),
    Row(
        "vacnet_deadline_timestamp_seconds",
        "When the last machine has to be gone, in Unix seconds; absent: there is no such time.",
        readings.deadline,
    ),
    Row(
        "vacnet_processors",
        "Processors that its machines may have.",
        single(lambda seen: seen.itself.processors_total),
    ),
    Row(
        "vacnet_processors_free",
        "Of those, without a machine or a claim.",
        single(lambda seen: seen.itself.processors_free),
    ),
    Row("vacnet_processors_used", "Processors of its machines.", readings.processors_used, ("target",)),
    Row("vacnet_machines", "Its unfinished machines.", readings.machines, ("target", "state")),
    Row(
        "vacnet_machines_started_total",
        "Machines that the engine started.",
        counted(STARTED),
        ("target",),
    ),
    Row(
        "vacnet_machines_ended_total",
        "Machines that ended, by outcome.",
        counted(ENDED, tuple(Kind)),
        ("target", "outcome"),
    ),
    Row(
        "vacnet_machines_not_made_total",
        "Machines that were wanted and not made: an image or user_data could not be had.",
        counted(NOT_MADE),
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
        single(lambda seen: seen.record_trouble),
    ),
    Row("vacnet_loop_stalls_total", "Stalls of the daemon over 2 s.", single(lambda seen: seen.tally.stalls)),
    # --- gossip
    Row(
        "vacnet_gossip_sent_datagrams_total",
        "Datagrams of gossip sent.",
        single(lambda seen: seen.gossip.datagrams_sent),
    ),
    Row("vacnet_gossip_sent_bytes_total", "Bytes in them.", single(lambda seen: seen.gossip.bytes_sent)),
    Row(
        "vacnet_gossip_received_datagrams_total",
        "Datagrams that came, good or not.",
        single(lambda seen: seen.gossip.datagrams_received),
    ),
    Row(
        "vacnet_gossip_received_bytes_total",
        "Bytes in them.",
        single(lambda seen: seen.gossip.bytes_received),
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
        single(lambda seen: seen.gossip.datagrams_dropped),
    ),
    Row(
        "vacnet_gossip_kernel_dropped_datagrams_total",
        "Datagrams that the kernel dropped because its buffer was full.",
        single(lambda seen: seen.kernel_dropped),
    ),
    Row(
        "vacnet_gossip_broken_datagrams_total",
        "Datagrams that broke the agent: each is a fault of vacnet.",
        single(lambda seen: seen.broken_datagrams),
    ),
    Row(
        "vacnet_gossip_socket_errors_total",
        "Datagrams that the kernel did not take or that came back as errors.",
        single(lambda seen: seen.udp_errors),
    ),
    Row(
        "vacnet_gossip_receive_buffer_bytes",
        "Receive buffer that the kernel granted; 4 MiB are asked for.",
        single(lambda seen: seen.receive_buffer_bytes),
    ),
    # --- the space as this factory sees it
    Row("vacnet_space_factories", "Factories of the space.", readings.factories, ("state",)),
    Row(
        "vacnet_space_rule_version",
        "Rules by which the space decides; 0: nobody has told any.",
        single(lambda seen: seen.space.rule_version),
    ),
    Row(
        "vacnet_space_machines",
        "Machines in the whole space.",
        readings.space_machines,
        ("target", "state"),
    ),
    Row(
        "vacnet_space_processors",
        "Processors of machines in the whole space.",
        of_target(lambda target: target.processors),
        ("target",),
    ),
    Row(
        "vacnet_space_share_ratio",
        "Part of the processors that is due to it, 0 to 1.",
        of_target(lambda target: target.share),
        ("target",),
    ),
    Row(
        "vacnet_space_got_ratio",
        "Part of the processors in use that it has, 0 to 1.",
        of_target(lambda target: target.got),
        ("target",),
    ),
    Row(
        "vacnet_space_target_state", "1 for the state it is in.", readings.target_states, ("target", "state")
    ),
    Row(
        "vacnet_space_window_number",
        "Number of its window; a new one follows each machine that found no work.",
        of_target(lambda target: target.window_number),
        ("target",),
    ),
    Row(
        "vacnet_space_window_length_seconds",
        "Length of its window: how long nobody tries it.",
        of_target(lambda target: target.window_length_seconds),
        ("target",),
    ),
    Row(
        "vacnet_space_back_off_left_seconds",
        "What is left of that.",
        of_target(lambda target: target.back_off_left_seconds),
        ("target",),
    ),
    Row(
        "vacnet_space_window_streak",
        "Windows in a row that ended without a proof of work.",
        of_target(lambda target: target.streak),
        ("target",),
    ),
    Row(
        "vacnet_space_window_proofs",
        "Machines under its window that found work.",
        of_target(lambda target: target.proofs),
        ("target",),
    ),
    Row(
        "vacnet_space_window_noworks",
        "Machines under its window that found none.",
        of_target(lambda target: target.noworks),
        ("target",),
    ),
    Row(
        "vacnet_space_tickets_available",
        "Tickets that may be taken.",
        of_target(lambda target: target.tickets_available),
        ("target",),
    ),
    Row(
        "vacnet_space_tickets_taken",
        "Tickets that are taken.",
        of_target(lambda target: target.tickets_taken),
        ("target",),
    ),
)
