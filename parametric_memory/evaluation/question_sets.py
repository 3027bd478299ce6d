"""Question-answer sets: rows as they are published, and questions chosen from them.

Rows are JSON lines, a JSON list, or Parquet (through pyarrow): SQuAD's, DROP's and ROPES's own files or rows of the
hub, LongBench's lines, and Doc-to-LoRA's compact sets. Wordings, scores and the line break between background
and situation of ROPES are those of Doc-to-LoRA's authors (arXiv 2602.15902). They have no wording for HotpotQA, MuSiQue
and NarrativeQA, which are asked as the rest of LongBench. Knows nothing about models.
"""

from __future__ import annotations

import json
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.files import shown
from parametric_memory.training.data.question_answering import Asked, records_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WORD_F1, ROUGE_L = "F1", "ROUGE-L"
YES_OR_NO = "yesno"
EXPLAINING = "why and how"
KINDS = {"extractive": "extractive", EXPLAINING: EXPLAINING, YES_OR_NO: "yes or no", "abstractive": "abstractive"}
LENGTHS = (256, 512, 1024, 2048)  # the longest texts of each class, in tokens
BY = ("kind", "length")

_SHORT = "Answer the following question. Output only the answer and do not output any other words.\n\nQuestion: {input}"
_LONG = "Answer the following question. Only output the answer and do not output any other words.\n\nQuestion: {input}"
_QASPER = (
    "Answer the question as concisely as you can, using a single phrase or sentence if possible.\n"
    'If the question cannot be answered based on the information in the article, write "unanswerable".\n'
    'If the question is a yes/no question, answer "yes", "no", or "unanswerable". Do not provide any explanation.\n\n'
    "Question: {input}"
)


class QuestionSet(NamedTuple):
    """How the questions of a row are read, asked (`{input}` is the question), and scored: by `WORD_F1` or `ROUGE_L`."""

    questions: Callable[[Mapping[str, Any]], Iterator[Asked]]
    wording: str
    score: str = WORD_F1

    def asked_as(self, question: str) -> str:
        return self.wording.replace("{input}", question)


def _answers(found: Any) -> tuple[str, ...]:
    if isinstance(found, Mapping):
        found = found["text"]
    texts = [each["text"] if isinstance(each, Mapping) else each for each in found]
    return tuple(dict.fromkeys(str(text) for text in texts))


def _reader(
    *context: str,
    questions: str = "qas",
    question: str = "question",
    answers: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda asked: _answers(asked["answers"]),
) -> Callable[[Mapping[str, Any]], Iterator[Asked]]:
    """A reader of rows, or of their paragraphs: a text in the fields `context`, and a list of questions or one."""

    def read(row: Mapping[str, Any]) -> Iterator[Asked]:
        for paragraph in row.get("paragraphs", [row]):
            text = "\n".join(paragraph[field] for field in context)
            for asked in paragraph.get(questions, [paragraph]):
                yield Asked(text, asked[question], answers(asked))

    return read


def _drop_answers(asked: Mapping[str, Any]) -> tuple[str, ...]:
    if "answers_spans" in asked:
        return _answers(asked["answers_spans"]["spans"])
    given = [asked["answer"], *asked.get("validated_answers", [])]
    return tuple(dict.fromkeys(text for answer in given for text in _drop_answer(answer)))


def _drop_answer(answer: Mapping[str, Any]) -> list[str]:
    if answer.get("number") not in (None, ""):
        return [str(answer["number"])]
    date = answer.get("date") or {}
    parts = [str(date[name]) for name in ("day", "month", "year") if date.get(name)]
    return [" ".join(parts)] if parts else [str(span) for span in answer.get("spans", [])]


def _compact(row: Mapping[str, Any]) -> Iterator[Asked]:
    for prompt, response in zip(row["prompts"], row["responses"], strict=True):
        yield Asked(row["context"], prompt, (str(response),))


