"""Which of a document's rows are trained when it is refined: for each question those that recall would attach.

Knows nothing about entries, indexes and training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from parametric_memory.adapters.focus import MAX_PASSAGES, TEMPERATURE, Focus, PassageRows
from parametric_memory.index.names import spelled_out
from parametric_memory.index.nearest import cosines
from parametric_memory.index.passages import in_context
from parametric_memory.recalling import chosen_passages, passage_vector

if TYPE_CHECKING:
    from parametric_memory.models import Models


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
    parts = [(spelled, number) for number in range(len(passages)) for spelled in spelled_out(passages, number)]
    vectors = in_context(models.embeddings.embed_documents([spelled for spelled, _ in parts]))
    most = max_passages or int(models.calibration.get("max_passages", MAX_PASSAGES))
    temperature = float(models.calibration.get("passage_temperature", TEMPERATURE))

    def weights(question: str) -> Mapping[int, float]:
        vector = models.embeddings.embed_query(question)
        if len(passages) > 1:
            vector = passage_vector(models.embeddings, question, vector)
        similarity: dict[int, float] = {}
        for (_, number), score in zip(parts, cosines(vectors, vector), strict=True):
            similarity[number] = max(score, similarity.get(number, -1.0))
        nearest = sorted(similarity.items(), key=lambda found: -found[1])
        chosen = chosen_passages(question, nearest, passages, most, temperature)
        return {passage.number: passage.weight for passage in chosen}

    return Focus(rows, weights)
