"""Rows as the reference implementation of Doc-to-LoRA keeps its training data, in Parquet or JSON lines.

    ctx_ids             token ids of the document in its turns; or a list of them, for one that is in chunks already
    input_ids           of each question: the ids of question and answer
    response_start_end  of each: where its answer begins and ends in these
    logprobs_vals       of each: the teacher's log-probabilities, a list of k for every token of the answer; k is the
                        same in all rows
    logprobs_indices    of each: which tokens these are

Where a row has one question, the outer list may be left out. The last two may be missing. Knows nothing about models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.files.json_objects import shown
from parametric_memory.training.data.examples import Distribution
from parametric_memory.training.data.question_answering import json_lines
from parametric_memory.training.data.token_rows import TokenQuestion, TokenRow

PARQUET = ".parquet"
_FEW_AND_MANY = "every token of an answer must have as many log-probabilities of the teacher; there are"


def read_reference_rows(path: Path, vocabulary: int | None = None) -> Iterator[TokenRow]:
    """The rows of a file, or of all files of a folder by their names.

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
                row = _row(record, vocabulary, file.stem)
            except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
                said = f"it lacks {error}" if isinstance(error, KeyError) else shown(error)
                raise DocumentError(f"{where} is no row of training data: {said}.") from error
            yield row


def records_of(file: Path) -> Iterator[tuple[str, Any]]:
    """The rows of a file of Parquet or JSON lines, and where each is; raises as `read_reference_rows` does."""
    if file.suffix != PARQUET:
        for where, line in json_lines(file):
            try:
                yield where, json.loads(line)
            except json.JSONDecodeError as error:
                raise DocumentError(f"{where} is no JSON: {error}.") from error
        return
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SettingsError(f"{file} is read through pyarrow: pip install pyarrow, or give JSON lines.") from error
    try:
        number = 0
        for batch in ParquetFile(file).iter_batches(batch_size=16):
            for record in batch.to_pylist():
                number += 1
                yield f"{file} row {number}", record
    except (OSError, ArrowException) as error:
        raise DocumentError(f"Cannot read {file}: {shown(error)}.") from error


def _row(record: Mapping[str, Any], vocabulary: int | None, source: str) -> TokenRow:
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
        _question(ids, span, None if logs is None or tops is None else (logs[i], tops[i]), vocabulary)
        for i, (ids, span) in enumerate(zip(asked, spans, strict=True))
    )
    return TokenRow(chunks, questions, whole=chunks[0] is context, source=source)


def _question(ids: list[int], span: Any, taught: tuple[Any, Any] | None, vocabulary: int | None) -> TokenQuestion:
    if not isinstance(span, list) or len(span) != 2 or not all(type(place) is int for place in span):
        raise TypeError(f"response_start_end must hold two whole numbers for each question, not {shown(span)}")
    start, end = span
    if not 0 < start < end <= len(ids):
        raise ValueError(f"an answer from {shown(start)} to {shown(end)} does not lie in {len(ids)} tokens")
    prompt, answer = ids[:start], ids[start:end]
    if taught is None:
        return TokenQuestion(prompt, answer)
    if len(counts := {len(each) for of in taught for each in of}) > 1:
        raise ValueError(f"{_FEW_AND_MANY} {sorted(counts)} within a question")
    log_probs = torch.tensor(taught[0], dtype=torch.float32)
    top_ids = torch.tensor(taught[1])
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


def written(row: TokenRow) -> dict[str, Any]:
    """A row as a JSON object of this form."""
    taught = [q.taught for q in row.questions]
    known = [t for t in taught if t is not None]
    return {
        "ctx_ids": list(row.chunks[0]) if row.whole else [list(chunk) for chunk in row.chunks],
        "input_ids": [[*q.prompt, *q.answer] for q in row.questions],
        "response_start_end": [[len(q.prompt), len(q)] for q in row.questions],
        **(
            {
                "logprobs_vals": [t.log_probs.tolist() for t in known],
                "logprobs_indices": [t.ids.tolist() for t in known],
            }
            if len(known) == len(taught)
            else {}
        ),
    }
