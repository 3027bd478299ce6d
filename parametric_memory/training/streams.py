"""Where training batches come from: generated facts, pools of real passages, and mixtures of them.

Knows nothing about tokens or models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from parametric_memory.training.data.examples import Example
from parametric_memory.training.trainer import ExampleStream


class ExamplePool:
    """A fixed list of examples; a batch takes contexts of similar length."""

    def __init__(self, examples: Sequence[Example]):
        self.examples = sorted(examples, key=lambda e: len(e.document))

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        """Up to twice as many contexts as were asked for: most bring a single question, and none is asked twice."""
        parts = max(1, len(self.examples) // (8 * size))  # of one length each; every context is as likely as any other
        part, count = rng.randrange(parts), len(self.examples)
        similar = self.examples[part * count // parts : (part + 1) * count // parts]
        chosen: list[Example] = []
        left = size * questions
        for example in rng.sample(similar, min(2 * size, len(similar))):
            asked = rng.sample(example.questions, min(len(example.questions), questions, left))
            chosen.append(replace(example, questions=tuple(asked)))
            left -= len(asked)
            if not left:
                break
        return chosen


@dataclass(frozen=True)
class Mixture:
    """Batches of which each stream brings its share of the documents and questions."""

    streams: tuple[ExampleStream, ...]
    weights: tuple[float, ...]

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        """What is left of a document goes to one stream or another, so that in the long run shares are as they are."""
        whole, first = sum(self.weights), rng.random()
        sizes: list[int] = []
        for end in accumulate(size * weight / whole for weight in self.weights):
            sizes.append(int(end + first) - sum(sizes))
        sizes[-1] = size - sum(sizes[:-1])
        parts = [
            stream.batch(rng, count, questions, step)
            for stream, count in zip(self.streams, sizes, strict=True)
            if count > 0
        ]
        return [example for part in parts for example in part]
