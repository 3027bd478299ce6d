"""What a question sees of its document while training: the sentences that recall would attach, as strongly as it would.

The similarities that recall weighs sentences by are drawn, not computed: around those that it gives to the sentence
with the answer and to others, by how many words of the question they hold. Knows nothing about embedders and models.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from parametric_memory.adapters.focus import MAX_PASSAGES, passage_weights
from parametric_memory.hypernetworks.hypernetwork import Attached
from parametric_memory.text.words import stems
from parametric_memory.training.data.examples import Question

# How much nearer a sentence is than the one with the answer, as recall with all-MiniLM-L6-v2 finds for 620 sentences of
# generated documents: where both hold as many of the question's words, for each word that it holds more, and at most.
_NEARER, _NEARER_BY_WORD, _MOST_NEARER, _SPREAD = -0.16, 0.13, 0.0, 0.17


# Of a passage as somebody wrote it: how often the sentence that answers is the nearest, second and third, and how far
# neighbours in that order are apart. Of such questions some see the answering sentence alone.
_PLACES = (0.75, 0.17, 0.08)
_GAP, _GAP_SPREAD = 0.06, 0.05
_ALONE_SHARE = 0.15


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
    answering = [] if question.ordinary else _answering(texts, question, chunks)
    if not answering and not question.ordinary:
        return [Attached(c) for c in chunks]
    answer = rng.choice(answering) if answering else None
    if question.support and rng.random() < _ALONE_SHARE and answer is not None:
        return [Attached(answer)]
    wanted = stems(question.text)
    held = {c: len(wanted & stems(texts[c])) for c in chunks}
    at_least = held[answer] if answer is not None else max(held.values(), default=0)
    similarity = {c: 0.0 if c == answer else _similarity(rng, held[c] - at_least) for c in chunks}
    nearest = sorted(chunks, key=lambda c: (c != answer, -similarity[c]))[:MAX_PASSAGES]
    if question.support and answer is not None:
        similarity = _ranked(rng, nearest)
    weights = passage_weights([similarity[c] for c in nearest])
    return [Attached(c, weight) for c, weight in zip(nearest, weights, strict=True)]


def _answering(texts: Sequence[str], question: Question, chunks: Sequence[int]) -> list[int]:
    """The sentences that answer a question: the one that is known to, or any that holds the value."""
    value = re.compile(rf"(?<!\w){re.escape(question.value)}(?!\w)", re.IGNORECASE)
    holding = [c for c in chunks if value.search(texts[c])]
    if not question.support:
        return holding
    known = [c for c in chunks if (text := " ".join(texts[c].split())) in question.support or question.support in text]
    return [c for c in known if c in holding] or known or holding


def _ranked(rng: random.Random, nearest: Sequence[int]) -> dict[int, float]:
    """Similarities of a few sentences of a passage, the one that answers the first of them.

    What a passage holds besides is near to it in other words than the question's, so that words do not tell how near.
    """
    gaps = [abs(rng.gauss(_GAP, _GAP_SPREAD)) for _ in nearest]
    place = min(rng.choices(range(len(_PLACES)), _PLACES)[0], len(nearest) - 1)
    order = [*nearest[1:]]
    order.insert(place, nearest[0])
    return {chunk: -sum(gaps[:i]) for i, chunk in enumerate(order)}


def _similarity(rng: random.Random, more_words: int) -> float:
    """Of another sentence than the one with the answer, whose similarity is 0."""
    return rng.gauss(min(_NEARER + _NEARER_BY_WORD * more_words, _MOST_NEARER), _SPREAD)
