"""What the objective of Doc-to-LoRA is trained on: documents and questions that a teacher answered, in token ids.

Rows are made of texts, of the needle task, or read as the reference implementation keeps them (`read_reference_rows`).
Knows nothing about how they are learned.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from parametric_memory.errors import DocumentError
from parametric_memory.files.json_objects import shown
from parametric_memory.hypernetworks.chunking import ContextTemplate, split_evenly, split_into
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.training.data.examples import Distribution
from parametric_memory.training.data.question_answering import PARQUET, records_of

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
    from parametric_memory.language_model.chat import ChatFormat

QUESTION = "What is the special magic number? Answer with the number alone."
FILLER = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."
NEEDLE = "The special magic number is {number}."
DEPTHS, DIGITS = 10, 4


@dataclass(frozen=True, eq=False)
class TextQuestion:
    """A question, its answer in token ids with the end, and a teacher's distribution at each of these."""

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
    """A question's prompt, up to where the answer begins, and its answer with the end."""

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
        """How many of the teacher's tokens are known for each answer token, by question; 0: it has no teacher."""
        return {0 if q.taught is None else q.taught.ids.shape[1] for q in self.questions}

    def __len__(self) -> int:
        """Tokens that are read, questions included."""
        return sum(map(len, self.chunks)) + sum(map(len, self.questions))


@dataclass(frozen=True)
class ChunkDraw:
    """Into how many chunks a document is cut in the second stage of training; the defaults are the paper's.

    Attributes:
        least, most: tokens of a chunk.
        probabilities: of the numbers of chunks; renormalized over those that such chunks allow for a document.
    """

    least: int = 25
    most: int = 512
    probabilities: Mapping[int, float] = field(
        default_factory=lambda: {1: 0.5, 2: 0.125, **dict.fromkeys(range(3, 9), 0.0625)}
    )

    def pieces(self, rng: random.Random, tokens: int) -> int:
        """Of a document of so many tokens; the fewest that are short enough where none of the numbers is allowed."""
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
    """A whole document in chunks: of `chunk_tokens` at most, or as many as are drawn."""
    if not row.whole:
        return row
    ids = row.chunks[0]
    if draw is None:
        chunks = split_evenly(ids, chunk_tokens, template.prefix, template.suffix)
    else:
        chunks = split_into(ids, draw.pieces(rng, len(ids)), template.prefix, template.suffix)
    return replace(row, chunks=chunks, whole=False)


@dataclass(frozen=True)
class MagicNumber:
    """A text and the number that is hidden in it. depth: 0 for the beginning, `DEPTHS` - 1 for the end."""

    text: str
    number: str
    depth: int


