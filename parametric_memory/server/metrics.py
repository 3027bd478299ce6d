"""Counters, gauges and histograms in Prometheus's text format.

Knows nothing about what it counts.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping

PREFIX = "parametric_memory_"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counters, gauges and histograms of seconds. Threads may share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[_Labels, float]] = defaultdict(lambda: defaultdict(float))
        self._gauges: dict[str, float] = {}
        self._times: dict[str, list[int]] = {}
        self._sums: dict[str, float] = defaultdict(float)

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        with self._lock:
            self._counts[name][tuple(sorted(labels.items()))] += by

    def set(self, name: str, value: float) -> None:
        with self._lock:
            self._gauges[name] = value

    def time(self, name: str, seconds: float) -> None:
        """Add one time to a histogram."""
        with self._lock:
            buckets = self._times.setdefault(name, [0] * (len(_SECONDS) + 1))
            buckets[next((i for i, most in enumerate(_SECONDS) if seconds <= most), len(_SECONDS))] += 1
            self._sums[name] += seconds

    def text(self) -> str:
        with self._lock:
            lines = []
            for name, counts in sorted(self._counts.items()):
                lines.append(f"# TYPE {PREFIX}{name} counter")
                lines += [f"{PREFIX}{name}{_written(dict(labels))} {value:g}" for labels, value in counts.items()]
            for name, value in sorted(self._gauges.items()):
                lines += [f"# TYPE {PREFIX}{name} gauge", f"{PREFIX}{name} {value:g}"]
            for name, buckets in sorted(self._times.items()):
                lines.append(f"# TYPE {PREFIX}{name} histogram")
                total = 0
                for most, number in zip((*map(str, _SECONDS), "+Inf"), buckets, strict=True):
                    total += number
                    lines.append(f'{PREFIX}{name}_bucket{{le="{most}"}} {total}')
                lines += [f"{PREFIX}{name}_sum {self._sums[name]:g}", f"{PREFIX}{name}_count {total}"]
            return "\n".join([*lines, ""])


def _written(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = {k: v.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for k, v in labels.items()}
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}"