_LONGBENCH = ("2wikimqa", "hotpotqa", "musique", "multifieldqa_en", "narrativeqa", "qasper")
SETS: Mapping[str, QuestionSet] = {
    "squad": QuestionSet(_reader("context"), _SHORT),
    "drop": QuestionSet(_reader("passage", questions="qa_pairs", answers=_drop_answers), _SHORT),
    "ropes": QuestionSet(_reader("background", "situation"), _SHORT, ROUGE_L),
    **{
        name: QuestionSet(_reader("context", question="input"), _QASPER if name.startswith("qasper") else _LONG)
        for name in (*_LONGBENCH, *(f"{name}_e" for name in _LONGBENCH if name not in ("musique", "narrativeqa")))
    },
    **{f"{name}_compact": QuestionSet(_compact, "{input}", ROUGE_L) for name in ("squad", "drop", "ropes", "pwc")},
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
    if path.suffix != ".json":
        yield from records_of(path)
        return
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DocumentError(f"Cannot read {path}: {shown(error)}.") from error
    rows = whole.get("data", whole) if isinstance(whole, dict) else whole
    rows = list(rows.values()) if isinstance(rows, dict) else rows
    if not isinstance(rows, list):
        raise DocumentError(f"{path} holds no list of rows.")
    yield from ((f"{path} row {number}", row) for number, row in enumerate(rows, 1))


@dataclass(frozen=True)
class Selection:
    """Which questions of a set are asked, and how their rows are grouped.

    Attributes:
        limit: how many at most, of each kind and of each length where rows are grouped by these; None: all.
        least_tokens, most_tokens: the shortest and the longest text, in tokens of the base model; None: any.
        kind: extractive, abstractive or yesno; None: all.
        per_text: how many about one text, at most, drawn with the seed; None: all.
        by: of `BY`.
        split: only records of this one, see `read_questions`; None: all.
    """

    limit: int | None = None
    most_tokens: int | None = None
    kind: str | None = None
    least_tokens: int | None = None
    per_text: int | None = None
    by: Sequence[str] = ()
    split: str | None = None

    def named(self, sources: Sequence[str]) -> str:
        """The name of a row: the data, and the limits of length where there are any."""
        least, most = self.least_tokens, self.most_tokens
        names = ", ".join(Path(source).name for source in sources)
        if least is None:
            return names if most is None else f"{names}, to {most} tokens"
        return f"{names}, from {least} tokens" if most is None else f"{names}, {least} to {most} tokens"


class Chosen(NamedTuple):
    """A question that is asked, and the groups it belongs to."""

    asked: Asked
    groups: tuple[str, ...]


def asked_kind(asked: Asked) -> str:
    """The kind of a question; why and how, whose answers are clauses, are a kind of their own."""
    first = next(iter(asked.question.lower().split()), "")
    return EXPLAINING if asked.kind != YES_OR_NO and first in ("why", "how") else asked.kind


def length_name(tokens: int) -> str:
    """The name of the group of texts of about so many tokens."""
    place = bisect_left(LENGTHS, tokens)
    if place == len(LENGTHS):
        return f"over {LENGTHS[-1]} tokens"
    return f"{LENGTHS[place - 1] + 1} to {LENGTHS[place]} tokens" if place else f"to {LENGTHS[0]} tokens"


def grouped(name: str, chosen: Sequence[Chosen]) -> dict[str, list[int]]:
    """The places of all questions, by the name of their row, and of those of each group, kinds before lengths."""
    order = ["", *KINDS.values(), *map(length_name, (*LENGTHS, LENGTHS[-1] + 1))]
    groups: dict[str, list[int]] = {"": []}
    for place, question in enumerate(chosen):
        for group in ("", *question.groups):
            groups.setdefault(group, []).append(place)
    in_order = sorted(groups, key=lambda group: (order.index(group) if group in order else len(order), group))
    return {f"{name}, {group}" if group else name: groups[group] for group in in_order}


def select(
    asked: Iterable[Asked], selection: Selection, tokenizer: PreTrainedTokenizerBase, seed: int
) -> Sequence[Chosen]:
    """The questions that fit, one text after the other.

    Texts are drawn with the seed, each with its questions, or `per_text` of them, until the limit is reached; with
    groups, that of each group.
    """
    by_context: dict[str, list[Asked]] = {}
    for question in asked:
        if selection.kind in (None, question.kind) and question.answers:
            by_context.setdefault(question.context, []).append(question)
    contexts, rng = list(by_context), random.Random(seed)
    rng.shuffle(contexts)
    chosen: list[Chosen] = []
    counts: Counter[str] = Counter()
    for context in contexts:
        if not selection.by and selection.limit is not None and len(chosen) >= selection.limit:
            break
        tokens = len(tokenizer(context, add_special_tokens=False)["input_ids"])
        if tokens < (selection.least_tokens or 0) or tokens > (selection.most_tokens or tokens):
            continue
        questions, most = by_context[context], selection.per_text
        if most is not None and len(questions) > most:
            questions = [questions[place] for place in sorted(rng.sample(range(len(questions)), most))]
        for question in questions:
            kind = asked_kind(question)
            names = {"kind": KINDS.get(kind, kind), "length": length_name(tokens)}
            groups = tuple(names[by] for by in BY if by in selection.by)
            if selection.limit is None or any(counts[group] < selection.limit for group in groups or ("",)):
                counts.update(groups or ("",))
                chosen.append(Chosen(question, groups))
    return chosen
