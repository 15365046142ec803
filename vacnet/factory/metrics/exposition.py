"""How the metrics of one moment are told to `prometheus_client`."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from vacnet.factory.metrics.seen import Seen
from vacnet.factory.metrics.table import ROWS, Row

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
        yield from (_family(row, self._seen) for row in ROWS)
        decisions = self._seen.decisions
        yield HistogramMetricFamily(
            DECISIONS, DECISION_WORDS, buckets=decisions.cumulated(), sum_value=decisions.sum_seconds
        )


def _family(row: Row, seen: Seen) -> Metric:
    """Return one metric with its values."""
    made = CounterMetricFamily if row.kind == "counter" else GaugeMetricFamily
    family = made(row.name, row.words, labels=row.labels)
    for labels, value in row.read(seen):
        family.add_metric(labels, value)
    return family
