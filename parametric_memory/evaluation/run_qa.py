"""`eval qa`: questions about given texts.

With the document given, its sentences nearest to a question are attached, as `ask` does, without the gate. Answers are
generated, never teacher-forced, and scored as in the reference's evaluation of Doc-to-LoRA, see `scores`.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Annotated

from typer import BadParameter, Option

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.memories import IndexedTexts
from parametric_memory.evaluation.rows import EvalRow, balanced, difference, mean, ratio_of_means
from parametric_memory.evaluation.runner import F1, Answered, Case, Runner, Scores
from parametric_memory.evaluation.scores import contained, exact_match
from parametric_memory.index.exact import cosines
from parametric_memory.training.data.question_answering import Asked, read_questions
from parametric_memory.training.roc import Measured, area_under_curve

YES_OR_NO = "yesno"
EXPLAINING = "why and how"
KINDS = {"extractive": "extractive", EXPLAINING: EXPLAINING, YES_OR_NO: "yes or no", "abstractive": "abstractive"}
LENGTHS = (256, 512, 1024, 2048)  # the longest texts of each class, in tokens
LENGTH_NAMES = (
    f"to {LENGTHS[0]} tokens",
    *(f"{shorter + 1} to {longest} tokens" for shorter, longest in pairwise(LENGTHS)),
    f"over {LENGTHS[-1]} tokens",
)
BY = ("kind", "length")
_CONTAINED, _BALANCED, _COSINE = "contained", "right word, balanced", "cosine to the right answer"
_CONFIDENCE = "confidence, right above wrong (AUC)"
_MOST_READ = 32  # sentences of a text that a judge reads, at most
_TO_THE_PROMPT = ("memory", "hybrid", "rag")  # are compared with the prompt
_YES_OR_NO = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


def is_right(case: Case, text: str) -> bool:
    """Whether a right answer stands in a text; of yes and no, whether the first one is right."""
    if case.kind != YES_OR_NO:
        return contained(text, case.answers)
    said = _YES_OR_NO.search(text)
    return said is not None and said[1].lower() in {answer.strip(" .").lower() for answer in case.answers}


SCORES: Scores = {_CONTAINED: is_right, **F1, "exact": lambda case, text: exact_match(text, case.answers)}


@dataclass(frozen=True)
class Selection:
    """Which questions of a set are asked. kind: as the data name it; lengths are in tokens of the base model."""

    limit: Annotated[int, Option(metavar="N", min=1, help="How many questions, at most; with --by, of each.")] = 100
    least_tokens: Annotated[int | None, Option(metavar="N", min=1, help="Only texts of at least N tokens.")] = None
    most_tokens: Annotated[int | None, Option(metavar="N", min=1, help="Only texts of at most N tokens.")] = None
    kind: Annotated[str | None, Option(metavar="KIND", help="Only extractive, abstractive or yesno.")] = None
    per_text: Annotated[int | None, Option(metavar="N", min=1, help="Questions about one text, at most.")] = None
    split: Annotated[str | None, Option(metavar="NAME", help="Not the records whose split is another one.")] = None
    by: Annotated[list[str] | None, Option(metavar="kind|length", help="Also rows of each kind or length.")] = None

    def named(self, sources: Sequence[str]) -> str:
        """The name of a row: the data, and the limits of length where there are any."""
        least, most = self.least_tokens, self.most_tokens
        names = ", ".join(Path(source).name for source in sources)
        if least is None:
            return names if most is None else f"{names}, to {most} tokens"
        return f"{names}, from {least} tokens" if most is None else f"{names}, {least} to {most} tokens"


def asked_kind(asked: Asked) -> str:
    """The kind of a question; why and how, whose answers are clauses, are a kind of their own."""
    first = next(iter(asked.question.lower().split()), "")
    return EXPLAINING if asked.kind != YES_OR_NO and first in ("why", "how") else asked.kind


def grouped(name: str, groups_of: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """By the name of their row, the places of all questions, and of those of each group, kinds before lengths."""
    order = ("", *KINDS.values(), *LENGTH_NAMES)
    groups = {"", *chain.from_iterable(groups_of)}
    in_order = sorted(groups, key=lambda group: (order.index(group) if group in order else len(order), group))
    return {
        f"{name}, {group}" if group else name: [i for i, own in enumerate(groups_of) if group in ("", *own)]
        for group in in_order
    }


def select(asked: Iterable[Asked], selection: Selection, runner: Runner) -> list[tuple[Case, Sequence[str]]]:
    """The questions that fit, one text after the other, each with its groups.

    Texts are drawn with the seed, each with its questions, or `per_text` of them, until the limit is reached; with
    groups, that of each group.
    """
    by_context: dict[str, list[Asked]] = {}
    for question in asked:
        if selection.kind in (None, question.kind) and question.answers:
            by_context.setdefault(question.context, []).append(question)
    contexts, rng = list(by_context), random.Random(runner.seed)
    rng.shuffle(contexts)
    chosen: list[tuple[Case, Sequence[str]]] = []
    counts: Counter[str] = Counter()
    for context in contexts:
        if not selection.by and len(chosen) >= selection.limit:
            break
        tokens = len(runner.base.tokenizer(context, add_special_tokens=False)["input_ids"])
        if tokens < (selection.least_tokens or 0) or tokens > (selection.most_tokens or tokens):
            continue
        questions, most = by_context[context], selection.per_text
        if most is not None and len(questions) > most:
            questions = [questions[place] for place in sorted(rng.sample(range(len(questions)), most))]
        for question in questions:
            kind = asked_kind(question)
            names = {"kind": KINDS.get(kind, kind), "length": LENGTH_NAMES[bisect_left(LENGTHS, tokens)]}
            groups = tuple(names[by] for by in BY if by in (selection.by or ()))
            if any(counts[group] < selection.limit for group in groups or ("",)):
                counts.update(groups or ("",))
                case = Case(context, question.question, question.answers, kind=question.kind)
                chosen.append((case, groups))
    return chosen


def evaluate_qa(
    runner: Runner,
    data: Annotated[list[str], Option(metavar="FILE", help="Passages with questions. May be repeated.")],
    selection: Selection,
    through_index: Annotated[
        bool, Option("--indexed", help="Also ask one memory of all texts, through its index.")
    ] = False,
) -> list[EvalRow]:
    """Measure answers to questions about given texts.

    FILE holds JSON lines, gzipped or not: context, question and answers, or a context with several such qas. Each text
    is internalized once, however long it is, and its sentences nearest to the question are attached. Figures are the
    share of answers that contain a right one, word F1, exact match, and two learned scores of meaning; of yes/no
    questions, the share with the right word; the ratio to the share with the text in the prompt; and how well the
    confidence separates right from wrong.

    Examples:
      parametric-memory eval qa --data questions.jsonl --limit 200
      parametric-memory eval qa --data valid.jsonl.gz --kind extractive --most-tokens 256 --indexed
      parametric-memory eval qa --data valid.jsonl.gz --by kind --by length --json
      parametric-memory eval qa --data long.jsonl.gz --split valid --per-text 2
    """
    if unknown := [name for name in selection.by or () if name not in BY]:
        raise BadParameter(f"{unknown[0]!r} is not {' or '.join(BY)}.", param_hint="--by")
    asked = (question for file in data for question in read_questions(Path(file), selection.split))
    chosen = select(asked, selection, runner)
    if not chosen:
        raise DocumentError(f"{', '.join(data)}: no question of that kind and length: choose others.")
    cases, groups_of = [case for case, _ in chosen], [groups for _, groups in chosen]
    runner.report(f"{len(cases)} questions about {len({case.document for case in cases})} texts")
    name = selection.named(data)
    with runner.memory_of(cases) as texts, texts.under("given") as own:
        groups, likeness = grouped(name, groups_of), _likeness(runner)
        given = confident(runner.ask_memory(cases, own), own)
        rows = _rows(groups, given, likeness) + _losses(groups, given, own)
        if through_index:
            runner.report(f"the same, of one memory of {len(texts.texts)} texts")
            name = f"{name}, all in one memory"
            groups, found = grouped(name, groups_of), confident(runner.ask_memory(cases, texts), texts)
            rows += _rows(groups, found, likeness, given) + _losses(groups, found, texts)
            rows.append(found.recalled_first(name, "right text attached", [case.document for case in cases]))
    return rows


def confident(answered: Answered, texts: IndexedTexts) -> Answered:
    """With the memory's confidence as `ask` returns it."""
    confidence = texts.memory.recaller.confidence
    sure = [
        reply._replace(confidence=confidence(case.question, reply.text, texts.recalls(case), reply.confidence))
        for case, reply in zip(answered.cases, answered.replies["memory"], strict=True)
    ]
    return replace(answered, replies={**answered.replies, "memory": sure})


