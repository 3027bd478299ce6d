"""What the server counts, in Prometheus's text format."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

_NAMESPACE = "parametric_memory"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

disable_created_metrics()  # a further series for each


class Metrics:
    """The series of one server. Threads may share them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        of: dict[str, Any] = {"namespace": _NAMESPACE, "registry": self._registry}
        self.requests = Counter("requests_total", "Requests.", ["path", "status"], **of)
        self.refused = Counter("refused_total", "Requests refused since too many were in work.", **of)
        self.abandoned = Counter("abandoned_total", "Requests whose client did not wait.", **of)
        self.requests_in_work = Gauge("requests_in_work", "Requests running or waiting.", **of)
        self.added = Counter("added_total", "Entries added.", **of)
        self.deleted = Counter("deleted_total", "Entries deleted.", **of)
        self.answers = Counter("answers_total", "Answers that a model wrote.", **of)
        self.written_tokens = Counter("written_tokens_total", "Tokens of these answers.", **of)
        self.first_token_seconds = Histogram("first_token_seconds", "Until the first token.", buckets=_SECONDS, **of)
        self.answer_seconds = Histogram("answer_seconds", "Of a whole answer.", buckets=_SECONDS, **of)
        self.answers_in_work = Gauge("answers_in_work", "Answers that share forward passes.", **of)
        self.forward_passes = Gauge("forward_passes", "Forward passes so far.", **of)
        self.tokens_of_passes = Gauge("tokens_of_passes", "Tokens written in them.", **of)

    def text(self) -> str:
        return generate_latest(self._registry).decode()
