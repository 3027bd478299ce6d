"""Context distillation of a memory's adapter: each question trains the rows that recall would attach for it.

Reads and writes no entry.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from parametric_memory.adapters.focus import Focus, PassageRows, louder
from parametric_memory.documents.cleaning import title_of
from parametric_memory.index.exact import cosines, once_each
from parametric_memory.recall.recaller import best_passages, looked_at
from parametric_memory.recall.scorer import Candidate, ScoredPassage, Vector
from parametric_memory.records import now

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.internalize.selection import Report
    from parametric_memory.recall.recaller import Recaller


def refined(
    recaller: Recaller,
    adapter: Adapter,
    text: str,
    seconds: float,
    passages: Sequence[str] = (),
    passage_rows: PassageRows | None = None,
    strength: float = 1.0,
    report: Report | None = None,
) -> Adapter:
    """An adapter of a text after context distillation.

    Args:
        recaller: of the memory.
        passages, passage_rows: see `focus_of`.
        strength: initial factor on the passages' rows: that with which questions attached them before.
        report: receives lines about progress; the models' own when not given.

    Raises:
        DocumentError: the text is empty.
    """
    from parametric_memory.internalize.distillation import Recipe, distil

    started, models = time.monotonic(), recaller.models
    focus = focus_of(recaller, passages, passage_rows or {}, title_of(text))
    return distil(
        models.base,
        text,
        louder(adapter, passage_rows or {}, strength),
        seconds=max(0.0, seconds - (time.monotonic() - started)),
        recipe=Recipe(epochs=None),  # until the time is up
        ask=models.question,
        report=report or models.report,
        focus=focus,
    )


def focus_of(recaller: Recaller, passages: Sequence[str], rows: PassageRows, title: str = "") -> Focus | None:
    """The rows of a document that the memory attaches for a question; None if none can be attached alone.

    Args:
        passages: of the document, in order.
        rows: their rows.
        title: of the document.
    """
    if not passages:
        return None
    scorer, embeddings, most = recaller.scorer, recaller.models.embeddings, recaller.max_passages
    numbered = [(passage, number) for number, passage in enumerate(passages)]
    vectors, numbers = scorer.document_vectors(numbered, embeddings)

    def weights(question: str) -> Mapping[int, float]:
        query = scorer.query(question, embeddings)

        def nearest(vector: Vector) -> Sequence[ScoredPassage]:
            return once_each(numbers, cosines(vectors, vector))[: looked_at(most)]

        similarity = max(similarity for _, similarity in nearest(query.vector))
        candidate = Candidate(title, "", similarity, now(), lambda: passages, nearest)
        [scored] = query.score([candidate])
        chosen = best_passages(scored.passages, passages, most)
        return {p.number: w for p, w in zip(chosen, scorer.weights([p.score for p in chosen]), strict=True)}

    return Focus(rows, weights)