def _likeness(runner: Runner) -> Scores:
    """The cosine similarity of an answer to the right answer nearest to it, by the vectors of the memory's embedder.

    It tells apart what two sentences are about better than what they say of it: look at the random adapter's too.
    """
    vector = cache(lambda text: runner.memory.models.embeddings.embed_documents([text])[0])

    def cosine(case: Case, text: str) -> float:
        return max(map(float, cosines([*map(vector, case.answers)], vector(text)))) if text else 0.0

    return {_COSINE: cosine}


def _losses(groups: Mapping[str, Sequence[int]], answered: Answered, texts: IndexedTexts) -> list[EvalRow]:
    """A row for each group: the memory's wrong answers, as shares of all questions but those of yes or no.

    Further columns say where each was lost: the text does not hold the answer word for word; no sentence that the
    scorer reads does; none that is attached does; an attached one does.
    """
    lost: list[str] = []
    with texts.under(texts.route, max_passages=_MOST_READ) as wide:
        for case, reply in zip(answered.cases, answered.replies["memory"], strict=True):
            attached = [recall for recall in texts.recalls(case) if recall.attached]
            read = [recall for recall in wide.recalls(case) if recall.passages or recall.attached]
            held = {
                "not_in_the_text": [case.document],
                "not_read_by_the_scorer": map(wide.memory.recaller.passage, read),
                "not_attached": map(texts.memory.recaller.passage, attached),
                "attached": (),
            }
            stages = (s for s, of in held.items() if not any(contained(text, case.answers) for text in of))
            lost.append("" if is_right(case, reply.text) else next(stages))
    rows = []
    for name, places in groups.items():
        part = [place for place in places if answered.cases[place].kind != YES_OR_NO]
        if part:
            documents = [answered.cases[place].document for place in part]
            stages_of = {stage: mean([lost[place] == stage for place in part], documents) for stage in held}
            wrong = {"memory": [lost[place] != "" for place in part]}
            rows.append(EvalRow.of_scores(name, "wrong answers", wrong, answered.route, documents).plus(stages_of))
    return rows


