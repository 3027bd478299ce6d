"""What a question sees of its document while training: the sentences that recall would attach, as strongly as it would.

The similarities that recall weighs sentences by are drawn, not computed: around those that an embedder gives to the
sentence with the answer and to its neighbours. Knows nothing about embedders and models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from parametric_memory.adapters.focus import MAX_PASSAGES, passage_weights
from parametric_memory.internalize.hypernetwork import Attached
from parametric_memory.training.examples import Question

_GAP, _GAP_SPREAD = 0.27, 0.2  # by how much the sentence with the answer is nearer than another one


def recalled(rng: random.Random, texts: Sequence[str], question: Question) -> list[Attached]:
    """Some of a document's sentences, the one with the answer always among them.

    Args:
        texts: of the chunks, one a sentence.
    """
    answering = [i for i, text in enumerate(texts) if not question.ordinary and question.value.lower() in text.lower()]
    gold = rng.choice(answering) if answering else None
    similarity = [0.0 if i == gold else rng.gauss(-_GAP, _GAP_SPREAD) for i in range(len(texts))]
    order = sorted(range(len(texts)), key=lambda i: (i != gold, -similarity[i]))[:MAX_PASSAGES]
    return [
        Attached(i, weight) for i, weight in zip(order, passage_weights([similarity[i] for i in order]), strict=True)
    ]
