"""Training rows of a Perceiver: documents and answered questions, in token ids.

Rows come from taught examples or the reference implementation's files (`read_reference_rows`). Knows nothing about how
they are learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from parametric_memory.errors import DocumentError
from parametric_memory.files import shown
from parametric_memory.training.data.examples import Distribution, EncodedQuestion, Example, encode_question
from parametric_memory.training.data.question_answering import PARQUET, records_of

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
    from parametric_memory.language_model.chat import ChatFormat


@dataclass(frozen=True, eq=False)
class TokenRow:
    """A document as a Perceiver reads it, and the questions about it.

    Attributes:
        chunks: the ids of its chunks.
        whole: whether the one chunk is a document with its template, which may be cut into several.
    """

    chunks: Sequence[Sequence[int]]
    questions: tuple[EncodedQuestion, ...]
    whole: bool = False
    source: str = "documents"

    @property
    def taught_tokens(self) -> set[int]:
        """How many of the teacher's tokens are known for each answer token, by question; 0: it has no teacher."""
        return {0 if q.taught is None else q.taught.ids.shape[1] for q in self.questions}

    def __len__(self) -> int:
        """Tokens that are read, questions included."""
        return sum(map(len, self.chunks)) + sum(map(len, self.questions))


def token_row(example: Example, hypernetwork: PerceiverHypernetwork, chat: ChatFormat) -> TokenRow:
    """An example as a Perceiver reads its document and is asked about it. Raises DocumentError: it has no tokens."""
    asked = tuple(
        EncodedQuestion(hypernetwork.question_form(chat)(q.text), encode_question(chat, q).answer, taught=q.taught)
        for q in example.questions
    )
    template, tokenizer = hypernetwork.reading(chat)
    return TokenRow([template.ids(tokenizer, example.document)], asked, whole=True, source=example.source)


def read_reference_rows(path: Path, vocabulary: int | None = None) -> Iterator[TokenRow]:
    """Rows as the reference implementation stores them, of a Parquet or JSON lines file, or of all files of a folder.

        ctx_ids             token ids of the document in its turns; or a list of them, for one that is in chunks already
        input_ids           of each question: the ids of question and answer
        response_start_end  of each: where its answer begins and ends in these
        logprobs_vals       of each: the teacher's log-probabilities, k for every token of the answer
        logprobs_indices    of each: which tokens these are

    Where a row has one question, the outer list may be left out. The last two may be missing.

    vocabulary: how many tokens the base model knows.

    Raises:
        DocumentError: a file cannot be read, or a row is of another form: its lists do not fit each other, or it has
            ids that the base model does not know.
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
                reason = f"it lacks {error}" if isinstance(error, KeyError) else shown(error)
                raise DocumentError(f"{where} is no row of training data: {reason}.") from error
            yield row


def _reference_row(record: Mapping[str, Any], vocabulary: int | None, source: str) -> TokenRow:
    context, asked, spans = record["ctx_ids"], record["input_ids"], record["response_start_end"]
    logs, tops = record.get("logprobs_vals"), record.get("logprobs_indices")
    if (logs is None) is not (tops is None):
        raise ValueError("of logprobs_vals and logprobs_indices one is there and the other is not")
    if asked and isinstance(asked[0], int):
        asked, spans, logs, tops = [asked], [spans], logs and [logs], tops and [tops]
    chunks = [context] if context and isinstance(context[0], int) else context
    if not (chunks and all(chunks) and asked and all(asked)):
        raise ValueError("its document or a question has no tokens")
    known = [torch.tensor(ids) for ids in (*chunks, *asked)]
    questions, untaught = [], [None] * len(asked)
    for ids, (start, end), log_probs, top in zip(asked, spans, logs or untaught, tops or untaught, strict=True):
        if not 0 < start < end <= len(ids):
            raise ValueError(f"an answer from {start} to {end} does not lie in {len(ids)} tokens")
        taught = None
        if log_probs is not None:
            taught = Distribution(torch.tensor(top), torch.tensor(log_probs, dtype=torch.float32).half())
            if taught.ids.shape != taught.log_probs.shape or len(taught) != end - start:
                raise ValueError(f"an answer of {end - start} tokens needs as many lists of log-probabilities and ids")
            if not bool((taught.log_probs <= 0).all()):
                raise ValueError("a log-probability is above 0, or no number")
            known.append(taught.ids)
        questions.append(EncodedQuestion(ids[:start], ids[start:end], taught=taught))
    for of_one in known:
        if of_one.is_floating_point():
            raise TypeError("token ids must be whole numbers")
        if of_one.min() < 0 or (vocabulary is not None and of_one.max() >= vocabulary):
            raise ValueError(
                f"token {of_one.max()} is none of the base model, which knows {vocabulary}: it is another's data"
            )
    return TokenRow(chunks, tuple(questions), whole=chunks[0] is context, source=source)