def _rows(
    groups: Mapping[str, Sequence[int]], answered: Answered, likeness: Scores, given: Answered | None = None
) -> list[EvalRow]:
    """given: the replies with the documents given, where the difference to them is a column."""
    rows, route = [], answered.route
    for case, places in groups.items():
        part = answered.part(places)
        documents = [asked.document for asked in part.cases]
        yes_or_no = {asked.kind for asked in part.cases} == {YES_OR_NO}
        metrics: Scores = {_BALANCED: is_right} if yes_or_no else {**SCORES, **likeness}
        for metric, score in metrics.items():
            scores = part.scored(score)
            if yes_or_no:
                words = [asked.answers[0].strip(" .").lower() for asked in part.cases]
                scores = {column: balanced(of, words) for column, of in scores.items()}
            row = EvalRow.of_scores(
                case, metric, scores, route, documents, unit="number" if metric == _COSINE else "share"
            )
            if given is not None and not yes_or_no:
                before = given.part(places).scored(score)["memory"]
                row = row.plus({"gain_by_index": difference(scores["memory"], before, documents)})
            rows.append(row)
            if metric == _CONTAINED and "in_prompt" in scores:
                prompt = scores["in_prompt"]
                times = {c: ratio_of_means(scores[c], prompt, documents) for c in _TO_THE_PROMPT if c in scores}
                rows += EvalRow.of_measured(case, f"{metric}, times the prompt's", times, len(part.cases), route)
        if case == next(iter(groups)):  # all questions
            read = {column: [reply.prompt_tokens for reply in of] for column, of in part.replies.items()}
            rows.append(EvalRow.of_scores(case, "tokens in the prompt", read, route, documents, unit="number"))
            attached = part.part([i for i, asked in enumerate(part.cases) if asked.sources])
            areas = {column: _told_apart(attached, column) for column in ("memory", "hybrid")}
            rows += EvalRow.of_measured(case, _CONFIDENCE, areas, len(attached.cases), route)
    return rows


def _told_apart(answered: Answered, column: str) -> Measured | None:
    """How well a column's `confidence` separates right answers from wrong ones (AUC)."""
    both = zip(answered.cases, answered.replies.get(column, ()), strict=False)
    sure = [(is_right(case, of.text), of.confidence) for case, of in both if of.confidence is not None]
    right, wrong = ([confidence for right, confidence in sure if right is wanted] for wanted in (True, False))
    return area_under_curve(right, wrong)
