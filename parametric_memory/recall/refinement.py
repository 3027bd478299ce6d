"""Context distillation of an adapter that a memory has: each question trains the rows that recall would attach for it.

Knows nothing about entries and indexes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from parametric_memory.adapters.focus import Focus, PassageRows
from parametric_memory.index.nearest import cosines, once_each
from parametric_memory.recall.english import in_context
from parametric_memory.recall.passages import chosen_passages, looked_at, passage_parts, passage_vector

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.models.selection import Models, Report


def refined(
    models: Models,
    adapter: Adapter,
    text: str,
    seconds: float,
    passages: Sequence[str] = (),
    passage_rows: PassageRows | None = None,
    max_passages: int | None = None,
    report: Report | None = None,
) -> Adapter:
    """An adapter of a text after context distillation for so long, to be asked as before.

    Args:
        passages, passage_rows, max_passages: see `focus_of`.
        report: is told what is going on; as the models say when not given.

    Raises:
        DocumentError: the text is empty.
    """
    from parametric_memory.internalize.distillation import Recipe, distil

    started = time.monotonic()
    focus = focus_of(models, passages, passage_rows or {}, max_passages)
    return distil(
        models.base,
        text,
        adapter,
        seconds=max(0.0, seconds - (time.monotonic() - started)),
        recipe=Recipe(epochs=None),  # until the time is up
        ask=models.question,
        report=report or models.report,
        focus=focus,
    )


def focus_of(
    models: Models, passages: Sequence[str], rows: PassageRows, max_passages: int | None = None
) -> Focus | None:
    """What a memory that holds the document attaches of it; None where no rows can be attached alone.

    Args:
        passages: of the document, in its order.
        rows: which rows are theirs.
        max_passages: how many the memory attaches; as the hypernetwork's calibration says when not given.
    """
    if not passages:
        return None
    parts, numbers = passage_parts([(passage, number) for number, passage in enumerate(passages)])
    vectors = in_context(models.embeddings.embed_documents(parts))
    most = max_passages or models.calibration.max_passages

    def weights(question: str) -> Mapping[int, float]:
        vector: Sequence[float] = models.embeddings.embed_query(question)
        if len(passages) > 1:
            vector = passage_vector(models.embeddings, question, vector)
        nearest = once_each(numbers, cosines(vectors, vector))[: looked_at(most)]
        chosen = chosen_passages(question, nearest, passages, most, models.calibration.passage_temperature)
        return {passage.number: passage.weight for passage in chosen}

    return Focus(rows, weights)
