"""The panels of the Grafana board, a row each: what is asked, how it is named, what one needs to read it.

Rules of this file: a table. Queries are written as for one space; `board` has them ask for the factories that
are chosen above the panels. Numbers of the whole space are told by every factory, so one is taken (`max`) and
none added up.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.factory.metrics.readings import TARGET_STATES

OUTCOME_COLOURS = {"ok": "green", "nowork": "blue", "error": "red", "neutral": "text"}
STATE_COLOURS = {
    "back-off": "blue",
    "probing": "yellow",
    "growing": "light-green",
    "open": "green",
    "held": "orange",
    "no share": "text",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel."""

    title: str
    queries: tuple[tuple[str, str], ...]
    """Expression and legend."""
    words: str = ""
    """What one should know to read it, shown beside the title."""
    unit: str = "none"
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False
    none: str = ""
    """What is shown where the queries find nothing, which is then as it should be."""
    colours: tuple[tuple[str, str], ...] = ()
    """Of series by their legend."""
    values: tuple[str, ...] = ()
    """Words for the values 1, 2, 3 and so on, with colours of `STATE_COLOURS`."""


def _state_of_targets() -> str:
    """Return a query that gives the number of each target's state; where factories differ the furthest."""
    states = enumerate(TARGET_STATES, 1)
    return " or ".join(f'{n} * vacnet_space_target_state{{state="{state}"}}' for n, state in states)


def _by_factory(rate: str) -> str:
    return f"sum by (instance) ({rate})"


def _slowest(rate: str) -> str:
    """Return the time that one in a hundred takes longer than."""
    return f"histogram_quantile(0.99, sum by (instance, le) ({rate}))"


PANELS: tuple[Panel, ...] = (
    Panel(
        "Factories",
        (("max by (state) (vacnet_space_factories)", "{{state}}"),),
        "As the factories see each other; one that is down is seen by the others.",
        kind="stat",
    ),
    Panel(
        "Processors",
        (("sum(vacnet_processors)", "all"), ("sum(vacnet_processors_used)", "at work")),
        "Of the factories chosen above that answer.",
        kind="stat",
    ),
    Panel(
        "What is wrong",
        (
            ("sum by (about) (vacnet_problems) > 0", "{{about}}"),
            ('sum by (flag) (vacnet_flag{flag!="veto"}) > 0', "{{flag}}"),
            ("sum(vacnet_restricted) > 0", "restricted"),
            ("sum(vacnet_record_trouble) > 0", "record"),
        ),
        "Lines of trouble by what they are about, and on how many factories something holds; "
        "`vacnet space` there says what to do.",
        kind="stat",
        none="nothing",
    ),
    Panel(
        "Machines running, by target",
        (('sum by (target) (vacnet_machines{state="running"})', "{{target}}"),),
        width=12,
        stacked=True,
    ),
    Panel(
        "Processors at work, by factory",
        (("sum by (instance) (vacnet_processors_used)", "{{instance}}"),),
        width=12,
        stacked=True,
    ),
    Panel(
        "Ends of the last hour, by outcome",
        (("sum by (outcome) (increase(vacnet_machines_ended_total[1h]))", "{{outcome}}"),),
        "Counted in the records of the factories: nothing is missed over a restart.",
        width=12,
        stacked=True,
        colours=tuple(OUTCOME_COLOURS.items()),
    ),
    Panel(
        "Errors of the last hour, by target and factory",
        (
            (
                'sum by (target, instance) (increase(vacnet_machines_ended_total{outcome="error"}[1h])) > 0',
                "{{target}} on {{instance}}",
            ),
        ),
        "`vacnet machines --ended 20` on that host shows their messages.",
        width=12,
        none="none",
    ),
    Panel(
        "Part of the processors, due and got",
        (
            ("max by (target) (vacnet_space_share_ratio)", "{{target}} due"),
            ("max by (target) (vacnet_space_got_ratio)", "{{target}} got"),
        ),
        "Of the whole space; a target without work gets less than its due.",
        unit="percentunit",
    ),
    Panel(
        "State of targets",
        ((f"max by (target) ({_state_of_targets()})", "{{target}}"),),
        "`vacnet why TARGET` says what it waits for.",
        kind="state-timeline",
        values=TARGET_STATES,
    ),
    Panel(
        "Windows in a row without work",
        (("max by (target) (vacnet_space_window_streak)", "{{target}}"),),
        "0 or 1 where there is work.",
    ),
    Panel(
        "Back-off left",
        (("max by (target) (vacnet_space_back_off_left_seconds)", "{{target}}"),),
        "How long yet nobody tries the target.",
        unit="s",
    ),
    Panel(
        "Tickets, taken and available",
        (
            ("max by (target) (vacnet_space_tickets_taken)", "{{target}} taken"),
            ("max by (target) (vacnet_space_tickets_available)", "{{target}} available"),
        ),
        "How far a target is on its way from one probe to an open window: 64.",
    ),
    Panel(
        "Not made in the last hour, by target",
        (("sum by (target) (increase(vacnet_machines_not_made_total[1h])) > 0", "{{target}}"),),
        "An image or user_data could not be had; `vacnet events machine.not-made` says which.",
        none="none",
    ),
    Panel(
        "Gossip, out above and in below",
        (
            (
                "sum by (instance) (rate(vacnet_gossip_sent_bytes_total[$__rate_interval]))",
                "{{instance}} out",
            ),
            (
                "-sum by (instance) (rate(vacnet_gossip_received_bytes_total[$__rate_interval]))",
                "{{instance}} in",
            ),
        ),
        unit="Bps",
    ),
    Panel(
        "Datagrams lost or refused",
        (
            (
                "sum by (reason) (rate(vacnet_gossip_rejected_datagrams_total[$__rate_interval])) > 0",
                "refused: {{reason}}",
            ),
            (
                "sum(rate(vacnet_gossip_kernel_dropped_datagrams_total[$__rate_interval])) > 0",
                "dropped by the kernel",
            ),
            ("sum(rate(vacnet_gossip_dropped_datagrams_total[$__rate_interval])) > 0", "own queue full"),
        ),
        "A second. A few duplicates are as it should be.",
        unit="cps",
        none="none",
    ),
    Panel(
        "Time of a decision, 99 %",
        ((_slowest("rate(vacnet_decision_seconds_bucket[$__rate_interval])"), "{{instance}}"),),
        "Milliseconds in a space at rest; half a second is an alert.",
        unit="s",
    ),
    Panel(
        "Processor that the daemons use",
        (("rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}"),),
        "100 % is one processor.",
        unit="percentunit",
    ),
    Panel(
        "Memory of the daemons",
        (("process_resident_memory_bytes", "{{instance}}"),),
        unit="bytes",
    ),
    Panel(
        "Versions",
        (("count by (version) (vacnet_build_info)", "{{version}}"),),
        "Factories by the version that they run.",
        kind="stat",
    ),
)