class MagicNumbers:
    """The needle task of Doc-to-LoRA: a magic number in a line of its own, among repetitions of one other line."""

    def __init__(self, chat: ChatFormat):
        self.chat = chat
        self._line = len(chat.encode(f"{FILLER}\n"))
        self._needle = len(chat.encode(NEEDLE.format(number="0" * DIGITS) + "\n"))

    def text(self, rng: random.Random, tokens: int, depth: int | None = None) -> MagicNumber:
        """A text of at most so many tokens, in whole lines. depth: drawn when not given."""
        depth = rng.randrange(DEPTHS) if depth is None else depth
        number = "".join(rng.choice("0123456789") for _ in range(DIGITS))
        lines = [FILLER] * max(0, (tokens - self._needle) // self._line)
        lines.insert(round(depth / (DEPTHS - 1) * len(lines)), NEEDLE.format(number=number))
        return MagicNumber("\n".join(lines), number, depth)

    def row(self, rng: random.Random, least: int, most: int) -> TextRow:
        """A text of a length between these, with the question."""
        hidden = self.text(rng, rng.randint(least, most))
        answer = (*self.chat.encode(hidden.number), self.chat.end)
        return TextRow(hidden.text, (TextQuestion(QUESTION, answer),), "needle")


def read_reference_rows(path: Path, vocabulary: int | None = None) -> Iterator[TokenRow]:
    """Rows as the reference implementation keeps them, of a Parquet or JSON lines file, or of all files of a folder.

        ctx_ids             token ids of the document in its turns; or a list of them, for one that is in chunks already
        input_ids           of each question: the ids of question and answer
        response_start_end  of each: where its answer begins and ends in these
        logprobs_vals       of each: the teacher's log-probabilities, k for every token of the answer
        logprobs_indices    of each: which tokens these are

    Where a row has one question, the outer list may be left out. The last two may be missing.

    Args:
        vocabulary: how many tokens the base model knows; ids beyond are refused.

    Raises:
        DocumentError: a file cannot be read, or a row is of another form: its lists do not fit each other, or its ids
            are of another model.
        SettingsError: Parquet cannot be read without pyarrow.
    """
    files = sorted(f for f in path.rglob("*") if f.suffix in (PARQUET, ".jsonl", ".gz")) if path.is_dir() else [path]
    if not files:
        raise DocumentError(f"{path} holds no rows: neither Parquet nor JSON lines.")
    for file in files:
        for where, record in records_of(file):
            try:
                row = _reference_row(record, vocabulary, file.stem)
            except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
                said = f"it lacks {error}" if isinstance(error, KeyError) else shown(error)
                raise DocumentError(f"{where} is no row of training data: {said}.") from error
            yield row


def _reference_row(record: Mapping[str, Any], vocabulary: int | None, source: str) -> TokenRow:
    context, asked, spans = record["ctx_ids"], record["input_ids"], record["response_start_end"]
    logs, tops = record.get("logprobs_vals"), record.get("logprobs_indices")
    if (logs is None) is not (tops is None):
        raise ValueError("of logprobs_vals and logprobs_indices one is there and the other is not")
    if not isinstance(asked, list) or not isinstance(spans, list):
        raise TypeError("input_ids and response_start_end must be lists")
    if asked and isinstance(asked[0], int):
        asked, spans = [asked], [spans]
        logs, tops = ([logs], [tops]) if logs is not None else (None, None)
    counts = {len(asked), len(spans), *(len(each) for each in (logs, tops) if each is not None)}
    if len(counts) > 1 or not asked:
        raise ValueError(f"its lists tell of {sorted(counts)} questions, they must be as many and at least one")
    chunks = [context] if context and isinstance(context[0], int) else context
    if not chunks or not all(chunks):
        raise ValueError("its document has no tokens")
    if not all(asked):
        raise ValueError("a question has no tokens (input_ids is empty)")
    for ids in (*chunks, *asked):
        _check_ids(ids, vocabulary)
    questions = tuple(
        _reference_question(ids, span, None if logs is None or tops is None else (logs[i], tops[i]), vocabulary)
        for i, (ids, span) in enumerate(zip(asked, spans, strict=True))
    )
    return TokenRow(chunks, questions, whole=chunks[0] is context, source=source)


def _reference_question(
    ids: list[int], span: Any, taught: tuple[Any, Any] | None, vocabulary: int | None
) -> TokenQuestion:
    if not isinstance(span, list) or len(span) != 2 or not all(type(place) is int for place in span):
        raise TypeError(f"response_start_end must hold two whole numbers for each question, not {shown(span)}")
    start, end = span
    if not 0 < start < end <= len(ids):
        raise ValueError(f"an answer from {shown(start)} to {shown(end)} does not lie in {len(ids)} tokens")
    prompt, answer = ids[:start], ids[start:end]
    if taught is None:
        return TokenQuestion(prompt, answer)
    if len(counts := {len(each) for of in taught for each in of}) > 1:
        raise ValueError(
            "every token of an answer must have as many log-probabilities of the teacher; there are "
            f"{sorted(counts)} within a question"
        )
    log_probs, top_ids = torch.tensor(taught[0], dtype=torch.float32), torch.tensor(taught[1])
    if top_ids.is_floating_point() or top_ids.ndim != 2 or top_ids.shape != log_probs.shape:
        raise ValueError("logprobs_vals and logprobs_indices of a question must be lists of as many numbers")
    if len(top_ids) != len(answer):
        raise ValueError(f"an answer of {len(answer)} tokens has log-probabilities for {len(top_ids)}")
    if not bool((log_probs <= 0).all()):
        raise ValueError("a log-probability is above 0, or no number")
    _check_ids(top_ids.flatten().tolist(), vocabulary)
    return TokenQuestion(prompt, answer, Distribution(top_ids.int(), log_probs.half()))


def _check_ids(ids: list[int], vocabulary: int | None) -> None:
    if not all(type(i) is int for i in ids):
        raise TypeError("token ids must be whole numbers")
    if min(ids) < 0 or (vocabulary is not None and max(ids) >= vocabulary):
        raise ValueError(f"token {max(ids)} is none of the base model, which knows {vocabulary}: it is another's data")
