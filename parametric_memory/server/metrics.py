"""Counters, gauges and histograms in Prometheus's text format.

Knows nothing about what it counts.
"""

from __future__ import annotations

import threading
from collections import defaultdict

PREFIX = "parametric_memory_"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counters, gauges and histograms of seconds. Threads may share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, str] = {}
        self._values: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))  # by name and suffix

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        with self._lock:
            self._of("counter", name)[_written(**labels)] += by

    def set(self, name: str, value: float) -> None:
        with self._lock:
            self._of("gauge", name)[""] = value

    def time(self, name: str, seconds: float) -> None:
        """Adds one time to a histogram."""
        with self._lock:
            values = self._of("histogram", name)
            for most in (*_SECONDS, float("inf")):
                values["_bucket" + _written(le=str(most).replace("inf", "+Inf"))] += seconds <= most
            values["_sum"] += seconds
            values["_count"] += 1

    def text(self) -> str:
        with self._lock:
            lines = []
            for name, kind in sorted(self._kinds.items()):
                lines.append(f"# TYPE {PREFIX}{name} {kind}")
                lines += [f"{PREFIX}{name}{suffix} {value:.15g}" for suffix, value in self._values[name].items()]
            return "\n".join([*lines, ""])

    def _of(self, kind: str, name: str) -> dict[str, float]:
        self._kinds[name] = kind
        return self._values[name]


def _written(**labels: str) -> str:
    escaped = {k: v.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for k, v in sorted(labels.items())}
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}" if labels else ""
