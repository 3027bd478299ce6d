"""Where training batches come from: generated facts, pools of real passages, and mixtures of them.

Knows nothing about tokens or models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from parametric_memory.training.examples import Example
from parametric_memory.training.trainer import ExampleStream


class ExamplePool:
    """A fixed list of examples; a batch takes contexts of similar length."""

    def __init__(self, examples: Sequence[Example]):
        self.examples = sorted(examples, key=lambda e: len(e.document))

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        """Up to twice as many contexts as were asked for: most bring a single question, and none is asked twice."""
        span = min(len(self.examples), 8 * size)
        first = rng.randint(0, len(self.examples) - span)
        chosen: list[Example] = []
        left = size * questions
        for example in rng.sample(self.examples[first : first + span], min(2 * size, span)):
            asked = rng.sample(example.questions, min(len(example.questions), questions, left))
            chosen.append(replace(example, questions=tuple(asked)))
            left -= len(asked)
            if not left:
                break
        return chosen


@dataclass(frozen=True)
class Mixture:
    """One stream a batch, drawn by weight."""

    streams: tuple[ExampleStream, ...]
    weights: tuple[float, ...]

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        return rng.choices(self.streams, self.weights)[0].batch(rng, size, questions, step)
