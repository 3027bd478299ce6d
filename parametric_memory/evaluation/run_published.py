"""`eval published`: question-answer sets as they are published, asked and scored as Doc-to-LoRA's authors do.

Rows are SQuAD's, DROP's and ROPES's own files or rows of the hub, LongBench's lines, and Doc-to-LoRA's compact sets.
Wordings, scores and the line break between background and situation of ROPES are those of Doc-to-LoRA's authors (arXiv
2602.15902). They have no wording for HotpotQA, MuSiQue and NarrativeQA, which are asked as the rest of LongBench.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from typer import Option

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.evaluation.rows import EvalRow, ratio_of_means
from parametric_memory.evaluation.runner import F1, Answered, Case, Runner, Scores, merged, whole_adapters
from parametric_memory.evaluation.scores import exact_match, rouge_l, stemmer
from parametric_memory.files import shown
from parametric_memory.internalize.selection import Models
from parametric_memory.training.data.question_answering import Asked, records_of

WORD_F1, ROUGE_L = "F1", "ROUGE-L"
PUBLISHED_SCORES: Scores = {
    WORD_F1: F1["f1"],
    ROUGE_L: lambda case, text: max(rouge_l(text, answer) for answer in case.answers),
    "exact": lambda case, text: exact_match(text, case.answers),
}

_SHORT = "Answer the following question. Output only the answer and do not output any other words.\n\nQuestion: "
_LONG = "Answer the following question. Only output the answer and do not output any other words.\n\nQuestion: "
_QASPER = (
    "Answer the question as concisely as you can, using a single phrase or sentence if possible.\n"
    'If the question cannot be answered based on the information in the article, write "unanswerable".\n'
    'If the question is a yes/no question, answer "yes", "no", or "unanswerable". Do not provide any explanation.\n\n'
    "Question: "
)


class QuestionSet(NamedTuple):
    """The instruction before the questions of a set, their score, `WORD_F1` or `ROUGE_L`, and the fields of a row."""

    instruction: str
    score: str = WORD_F1
    context: tuple[str, ...] = ("context",)  # each a line of it
    question: str = "question"

    def questions(self, row: Mapping[str, Any]) -> Iterator[Asked]:
        """The questions of a row, or of its paragraphs: one about a text, or a list."""
        for paragraph in row.get("paragraphs", [row]):
            text = "\n".join(paragraph[field] for field in self.context)
            if self.question == "prompts":  # a list beside one of their answers
                for prompt, response in zip(paragraph["prompts"], paragraph["responses"], strict=True):
                    yield Asked(text, prompt, (str(response),))
            else:
                for asked in paragraph.get("qas", paragraph.get("qa_pairs", [paragraph])):
                    yield Asked(text, asked[self.question], _answers(asked))


def _answers(asked: Mapping[str, Any]) -> tuple[str, ...]:
    if "answers_spans" in asked:  # DROP, as the hub has it
        found = asked["answers_spans"]["spans"]
    elif "answer" in asked:  # DROP's own file
        given = [asked["answer"], *asked.get("validated_answers", [])]
        found = [text for answer in given for text in _drop_answer(answer)]
    elif isinstance(asked["answers"], Mapping):
        found = asked["answers"]["text"]
    else:
        found = [each["text"] if isinstance(each, Mapping) else each for each in asked["answers"]]
    return tuple(dict.fromkeys(map(str, found)))


def _drop_answer(answer: Mapping[str, Any]) -> list[str]:
    if answer.get("number") not in (None, ""):
        return [str(answer["number"])]
    date = answer.get("date") or {}
    parts = [str(date[name]) for name in ("day", "month", "year") if date.get(name)]
    return [" ".join(parts)] if parts else answer.get("spans", [])


_LONGBENCH = ("2wikimqa", "hotpotqa", "musique", "multifieldqa_en", "narrativeqa", "qasper")
SETS: Mapping[str, QuestionSet] = {
    "squad": QuestionSet(_SHORT),
    "drop": QuestionSet(_SHORT, context=("passage",)),
    "ropes": QuestionSet(_SHORT, ROUGE_L, ("background", "situation")),
    **{
        name: QuestionSet(_QASPER if name.startswith("qasper") else _LONG, question="input")
        for name in (*_LONGBENCH, *(f"{name}_e" for name in _LONGBENCH if name not in ("musique", "narrativeqa")))
    },
    **{f"{name}_compact": QuestionSet("", ROUGE_L, question="prompts") for name in ("squad", "drop", "ropes", "pwc")},
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
        return records_of(path)
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DocumentError(f"Cannot read {path}: {shown(error)}.") from error
    rows = whole.get("data", whole) if isinstance(whole, dict) else whole
    rows = list(rows.values()) if isinstance(rows, dict) else rows
    if not isinstance(rows, list):
        raise DocumentError(f"{path} holds no list of rows.")
    return ((f"{path} row {number}", row) for number, row in enumerate(rows, 1))


def evaluate_published(
    runner: Runner,
    name: Annotated[str, Option("--set", metavar="NAME", help="Which set it is.")],
    data: Annotated[Path, Option(metavar="FILE", help="The set's file, as it is published.")],
    limit: Annotated[int | None, Option(metavar="N", min=1, help="How many questions. Default: all.")] = None,
    also: Annotated[
        list[Path] | None, Option(metavar="DIR", help="Another hypernetwork, as a column. Repeatable.")
    ] = None,
) -> list[EvalRow]:
    """Measure as the authors of Doc-to-LoRA do.

    Sets: squad, drop, ropes; 2wikimqa, hotpotqa, multifieldqa_en and qasper of LongBench (with _e: of LongBench-E);
    squad_compact, drop_compact, ropes_compact and pwc_compact. FILE is JSON, JSON lines or Parquet, as published.
    Questions have the authors' wording, answers are greedy and have up to 256 tokens; figures are word F1, or ROUGE-L
    of ropes, and exact match. The document is given. Relative scores are shares of the score of the document in the
    prompt.

    Examples:
      parametric-memory eval published --set squad --data dev-v1.1.json --limit 200
      parametric-memory eval published --set squad --data dev-v1.1.json --also run/hypernetwork --controls all
    """
    asked, published = read_published(name, data), SETS[name]
    if published.score == ROUGE_L:
        stemmer()
    if limit is not None and limit < len(asked):
        asked = random.Random(runner.seed).sample(asked, limit)
        asked.sort(key=lambda a: a.context)  # each document once
    cases = [Case(a.context, a.question, a.answers, wording=published.instruction + a.question) for a in asked]
    documents = [case.document for case in cases]
    runner.report(f"{len(cases)} questions about {len(set(documents))} documents")
    others = {}
    for folder in also or ():
        settings = replace(runner.memory.models.settings, hypernetwork=str(folder), base_model=runner.base)
        models = Models(replace(settings, internalizer=None, max_rank=None), progress=False)
        column = folder.parent.name if folder.name == "hypernetwork" else folder.name
        others[column] = whole_adapters(models), models.question
    replies = dict(runner.answer(cases, "given").replies)
    for column, (whole, ask) in others.items():
        runner.report(f"{column}: the same questions")
        replies[column] = runner.under(cases, partial(merged, whole=whole), ask)
    answered, rows = Answered(cases, replies, "given"), []
    for metric in (published.score, "exact"):
        scores = answered.scored(PUBLISHED_SCORES[metric])
        row = EvalRow.of_scores(name, metric, scores, "given", documents)
        if (prompt := scores.get("in_prompt")) is not None:
            titles = {"memory": "relative"} | {column: f"relative_{column}" for column in others}
            row = row.plus({title: ratio_of_means(scores[of], prompt, documents) for of, title in titles.items()})
        rows.append(row)
    return rows
