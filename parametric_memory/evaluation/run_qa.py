"""`eval qa` and `published`: questions about given texts, each text internalized once, however long it is.

With the document given, its sentences nearest to a question are attached, as `ask` does, without the gate. With
`--indexed` also all texts in one memory, through its index and its gate.

Answers are generated, never teacher-forced, and scored as in the reference's evaluation of Doc-to-LoRA, see `scores`.
To a question of yes or no, an answer is right if the first of the two words is. `published` asks sets as they are
published, in the words of Doc-to-LoRA's authors; the relative score is the share of the score of the document in the
prompt.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.memories import IndexedTexts
from parametric_memory.evaluation.question_sets import (
    ROUGE_L,
    SETS,
    WORD_F1,
    YES_OR_NO,
    Selection,
    grouped,
    read_published,
    select,
)
from parametric_memory.evaluation.rows import EvalRow, balanced, difference, mean, ratio_of_means
from parametric_memory.evaluation.runner import F1, Adapters, Answered, Case, Runner, Scores
from parametric_memory.evaluation.scores import contained, exact_match, rouge_l, stemmer
from parametric_memory.index.exact import cosines
from parametric_memory.internalize.selection import Models
from parametric_memory.training.data.question_answering import read_questions
from parametric_memory.training.roc import Measured, area_under_curve

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
PUBLISHED_SCORES: Scores = {
    WORD_F1: F1["f1"],
    ROUGE_L: lambda case, text: max(rouge_l(text, answer) for answer in case.answers),
    "exact": SCORES["exact"],
}


def evaluate_qa(
    runner: Runner, data: str | Sequence[str], selection: Selection, seed: int = 0, through_index: bool = False
) -> list[EvalRow]:
    """Rows of all questions, then of each group.

    Args:
        data: files of JSON lines, see `read_questions`.
        through_index: also ask one memory of all texts, through its index and its gate.

    Raises DocumentError: the data cannot be read, or no question is left.
    """
    sources = [data] if isinstance(data, str) else data
    asked = (question for source in sources for question in read_questions(Path(source), selection.split))
    chosen = select(asked, selection, runner.base.tokenizer, seed)
    if not chosen:
        raise DocumentError(f"{', '.join(sources)}: no question of that kind and length: choose others.")
    runner.report(f"{len(chosen)} questions about {len({c.asked.context for c in chosen})} texts")
    cases = [Case(a.context, a.question, a.answers, kind=a.kind) for a, _ in chosen]
    name = selection.named(sources)
    with runner.memory_of(cases) as texts, texts.under("given") as own:
        groups, likeness = grouped(name, chosen), _likeness(runner)
        given = _confident(runner.ask_memory(cases, own), own)
        rows = _rows(groups, given, likeness) + _losses(groups, given, own)
        if through_index:
            runner.report(f"the same, of one memory of {len(texts.texts)} texts")
            name = f"{name}, all in one memory"
            groups, found = grouped(name, chosen), _confident(runner.ask_memory(cases, texts), texts)
            rows += _rows(groups, found, likeness, given) + _losses(groups, found, texts)
            rows.append(found.recalled_first(name, "right text attached", [case.document for case in cases]))
    return rows


def _confident(answered: Answered, texts: IndexedTexts) -> Answered:
    """With the memory's confidence as `ask` returns it."""
    sure = texts.confident(answered.cases, answered.replies["memory"])
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
            scores, unit = part.scored(score), "number" if metric == _COSINE else "share"
            if yes_or_no:
                words = [asked.answers[0].strip(" .").lower() for asked in part.cases]
                scores = {column: balanced(of, words) for column, of in scores.items()}
            row = EvalRow.of_scores(case, metric, scores, route, documents, unit)
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
    sure: dict[bool, list[float]] = {True: [], False: []}  # by whether the answer is right
    for asked, reply in zip(answered.cases, answered.replies.get(column, ()), strict=False):
        if reply.confidence is not None:
            sure[is_right(asked, reply.text)].append(reply.confidence)
    return area_under_curve(sure[True], sure[False])


def evaluate_published(
    runner: Runner, name: str, path: Path, *, limit: int | None = None, seed: int = 0, also: Sequence[Path] = ()
) -> list[EvalRow]:
    """A row of the set's score and one of exact match, each with relative scores where the prompt is a column.

    Args:
        name: of `question_sets.SETS`. Its questions are drawn with the seed where there is a limit.
        also: folders of other hypernetworks, each a column by its name.

    Raises as `read_published` and `stemmer`, and CheckpointError: another hypernetwork is not for this base model.
    """
    asked, published = read_published(name, path), SETS[name]
    if published.score == ROUGE_L:
        stemmer()
    if limit is not None and limit < len(asked):
        asked = random.Random(seed).sample(asked, limit)
        asked.sort(key=lambda a: a.context)  # each document once
    cases = [Case(a.context, a.question, a.answers, wording=published.asked_as(a.question)) for a in asked]
    documents = [case.document for case in cases]
    runner.report(f"{len(cases)} questions about {len(set(documents))} documents")
    others = {}
    for folder in also:
        settings = replace(runner.memory.models.settings, hypernetwork=str(folder), base_model=runner.base)
        models = Models(replace(settings, internalizer=None, max_rank=None), progress=False)
        column = folder.parent.name if folder.name == "hypernetwork" else folder.name
        others[column] = Adapters.by(models.internalizer), models.question
    replies = dict(runner.answer(cases, "given").replies)
    for column, (adapters, ask) in others.items():
        runner.report(f"{column}: the same questions")
        replies[column] = runner.under(cases, adapters, ask)
    answered, rows = Answered(cases, replies, "given"), []
    for metric in (published.score, "exact"):
        scores = answered.scored(PUBLISHED_SCORES[metric])
        row = EvalRow.of_scores(name, metric, scores, "given", documents)
        if (prompt := scores.get("in_prompt")) is not None:
            titles = {"memory": "relative"} | {column: f"relative_{column}" for column in others}
            row = row.plus({title: ratio_of_means(scores[of], prompt, documents) for of, title in titles.items()})
        rows.append(row)
    return rows
