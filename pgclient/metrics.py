"""Prometheus figures of a cluster.

    prometheus_client.REGISTRY.register(metrics.Collector(cluster))

Needs prometheus_client. Knows: names of figures. Must not know: how they come about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from pgclient.hosts import Role
from pgclient.statistics import HostStatistics

_GAUGES = {
    "idle": "connections that wait for work",
    "in_use": "connections in use",
    "making": "connections being made",
    "waiting": "callers that wait for a connection",
}
_COUNTERS = {
    "taken": "connections that were idle when they were wanted",
    "waited": "callers that had to wait for a connection",
    "seconds_waited": "seconds that callers waited for a connection",
    "refused": "callers that got no connection in time",
    "connected": "connections made",
    "failed": "attempts to connect that failed",
    "batches": "batches of single reads",
    "in_company": "single reads that shared a round trip",
    "done_alone": "single reads that were done again alone",
}


class HasStatistics(Protocol):
    """A `Cluster` or a `BlockingCluster`."""

    def statistics(self) -> tuple[HostStatistics, ...]:
        """One entry a host."""


class Collector:
    """Asked by prometheus_client whenever somebody reads the figures."""

    def __init__(self, cluster: HasStatistics, prefix: str = "pgclient") -> None:
        self._cluster = cluster
        self._prefix = prefix

    def collect(self) -> Iterator[Metric]:
        hosts = self._cluster.statistics()
        yield self._gauge("up", "1 if the host answers", {h: float(h.role is not Role.UNKNOWN) for h in hosts})
        yield self._gauge("primary", "1 if it is a primary", {h: float(h.role is Role.PRIMARY) for h in hosts})
        yield self._gauge("probe_seconds", "what the last probe took", {h: h.latency for h in hosts})
        lags = {h: float(h.lag_bytes) for h in hosts if h.lag_bytes is not None}
        yield self._gauge("lag_bytes", "WAL that a standby has not replayed", lags)
        for name, text in _GAUGES.items():
            yield self._gauge(name, text, {h: float(getattr(h, name)) for h in hosts})
        for name, text in _COUNTERS.items():
            yield self._counter(name, text, {h: float(asdict(h.counts)[name]) for h in hosts})

    def _gauge(self, name: str, text: str, values: dict[HostStatistics, float]) -> Metric:
        family = GaugeMetricFamily(f"{self._prefix}_{name}", text, labels=["host"])
        for host, value in values.items():
            family.add_metric([str(host.address)], value)
        return family

    def _counter(self, name: str, text: str, values: dict[HostStatistics, float]) -> Metric:
        family = CounterMetricFamily(f"{self._prefix}_{name}", text, labels=["host"])
        for host, value in values.items():
            family.add_metric([str(host.address)], value)
        return family
