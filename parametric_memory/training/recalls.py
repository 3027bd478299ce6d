"""What a question sees of its document while training: the sentences that recall would attach, as strongly as it would.

The similarities that recall weighs sentences by are drawn, not computed: around those that an embedder gives to the
sentence with the answer and to its neighbours. Knows nothing about embedders and models.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from parametric_memory.adapters.focus import MAX_PASSAGES, passage_weights
from parametric_memory.internalize.hypernetwork import Attached
from parametric_memory.training.examples import Question

_GAP, _GAP_SPREAD = 0.27, 0.2  # by how much the sentence with the answer is nearer than another one


def recalled(
    rng: random.Random, texts: Sequence[str], question: Question, chunks: Sequence[int] | None = None
) -> list[Attached]:
    """Some of the sentences that a question may see, the one with the answer always among them.

    Where no sentence holds the answer alone, which happens to one that was cut in two, the question sees them all.

    Args:
        texts: of all chunks, one a sentence.
        chunks: the numbers of those that the question may see; all when not given.
    """
    chunks = range(len(texts)) if chunks is None else chunks
    value = re.compile(rf"(?<!\w){re.escape(question.value)}(?!\w)", re.IGNORECASE)
    answering = [] if question.ordinary else [c for c in chunks if value.search(texts[c])]
    if not answering and not question.ordinary:
        return [Attached(c) for c in chunks]
    answer = rng.choice(answering) if answering else None
    similarity = {c: 0.0 if c == answer else rng.gauss(-_GAP, _GAP_SPREAD) for c in chunks}
    nearest = sorted(chunks, key=lambda c: (c != answer, -similarity[c]))[:MAX_PASSAGES]
    weights = passage_weights([similarity[c] for c in nearest])
    return [Attached(c, weight) for c, weight in zip(nearest, weights, strict=True)]
