"""PostgreSQL's settings for a machine's memory and cores, each with the reason that stands beside it.

Knows: the arithmetic. Must not know: the options or the machine they came from.
Rules of thumb are those of PostgreSQL's documentation (chapter 20, resource consumption) and of pgtune.

    >>> [setting.value for setting in memory_settings(4 * GB, cores=2, connections=100)][:2]
    ['1024MB', '3072MB']
"""

from __future__ import annotations

from dataclasses import dataclass

MB = 1 << 20
GB = 1 << 30


@dataclass(frozen=True)
class Setting:
    """One line of postgresql.conf."""

    name: str
    value: str
    reason: str


def connections_for(memory: int) -> int:
    """How many connections a machine is for: 100, and 25 more for each GB, at most 500."""
    return min(500, 100 + 25 * (memory // GB))


def memory_settings(memory: int, cores: int, connections: int) -> tuple[Setting, ...]:
    """What memory is for."""
    shared = min(memory // 4, 8 * GB)
    work = max(4 * MB, (memory - shared) // (connections * 3))
    return (
        Setting("shared_buffers", _mb(shared), f"a quarter of {_mb(memory)}, at most 8192MB"),
        Setting(
            "effective_cache_size", _mb(memory * 3 // 4), f"three quarters of {_mb(memory)}: the system caches too"
        ),
        Setting("work_mem", _mb(min(work, 256 * MB)), f"what is left for {connections} connections, three sorts each"),
        Setting("maintenance_work_mem", _mb(min(max(memory // 16, 16 * MB), 2 * GB)), "a sixteenth, at most 2048MB"),
        Setting("huge_pages", "try", "used where the machine has set some aside"),
        Setting("max_parallel_workers", str(max(2, cores)), f"{cores} cores"),
        Setting(
            "max_parallel_workers_per_gather", str(max(1, min(4, cores // 2))), f"half of {cores} cores, at most 4"
        ),
        Setting("max_parallel_maintenance_workers", str(max(1, min(4, cores // 2))), "as for queries"),
    )


def wal_settings(memory: int) -> tuple[Setting, ...]:
    """What the write-ahead log is for."""
    largest = 4 * GB if memory >= 4 * GB else 1 * GB
    return (
        Setting("max_wal_size", _mb(largest), "checkpoints by the clock rather than by volume"),
        Setting("min_wal_size", _mb(largest // 8), "recycled rather than removed"),
        Setting("checkpoint_timeout", "10min", "recovery stays short; fewer full-page images than with 5min"),
        Setting("checkpoint_completion_target", "0.9", "spread over nearly the whole interval"),
        Setting("wal_compression", "on", "less to ship to standbys for a little processor time"),
        Setting("random_page_cost", "1.1", "solid-state or cached storage"),
        Setting("effective_io_concurrency", "100", "solid-state storage answers many at once"),
    )


def cluster_parameters(connections: int, cores: int) -> dict[str, int | str]:
    """What must be the same on all units: Patroni keeps these in etcd and hands them to the server itself."""
    return {
        "max_connections": connections,
        "max_worker_processes": max(8, cores + 6),
        "max_wal_senders": 20,
        "max_replication_slots": 20,
        "max_locks_per_transaction": 128,
        "max_prepared_transactions": 0,
        "wal_level": "replica",
        "wal_log_hints": "on",
        "wal_keep_size": "128MB",
    }


def _mb(size: int) -> str:
    return f"{size // MB}MB"
