"""The alert rules: what has to be wrong for how long, and what an admin does about it.

Rules of this file: an alert is something to be done, so each has a runbook that begins with a command, says
where to type it, and what follows from what it shows; it is read by somebody who was asleep a minute ago.
The summary says what goes on meanwhile, so that one knows whether it can wait. What a factory or the space
mends by itself (a lost datagram, a back-off, one silent minute) is none. Severities: `critical` wants
somebody now, `warning` today, `info` when there is time.
"""

from __future__ import annotations

import json
import re
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
    """With the words of `TEMPLATES`, as the runbook."""
    runbook: str


TEMPLATES = {
    "HOST": "{{ $labels.instance }}",
    "TARGET": "{{ $labels.target }}",
    "ABOUT": "{{ $labels.about }}",
    "COUNT": "{{ $value }}",
}
"""What Prometheus puts into a text."""
_TEMPLATE = re.compile("|".join(TEMPLATES))


ALERTS: tuple[Alert, ...] = (
    Alert(
        "VacnetFactoryDown",
        'up{job="vacnet"} == 0',
        "5m",
        "critical",
        "the factory of HOST does not answer: what runs there goes on, nothing new starts",
        "`systemctl status vacnet` on HOST. Failed with status 78: `vacnet config check` names file and "
        "line. Dead for another reason: `journalctl -u vacnet -n 50`, then `systemctl restart vacnet`, "
        "which adopts every machine. Running: its port of metrics does not answer; `vacnet doctor`. The "
        "host does not answer: mend the host; the others go on without it",
    ),
    Alert(
        "VacnetRecordTrouble",
        "vacnet_record_trouble == 1",
        "2m",
        "critical",
        "HOST cannot write its record: what runs goes on, nothing new starts",
        "`vacnet space` on HOST says why, mostly a full disk: `df -h /var/lib/vacnet`, make room; it "
        "goes on by itself within seconds. Do not delete vacnet.db. A sick disk (`dmesg | "
        "tail`): mend it; the ends of machines are kept in memory until then",
    ),
    Alert(
        "VacnetConflict",
        'vacnet_flag{flag="conflict"} == 1',
        "1m",
        "critical",
        "two running factories bear the name of HOST: what runs goes on, both start nothing",
        "`vacnet space` on HOST names the address of the other. Mostly a copied disk image: `systemctl "
        "stop vacnet` on the host that should not be, then move its /var/lib/vacnet away and give it a "
        "name of its own in [factory]. The one that stays starts again a minute later",
    ),
    Alert(
        "VacnetRestricted",
        "vacnet_restricted == 1",
        "5m",
        "critical",
        "HOST starts nothing new: its settings or its keys are bad",
        "`vacnet config check` on HOST names file and line of each problem. Mend the file, or put the "
        "one before it back: an edit is taken over within seconds, without a restart",
    ),
    Alert(
        "VacnetIsolated",
        'vacnet_flag{flag="isolated"} == 1',
        "5m",
        "warning",
        "HOST has peers and hears none of them; 10 minutes after it began it works alone",
        "`vacnet peers check` on HOST, as root, says of each peer why: firewall (UDP), key, name or "
        "route. Nothing is lost meanwhile, and it heals by itself once they are heard",
    ),
    Alert(
        "VacnetFactorySilent",
        'max by (space) (vacnet_space_factories{state="silent"}) > 0',
        "10m",
        "warning",
        "COUNT factories of the space are silent",
        "`vacnet factories` on any host names them. On each of those: `systemctl status vacnet`; where "
        "it runs, `vacnet peers check` there and here. A host that is gone for good needs nothing: it is "
        "forgotten after a day; take it out of the peers with `vacnet peers remove NAME`",
    ),
    Alert(
        "VacnetBadFiles",
        'vacnet_problems{about=~"settings|keys|peers|pipes|targets|metrics"} > 0',
        "15m",
        "warning",
        "HOST has trouble with its ABOUT: what was good before stands",
        "`vacnet space` on HOST names each problem, its line and what to do; `vacnet config check` has "
        "all of those in files. No restart is needed after an edit, unless it says so",
    ),
    Alert(
        "VacnetMachinesFail",
        'sum by (instance, target) (increase(vacnet_machines_ended_total{outcome="error"}[1h])) > 4 and '
        'sum by (instance, target) (increase(vacnet_machines_ended_total{outcome="error"}[1h])) > 0.5 * '
        "sum by (instance, target) (increase(vacnet_machines_ended_total[1h]))",
        "10m",
        "warning",
        "most machines of TARGET fail on HOST",
        "`vacnet machines --ended 20` on HOST shows their messages, `vacnet logs MACHINE` what one wrote "
        "last. Only on this host: mend it, or `vacnet target hold TARGET --reason ...` there. On all "
        "hosts: it is the target's; tell those who run it. vacnet backs off by itself meanwhile",
    ),
    Alert(
        "VacnetSuspect",
        'vacnet_flag{flag="suspect"} == 1',
        "30m",
        "warning",
        "machines fail on HOST that work on others; it tries them seldom now, and the others have the work",
        "`vacnet space` on HOST says of which target; `vacnet machines --ended 20` there shows their "
        "messages. Look for what this host lacks: `vacnet doctor`, disk, network, engine, /cvmfs. It tries "
        "again by itself, and forgets the suspicion with the first machine that works",
    ),
    Alert(
        "VacnetMachinesNotMade",
        "increase(vacnet_machines_not_made_total[30m]) > 3",
        "10m",
        "warning",
        "HOST cannot make machines of TARGET: something they need is missing",
        "`vacnet events machine.not-made --tail 5` on HOST says what: an image, user_data or the engine. "
        "It is tried again by itself, every 10 minutes at the latest",
    ),
    Alert(
        "VacnetForeignDatagrams",
        'sum by (instance) (rate(vacnet_gossip_rejected_datagrams_total{reason=~"key|tag|role"}[10m])) > 0.1',
        "15m",
        "warning",
        "somebody sends HOST gossip that its keys do not open; it is dropped",
        "`vacnet space` on HOST names the address. A host of yours: its key is old (`vacnet key list` on "
        "both) or it is of another space. A stranger: close the port to it",
    ),
    Alert(
        "VacnetGossipLost",
        "increase(vacnet_gossip_kernel_dropped_datagrams_total[10m]) > 0",
        "10m",
        "warning",
        "HOST loses datagrams before it can take them; what is lost is repaired later",
        "`vacnet doctor` on HOST: net.core.rmem_max is small, which it says how to raise, or the host is "
        "overloaded",
    ),
    Alert(
        "VacnetStalls",
        "increase(vacnet_loop_stalls_total[1h]) > 3",
        "0m",
        "warning",
        "the daemon of HOST stalls: it is not given the processor, or its disk hangs",
        "`vacnet events loop.stalled --since 1h` on HOST says when and how long, `vacnet doctor` what is "
        "known; then look at the load (`uptime`), the memory (`free -h`) and the disk (`dmesg | tail`)",
    ),
    Alert(
        "VacnetDecisionsSlow",
        "histogram_quantile(0.99, sum by (instance, le) (rate(vacnet_decision_seconds_bucket[10m]))) > 0.5",
        "15m",
        "warning",
        "decisions of HOST take over half a second",
        "`vacnet doctor` on HOST. If the host is overloaded, that is why; if it is idle, send what "
        "`vacnet support` makes with a bug report",
    ),
    Alert(
        "VacnetFault",
        "increase(vacnet_gossip_broken_datagrams_total[1h]) > 0",
        "0m",
        "warning",
        "a datagram met a fault of vacnet on HOST; it was dropped and work goes on",
        "`vacnet support` on HOST makes an archive for a bug report; add what `journalctl -u vacnet | "
        "grep -A 30 datagram.broke` shows",
    ),
    Alert(
        "VacnetNoWork",
        "min by (space, target) (vacnet_space_window_streak) >= 20",
        "6h",
        "info",
        "TARGET has had no work for hours; its processors go to the other targets",
        "`vacnet why TARGET` says what its machines wrote. Ask those who run its queue; to try it no "
        "more until then: `vacnet target hold TARGET --space --reason ...`",
    ),
    Alert(
        "VacnetDrainedForLong",
        'vacnet_flag{flag="draining"} == 1',
        "3d",
        "info",
        "HOST has been draining for three days",
        "`vacnet space` on HOST says who drained it and why; `vacnet undrain` there ends it",
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
    yield f"          summary: {_text(alert.summary)}"
    yield f"          runbook: {_text(alert.runbook)}"


def _text(words: str) -> str:
    return json.dumps(_TEMPLATE.sub(lambda found: TEMPLATES[found[0]], words))
