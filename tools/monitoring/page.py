"""Makes `docs/monitoring.md`: how to be warned, every metric, every alert with what to do."""

from __future__ import annotations

from tools.monitoring.alerts import ALERTS
from vacnet.factory.metrics.exposition import DECISION_WORDS, DECISIONS
from vacnet.factory.metrics.table import ROWS

_PAGE = """# Monitoring

Made from the tables of the code by `python -m tools.pages`.

Every factory tells its numbers to Prometheus at `http://127.0.0.1:8885/metrics`: on loopback, at the
number that gossip has (TCP here, UDP there), so that several factories on one host do not meet. To have
them scraped from elsewhere, name an address of the host, and let only your Prometheus through its firewall:
there is no password, and whoever reads it learns the names of your targets. An edit takes effect when the
factory is restarted.

```toml
[metrics]
listen = "0.0.0.0:8885"     # "off": none
```

In `prometheus.yml`, with the rules of `conf/alerts/`:

```yaml
rule_files:
  - /etc/prometheus/vacnet.rules.yml
scrape_configs:
  - job_name: vacnet
    static_configs:
      - targets: ["vac01.example.org:8885", "vac02.example.org:8885"]
```

In place of a list by hand, the space's own, written anew by a timer on one host and read by
`file_sd_configs: [{{files: [/etc/prometheus/vacnet.json]}}]`:

```sh
vacnet factories --format prometheus-sd >/etc/prometheus/vacnet.new &&
    mv /etc/prometheus/vacnet.new /etc/prometheus/vacnet.json
```

It has every factory but those that stopped in order, each at its address and under its name, with the number
of its gossip or that of `--port`.

Nagios, Icinga and their kin call [`vacnet health`](health.md).

`conf/alerts/grafana.json` is a board for Grafana 11 and later: import it, or lay it where your Grafana finds
its boards. Above its panels one chooses the Prometheus, the space, and factories of it. Like the rules it
takes it that the factories are scraped as job `vacnet`.

Machines started, ended and not made are counted in the record, in the very write that says so: those counters
go on over a restart, a kill or a reboot, and miss nothing that happened while nobody scraped. They begin at 0
with the record, and stand still while it cannot be written (`vacnet_record_trouble`); the ends of that time
are written and counted afterwards. All other counters begin at 0 when the daemon does, which `rate` and
`increase` know of.

What begins with `vacnet_space_` is the whole space as that factory sees it: every factory tells it, so take
`max` and never the sum.
A scrape costs the factory some milliseconds, however many ask within a second.

## Metrics

| metric | type | labels | what it is |
| --- | --- | --- | --- |
{metrics}

The daemon's own: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_start_time_seconds`, `process_open_fds`, `process_max_fds`.

## Alerts

HOST, TARGET, ABOUT and COUNT stand for what Prometheus puts there.

| alert | severity | after | what it means | what to do |
| --- | --- | --- | --- | --- |
{alerts}
"""


def monitoring_page() -> str:
    """Return the page."""
    metrics = [
        f"| `{row.name}` | {row.kind} | {', '.join(row.labels)} | {row.words} |"
        for row in sorted(ROWS, key=lambda row: row.name)
    ]
    metrics.append(f"| `{DECISIONS}` | histogram | le | {DECISION_WORDS} |")
    alerts = [
        f"| {one.name} | {one.severity} | {one.wait} | {_cell(one.summary)} | {_cell(one.runbook)} |"
        for one in ALERTS
    ]
    return _PAGE.format(metrics="\n".join(metrics), alerts="\n".join(alerts))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
