"""Where training batches come from: generated facts, pools of real passages, and mixtures of them.

Knows nothing about tokens or models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from parametric_memory.training.examples import Example
from parametric_memory.training.facts import spread
from parametric_memory.training.trainer import ExampleStream


class ExamplePool:
    """A fixed list of examples; a batch takes contexts of similar length."""

    def __init__(self, examples: Sequence[Example]):
        self.examples = sorted(examples, key=lambda e: len(e.document))

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        span = min(len(self.examples), 8 * size)
        first = rng.randint(0, len(self.examples) - span)
        chosen = rng.sample(self.examples[first : first + span], min(size, span))
        return [Example(e.document, tuple(spread(rng, e.questions, questions)), e.source) for e in chosen]


@dataclass(frozen=True)
class Mixture:
    """One stream a batch, drawn by weight."""

    streams: tuple[ExampleStream, ...]
    weights: tuple[float, ...]

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        return rng.choices(self.streams, self.weights)[0].batch(rng, size, questions, step)
