"""Question-answer sets as they are published, read from files on disk, asked and scored as Doc-to-LoRA's authors do.

| set | files |
|---|---|
| squad | `dev-v1.1.json`, or rows of the hub |
| drop | `drop_dataset_dev.json`, or rows of the hub |
| ropes | `dev-v1.0.json`, or rows of the hub |
| 2wikimqa, hotpotqa, multifieldqa_en, qasper | JSON lines of LongBench; of LongBench-E with `_e` behind the name |
| squad_compact, drop_compact, ropes_compact, pwc_compact | Doc-to-LoRA's own: context, prompts, responses |

Rows are JSON lines, a JSON list, or Parquet (through pyarrow). ROPES' background and situation are joined by a line
break, as in the reference. What a question is put in, and whether word F1 or ROUGE-L is its score, are the reference's
too (arXiv 2602.15902); it has no wording for HotpotQA, which is asked as the others of LongBench are. Knows nothing
about models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.files.json_objects import shown
from parametric_memory.training.data.question_answering import Asked, json_lines

F1, ROUGE_L = "F1", "ROUGE-L"
ANSWER_TOKENS = 256

_SHORT = "Answer the following question. Output only the answer and do not output any other words.\n\nQuestion: {input}"
_LONG = "Answer the following question. Only output the answer and do not output any other words.\n\nQuestion: {input}"
_QASPER = (
    "Answer the question as concisely as you can, using a single phrase or sentence if possible.\n"
    'If the question cannot be answered based on the information in the article, write "unanswerable".\n'
    'If the question is a yes/no question, answer "yes", "no", or "unanswerable". Do not provide any explanation.\n\n'
    "Question: {input}"
)
_AS_IT_IS = "{input}"


@dataclass(frozen=True)
class PublishedSet:
    """How a set is asked and scored.

    Attributes:
        wording: the question stands in place of `{input}`.
        score: `F1` or `ROUGE_L`.
        questions: of a row.
    """

    wording: str
    score: str
    questions: Callable[[Mapping[str, Any]], Iterator[Asked]]

    def asked_as(self, question: str) -> str:
        return self.wording.replace("{input}", question)


def _answers(found: Any) -> tuple[str, ...]:
    if isinstance(found, Mapping):
        found = found["text"]
    texts = [each["text"] if isinstance(each, Mapping) else each for each in found]
    return tuple(dict.fromkeys(str(text) for text in texts))


def _squad(row: Mapping[str, Any]) -> Iterator[Asked]:
    for paragraph in row.get("paragraphs", [row]):
        for asked in paragraph.get("qas", [paragraph]):
            yield Asked(paragraph["context"], asked["question"], _answers(asked["answers"]))


def _ropes(row: Mapping[str, Any]) -> Iterator[Asked]:
    for paragraph in row.get("paragraphs", [row]):
        for asked in paragraph.get("qas", [paragraph]):
            context = f"{paragraph['background']}\n{paragraph['situation']}"
            yield Asked(context, asked["question"], _answers(asked["answers"]))


def _drop(row: Mapping[str, Any]) -> Iterator[Asked]:
    if "qa_pairs" not in row:
        yield Asked(row["passage"], row["question"], _answers(row["answers_spans"]["spans"]))
        return
    for asked in row["qa_pairs"]:
        given = [asked["answer"], *asked.get("validated_answers", [])]
        answers = tuple(dict.fromkeys(text for answer in given for text in _drop_answer(answer)))
        if answers:
            yield Asked(row["passage"], asked["question"], answers)


def _drop_answer(answer: Mapping[str, Any]) -> list[str]:
    if answer.get("number") not in (None, ""):
        return [str(answer["number"])]
    date = answer.get("date") or {}
    parts = [str(date[name]) for name in ("day", "month", "year") if date.get(name)]
    return [" ".join(parts)] if parts else [str(span) for span in answer.get("spans", [])]


def _longbench(row: Mapping[str, Any]) -> Iterator[Asked]:
    yield Asked(row["context"], row["input"], _answers(row["answers"]))


def _compact(row: Mapping[str, Any]) -> Iterator[Asked]:
    for prompt, response in zip(row["prompts"], row["responses"], strict=True):
        yield Asked(row["context"], prompt, (str(response),))


SETS: Mapping[str, PublishedSet] = {
    "squad": PublishedSet(_SHORT, F1, _squad),
    "drop": PublishedSet(_SHORT, F1, _drop),
    "ropes": PublishedSet(_SHORT, ROUGE_L, _ropes),
    **{
        f"{name}{part}": PublishedSet(_QASPER if name == "qasper" else _LONG, F1, _longbench)
        for name in ("2wikimqa", "hotpotqa", "multifieldqa_en", "qasper")
        for part in ("", "_e")
    },
    **{f"{name}_compact": PublishedSet(_AS_IT_IS, ROUGE_L, _compact) for name in ("squad", "drop", "ropes", "pwc")},
}


def read_published(name: str, path: Path) -> list[Asked]:
    """The questions of a set, in the order of its file.

    Raises:
        DocumentError: the file cannot be read, or is not of the set's form.
        SettingsError: there is no such set, or Parquet cannot be read without pyarrow.
    """
    if name not in SETS:
        raise SettingsError(f"There is no set {name!r}: they are {', '.join(SETS)}.")
    found: list[Asked] = []
    for where, row in _rows(path):
        try:
            found += [asked for asked in SETS[name].questions(row) if asked.answers]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            said = f"it lacks {error}" if isinstance(error, KeyError) else shown(error)
            raise DocumentError(f"{where} is not of the form of {name}: {said}.") from error
    if not found:
        raise DocumentError(f"{path} holds no question with an answer.")
    return found


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix == ".parquet":
        from parametric_memory.training.data.question_answering import records_of

        yield from records_of(path)
        return
    if path.suffix == ".json":
        try:
            whole = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DocumentError(f"Cannot read {path}: {shown(error)}.") from error
        rows = whole.get("data", whole) if isinstance(whole, dict) else whole
        rows = list(rows.values()) if isinstance(rows, dict) else rows
        if not isinstance(rows, list):
            raise DocumentError(f"{path} holds no list of rows.")
        yield from ((f"{path} row {number}", row) for number, row in enumerate(rows, 1))
        return
    for where, line in json_lines(path):
        try:
            yield where, json.loads(line)
        except json.JSONDecodeError as error:
            raise DocumentError(f"{where} is no JSON: {error}.") from error
