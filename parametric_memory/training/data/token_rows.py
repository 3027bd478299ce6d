"""What the objective of Doc-to-LoRA is trained on: documents, and questions that a teacher answered, in token ids.

From texts, or from rows as the reference keeps them. Knows nothing about where they come from or how they are learned.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.chunking import ContextTemplate, split_evenly, split_into
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.training.data.examples import Distribution

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
    from parametric_memory.language_model.chat import ChatFormat


@dataclass(frozen=True, eq=False)
class TextQuestion:
    """A question, its answer in token ids, the end included, and what the teacher finds likely at each of these."""

    text: str
    answer: Sequence[int]
    taught: Distribution | None = None


@dataclass(frozen=True, eq=False)
class TextRow:
    """A document and the questions about it."""

    document: str
    questions: tuple[TextQuestion, ...]
    source: str = "documents"


@dataclass(frozen=True, eq=False)
class TokenQuestion:
    """A question as it is asked, up to where the answer begins, and its answer, the end included."""

    prompt: Sequence[int]
    answer: Sequence[int]
    taught: Distribution | None = None

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True, eq=False)
class TokenRow:
    """A document as a hypernetwork reads it, and the questions about it.

    Attributes:
        chunks: the ids of its chunks.
        before: ids that open each chunk's turn; see `Hypernetwork.read`.
        whole: whether the one chunk is a document with its template, which may be cut into several.
    """

    chunks: Sequence[Sequence[int]]
    questions: tuple[TokenQuestion, ...]
    before: Sequence[int] = ()
    whole: bool = False
    source: str = "documents"

    @property
    def taught_tokens(self) -> set[int]:
        """How many of the teacher's tokens are known at each of an answer, of its questions; 0: it has no teacher."""
        return {0 if q.taught is None else q.taught.ids.shape[1] for q in self.questions}

    def __len__(self) -> int:
        """Tokens that are read, questions included."""
        return sum(map(len, self.chunks)) + sum(map(len, self.questions))


@dataclass(frozen=True)
class ChunkDraw:
    """Into how many chunks a document is cut in the second stage of training; as in the paper, unless given.

    Attributes:
        least, most: tokens of a chunk.
        probabilities: of the numbers of chunks; of those that such chunks allow for a document.
    """

    least: int = 25
    most: int = 512
    probabilities: Mapping[int, float] = field(
        default_factory=lambda: {1: 0.5, 2: 0.125, **dict.fromkeys(range(3, 9), 0.0625)}
    )

    def pieces(self, rng: random.Random, tokens: int) -> int:
        """Of a document of so many tokens. The fewest that are short enough, where none of the numbers is allowed."""
        fewest, most = math.ceil(tokens / self.most), math.ceil(tokens / self.least)
        allowed = {count: share for count, share in self.probabilities.items() if fewest <= count <= most}
        return rng.choices(list(allowed), list(allowed.values()))[0] if allowed else fewest


def token_row(row: TextRow, hypernetwork: Hypernetwork, chat: ChatFormat) -> TokenRow:
    """A row as a hypernetwork reads its document and was made to be asked.

    Raises:
        DocumentError: the document has no tokens.
    """
    asked = tuple(TokenQuestion(hypernetwork.question(q.text, chat), q.answer, q.taught) for q in row.questions)
    if isinstance(hypernetwork, PerceiverHypernetwork):
        template, tokenizer = hypernetwork.reading(chat)
        return TokenRow([template.ids(tokenizer, row.document)], asked, whole=True, source=row.source)
    chunks, before = hypernetwork.read(row.document, chat)
    return TokenRow(chunks, asked, before, source=row.source)


def text_row(row: TokenRow, template: ContextTemplate, chat: ChatFormat) -> TextRow:
    """A row of the reference's ids as texts again, for a hypernetwork that reads and is asked otherwise.

    Raises:
        DocumentError: its ids do not begin and end as the template does.
    """

    def without(ids: Sequence[int], prefix: tuple[int, ...], suffix: tuple[int, ...]) -> Sequence[int]:
        before, after = len(prefix), len(ids) - len(suffix)
        if before > after or tuple(ids[:before]) != prefix or tuple(ids[after:]) != suffix:
            raise DocumentError(
                "A row of token ids is not in the base model's own turns: it was made for another model, or in another "
                "template."
            )
        return ids[before:after]

    def text(ids: Sequence[int]) -> str:
        return chat.decode(without(ids, template.prefix, template.suffix))

    asked = tuple(TextQuestion(text(q.prompt), q.answer, q.taught) for q in row.questions)
    last = len(row.chunks) - 1
    whole = [  # as it was before `split_into`, which cuts anywhere, be it in a word or in the template
        token
        for i, chunk in enumerate(row.chunks)
        for token in without(chunk, template.prefix if i else (), template.suffix if i < last else ())
    ]
    return TextRow(text(whole), asked, row.source)


def cut(
    row: TokenRow, template: ContextTemplate, rng: random.Random, draw: ChunkDraw | None, chunk_tokens: int
) -> TokenRow:
    """A whole document in chunks: of the longest length that is read at once, or as many as are drawn."""
    if not row.whole:
        return row
    ids = row.chunks[0]
    if draw is None:
        chunks = split_evenly(ids, chunk_tokens, template.prefix, template.suffix)
    else:
        chunks = split_into(ids, draw.pieces(rng, len(ids)), template.prefix, template.suffix)
    return replace(row, chunks=chunks, whole=False)
