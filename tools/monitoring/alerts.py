"""The alert rules: what has to be wrong for how long, and what an admin does about it.

Rules of this file: an alert is something to be done, so each has a runbook line that begins with a
command. What a factory or the space mends by itself (a lost datagram, a back-off, one silent minute) is
none. Severities: `critical` wants somebody now, `warning` today, `info` when there is time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule."""

    name: str
    expression: str
    wait: str
    """How long it has to hold, as Prometheus writes durations."""
    severity: str
    summary: str
    runbook: str


ALERTS: tuple[Alert, ...] = (
    Alert(
        "VacnetFactoryDown",
        'up{job="vacnet"} == 0',
        "5m",
        "critical",
        "the factory of {{ $labels.instance }} does not answer; its machines go on, nothing looks after them",
        "`systemctl status vacnet` and `journalctl -u vacnet -n 50` there; a start adopts all machines",
    ),
    Alert(
        "VacnetRecordTrouble",
        "vacnet_record_trouble == 1",
        "2m",
        "critical",
        "{{ $labels.instance }} cannot write its record, so it starts nothing",
        "`vacnet space` there says why: make room on the disk of the state directory, or mend it",
    ),
    Alert(
        "VacnetConflict",
        'vacnet_flag{flag="conflict"} == 1',
        "1m",
        "critical",
        "two running factories bear the name of {{ $labels.instance }}; both start nothing",
        "`vacnet space` names the address of the other: stop one, or give it a name of its own in [factory]",
    ),
    Alert(
        "VacnetRestricted",
        "vacnet_restricted == 1",
        "5m",
        "critical",
        "{{ $labels.instance }} starts nothing: its settings or its keys are bad",
        "`vacnet config check` there names file and line of each problem; an edit is seen by itself",
    ),
    Alert(
        "VacnetIsolated",
        'vacnet_flag{flag="isolated"} == 1',
        "5m",
        "warning",
        "{{ $labels.instance }} has peers and hears none of them",
        "`vacnet peers check` there says of each peer why: firewall, key, name or route",
    ),
    Alert(
        "VacnetFactorySilent",
        'max(vacnet_space_factories{state="silent"}) > 0',
        "10m",
        "warning",
        "{{ $value }} factories of the space are silent",
        "`vacnet factories` names them; on each `systemctl status vacnet`, from here `vacnet peers check`",
    ),
    Alert(
        "VacnetBadFiles",
        'vacnet_problems{about=~"settings|keys|peers|pipes|targets|metrics"} > 0',
        "15m",
        "warning",
        "{{ $labels.instance }} has trouble with its {{ $labels.about }}: the last good ones stand",
        "`vacnet config check` and the header of `vacnet space` there name each problem and its line",
    ),
    Alert(
        "VacnetMachinesFail",
        'sum by (instance, target) (increase(vacnet_machines_ended_total{outcome="error"}[1h])) > 4'
        ' and sum by (instance, target) (increase(vacnet_machines_ended_total{outcome="error"}[1h]))'
        " > 0.5 * sum by (instance, target) (increase(vacnet_machines_ended_total[1h]))",
        "10m",
        "warning",
        "most machines of {{ $labels.target }} fail on {{ $labels.instance }}",
        "`vacnet machines --ended 20` there shows their messages, `vacnet logs MACHINE` what one wrote last",
    ),
    Alert(
        "VacnetMachinesNotMade",
        "increase(vacnet_machines_not_made_total[30m]) > 3",
        "10m",
        "warning",
        "{{ $labels.instance }} cannot make machines of {{ $labels.target }}",
        "`vacnet logs` there, events machine.not-made: an image or user_data cannot be had",
    ),
    Alert(
        "VacnetForeignDatagrams",
        'sum by (instance) (rate(vacnet_gossip_rejected_datagrams_total{reason=~"key|tag|role"}[10m])) > 0.1',
        "15m",
        "warning",
        "somebody sends {{ $labels.instance }} gossip that its keys do not open",
        "`vacnet space` there names the address: a host with another key, or of another space",
    ),
    Alert(
        "VacnetGossipLost",
        "increase(vacnet_gossip_kernel_dropped_datagrams_total[10m]) > 0",
        "10m",
        "warning",
        "{{ $labels.instance }} loses datagrams before it can take them",
        "`vacnet doctor` there: net.core.rmem_max is small, or the host is overloaded",
    ),
    Alert(
        "VacnetStalls",
        "increase(vacnet_loop_stalls_total[1h]) > 3",
        "0m",
        "warning",
        "the daemon of {{ $labels.instance }} stalls: it is not given the processor, or its disk hangs",
        "`vacnet doctor` there, then the load and the disk of the host",
    ),
    Alert(
        "VacnetDecisionsSlow",
        "histogram_quantile(0.99, sum by (instance, le) (rate(vacnet_decision_seconds_bucket[10m]))) > 0.5",
        "15m",
        "warning",
        "decisions of {{ $labels.instance }} take over half a second",
        "`vacnet doctor` there; if the host is idle, send the output of `vacnet support` with a bug report",
    ),
    Alert(
        "VacnetFault",
        "increase(vacnet_gossip_broken_datagrams_total[1h]) > 0",
        "0m",
        "warning",
        "a datagram broke the agent of {{ $labels.instance }}; it was dropped",
        "`vacnet support` there makes an archive for a bug report; the log has the traceback",
    ),
    Alert(
        "VacnetNoWork",
        "min by (target) (vacnet_space_window_streak) >= 20",
        "6h",
        "info",
        "{{ $labels.target }} has had no work for hours",
        "`vacnet why TARGET`; ask those who run its queue, or hold it: `vacnet target hold TARGET --space`",
    ),
    Alert(
        "VacnetDrainedForLong",
        'vacnet_flag{flag="draining"} == 1',
        "3d",
        "info",
        "{{ $labels.instance }} has been draining for three days",
        "`vacnet space` there says who drained it and why; `vacnet undrain` ends it",
    ),
)

_HEAD = """\
# Alert rules for Prometheus, made by `python -m tools.pages`; docs/monitoring.md tells how to use them.
# They take it that the factories are scraped as job "vacnet".

groups:
  - name: vacnet
    rules:
"""


def rules_page() -> str:
    """Return `conf/alerts/vacnet.rules.yml`; texts are quoted as JSON does, which YAML reads too."""
    return _HEAD + "\n".join(line for alert in ALERTS for line in _rule(alert)) + "\n"


def _rule(alert: Alert) -> Iterator[str]:
    yield f"      - alert: {alert.name}"
    yield f"        expr: {json.dumps(alert.expression)}"
    yield f"        for: {alert.wait}"
    yield "        labels:"
    yield f"          severity: {alert.severity}"
    yield "        annotations:"
    yield f"          summary: {json.dumps(alert.summary)}"
    yield f"          runbook: {json.dumps(alert.runbook)}"
