"""`eval qa`: questions about given texts, each text internalized once, however long it is.

With the document given: of its text, the sentences nearest to a question are attached, as `ask` does, whatever the gate
would say. And, where that is asked for, all texts in one memory, through its index and its gate, beside it.

Generated answers, never teacher-forced, looked for as `ask` does, scored as in the reference's evaluation of
Doc-to-LoRA: see `metrics`. To a question of yes or no, right is an answer of which the first of the two words is right.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.comparisons import ratio_of_means
from parametric_memory.evaluation.controls import Examiner, Scores
from parametric_memory.evaluation.hub_questions import SETS, hub_questions
from parametric_memory.evaluation.indexed import IndexedTexts, indexed, right_first
from parametric_memory.evaluation.metrics import contained, exact_match, word_f1
from parametric_memory.evaluation.rows import EvalRow, Route, standard_error
from parametric_memory.training.data.question_answering import Asked, read_questions
from parametric_memory.training.told_apart import Measured, area_under_curve

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from parametric_memory.evaluation.generation import Reply

YES_OR_NO = "yesno"
EXPLAINING = "why and how"
KINDS = {"extractive": "extractive", EXPLAINING: EXPLAINING, YES_OR_NO: "yes or no", "abstractive": "abstractive"}
LENGTHS = (100, 256, 512, 1024, 2048)  # the longest texts of each class, in tokens
BY_KIND, BY_LENGTH = "kind", "length"
BY = (BY_KIND, BY_LENGTH)
IN_ONE = "all in one memory"

_CONTAINED, _RIGHT_WORD = "contained", "right word"
_TO_THE_PROMPT = ("memory", "hybrid", "rag")  # what is set against the prompt
_OF_THE_INDEX = ("hybrid", "rag")  # the controls that differ where the document is not given
_YES_OR_NO = re.compile(r"\b(yes|no)\b", re.IGNORECASE)

Replies = Mapping[str, Sequence["Reply"]]  # by control


def is_right(case: Case, text: str) -> float:
    """Whether a right answer stands in a text; of yes and no, which of them comes first."""
    if case.kind != YES_OR_NO:
        return contained(text, case.answers)
    said = _YES_OR_NO.search(text)
    return said is not None and said[1].lower() in {answer.strip(" .").lower() for answer in case.answers}


SCORES: dict[str, Callable[[Case, str], float]] = {
    _CONTAINED: is_right,
    "f1": lambda case, text: word_f1(text, case.answers).f1,
    "exact": lambda case, text: exact_match(text, case.answers),
}


@dataclass(frozen=True)
class Selection:
    """Which questions of a set are asked, and how their rows are told apart.

    Attributes:
        limit: how many at most, of each kind and of each length where rows are told apart by these; None: all.
        least_tokens, most_tokens: the shortest and the longest text, in tokens of the base model; None: any.
        kind: extractive, abstractive or yesno; None: all.
        split: the part of the set; None: all of a file, the held-out part of a set with a name.
        per_text: how many about one text, at most, drawn with the seed; None: all.
        by: of `BY`.
    """

    limit: int | None = None
    most_tokens: int | None = None
    kind: str | None = None
    split: str | None = None
    least_tokens: int | None = None
    per_text: int | None = None
    by: Sequence[str] = ()

    def groups(self, asked: Asked, tokens: int) -> tuple[str, ...]:
        """The names of what a question about a text of so many tokens is counted among."""
        kind = KINDS.get(asked_kind(asked), asked_kind(asked))
        names = {BY_KIND: kind, BY_LENGTH: length_name(tokens)}
        return tuple(names[by] for by in BY if by in self.by)

    def takes(self, tokens: int) -> bool:
        """Whether a text of so many tokens is asked about."""
        return (self.least_tokens or 0) <= tokens <= (tokens if self.most_tokens is None else self.most_tokens)


@dataclass(frozen=True)
class Chosen:
    """A question that is asked, and the groups it counts among."""

    asked: Asked
    groups: tuple[str, ...]


def evaluate_qa(
    examiner: Examiner,
    data: str | Sequence[str],
    selection: Selection,
    seed: int = 0,
    report: Callable[[str], None] = print,
    through_index: bool = False,
) -> list[EvalRow]:
    """Rows of all questions, then of each group.

    Args:
        data: files of JSON lines, see `read_questions`, or names of `SETS`.
        through_index: also ask one memory of all texts, through its index and its gate.

    Raises:
        DocumentError: the data cannot be read, or no question is left.
    """
    sources = [data] if isinstance(data, str) else data
    asked = (question for source in sources for question in questions_of(source, selection.split))
    chosen = select(asked, selection, examiner.base.tokenizer, seed)
    if not chosen:
        raise DocumentError(f"{', '.join(sources)}: no question of that kind, length and split: choose others.")
    report(f"{len(chosen)} questions about {len({c.asked.context for c in chosen})} texts")
    cases = [Case(c.asked.context, c.asked.question, c.asked.answers, kind=c.asked.kind) for c in chosen]
    name, groups = _name(sources, selection), _grouped(chosen)
    with (
        indexed(examiner.memory, list(dict.fromkeys(case.document for case in cases))) as texts,
        texts.under(threshold=-1.0) as given,
    ):
        replies = examiner.replies(cases, given.adapt_to_own, given.hybrid_of_own)
        replies["memory"] = given.confident(cases, replies["memory"], own=True)
        rows = _rows(name, groups, cases, replies, "given")
        if through_index:
            report(f"the same, of one memory of {len(texts.texts)} texts")
            rows += _through_index(examiner, texts, name, groups, cases, replies)
    return rows


def _through_index(
    examiner: Examiner,
    texts: IndexedTexts,
    name: str,
    groups: Mapping[str, Sequence[int]],
    cases: Sequence[Case],
    given: Replies,
) -> list[EvalRow]:
    """The rows of one memory of all texts. What no index has a part in was answered with the documents given."""
    found = [texts.recalled(case) for case in cases]
    own = examiner.replies(found, texts.adapt, texts.hybrid, [c for c in _OF_THE_INDEX if c in examiner.controls])
    own["memory"] = texts.confident(found, own["memory"])
    same = {control: given[control] for control in ("none", "in_prompt") if control in given}
    name = f"{name}, {IN_ONE}"
    rows = _rows(name, groups, found, {**own, **same}, "ask", given["memory"])
    documents = [case.document for case in found]
    right = {"memory": right_first(found)}
    return [*rows, EvalRow.of_scores(name, "right text attached", right, clusters=documents)]


def _rows(
    name: str,
    groups: Mapping[str, Sequence[int]],
    cases: Sequence[Case],
    replies: Replies,
    route: Route,
    given: Sequence[Reply] | None = None,
) -> list[EvalRow]:
    """given: what the memory replied where it was given the documents, if that is to be compared."""
    rows = []
    for group, members in groups.items():
        own = [cases[i] for i in members]
        documents = [asked.document for asked in own]
        case = f"{name}, {group}" if group else name
        answered = {control: [of[i] for i in members] for control, of in replies.items()}
        compared = [given[i].text for i in members] if given is not None else None
        for metric, score in _scores(own, whole=not group).items():
            scores = {c: [float(score(a, r.text)) for a, r in zip(own, of, strict=True)] for c, of in answered.items()}
            row = EvalRow.of_scores(case, metric, scores, route, documents)
            if compared is not None:
                before = [float(score(asked, text)) for asked, text in zip(own, compared, strict=True)]
                row = _with_gain(row, scores["memory"], before, documents)
            rows += [row, *_relative(case, metric, scores, route, documents)]
        if not group:
            tokens = {control: [float(reply.prompt_tokens) for reply in of] for control, of in answered.items()}
            rows.append(EvalRow.of_scores(case, "tokens in the prompt", tokens, route, documents, unit="number"))
            rows += _confidence(case, own, answered, route)
    return rows


def _scores(cases: Sequence[Case], whole: bool) -> Scores:
    if all(case.kind == YES_OR_NO for case in cases):
        return {_RIGHT_WORD: is_right}
    return SCORES if whole else {metric: SCORES[metric] for metric in (_CONTAINED, "f1")}


def _with_gain(row: EvalRow, scores: Sequence[float], before: Sequence[float], documents: Sequence[str]) -> EvalRow:
    """The row with what the memory gains, or loses, by the index in place of the document given."""
    gains = [score - other for score, other in zip(scores, before, strict=True)]
    errors = {"gain_by_index": standard_error(gains, documents)} if len(set(documents)) > 1 else {}
    return row.model_copy(update={"gain_by_index": fmean(gains), "errors": {**row.errors, **errors}})


def _relative(
    case: str, metric: str, scores: Mapping[str, Sequence[float]], route: Route, documents: Sequence[str]
) -> list[EvalRow]:
    """How many times the figure of the whole text in the prompt the others are."""
    if metric not in (_CONTAINED, _RIGHT_WORD) or "in_prompt" not in scores:
        return []
    prompt = scores["in_prompt"]
    figures = {c: ratio_of_means(scores[c], prompt, documents) for c in _TO_THE_PROMPT if c in scores}
    return _row_of(case, f"{metric}, times the prompt's", figures, len(scores["memory"]), route)


def _confidence(case: str, cases: Sequence[Case], answered: Replies, route: Route) -> list[EvalRow]:
    """How well `confidence` tells right answers from wrong ones, of those that something was attached for."""
    figures = {}
    attached = [i for i, asked in enumerate(cases) if asked.sources]
    for control in ("memory", "hybrid"):
        of = [(cases[i], answered[control][i]) for i in attached if control in answered]
        told = [(reply.confidence, is_right(asked, reply.text)) for asked, reply in of if reply.confidence is not None]
        right, wrong = ([sure for sure, is_right in told if bool(is_right) is so] for so in (True, False))
        figures[control] = area_under_curve(right, wrong)
    return _row_of(case, "confidence, right above wrong (AUC)", figures, len(attached), route)


def _row_of(case: str, metric: str, figures: Mapping[str, Measured | None], n: int, route: Route) -> list[EvalRow]:
    """A row of numbers; none where the memory has none."""
    known = {control: figure for control, figure in figures.items() if figure is not None}
    if "memory" not in known:
        return []
    values: dict[str, Any] = {control: figure.value for control, figure in known.items()}
    errors = {control: figure.error for control, figure in known.items() if figure.error is not None}
    return [EvalRow(case=case, metric=metric, n=n, unit="number", route=route, errors=errors, **values)]


def _grouped(chosen: Sequence[Chosen]) -> dict[str, list[int]]:
    """The places of all questions, and of those of each group, kinds first and lengths behind them."""
    groups: dict[str, list[int]] = {"": list(range(len(chosen)))}
    named = {name for question in chosen for name in question.groups}
    order = [*KINDS.values(), *map(length_name, (*LENGTHS, LENGTHS[-1] + 1))]
    for name in sorted(named, key=lambda name: (order.index(name) if name in order else len(order), name)):
        groups[name] = [place for place, question in enumerate(chosen) if name in question.groups]
    return groups


def asked_kind(asked: Asked) -> str:
    """The kind of a question; of why and how, whose answers are clauses, a kind of their own."""
    first = next(iter(asked.question.lower().split()), "")
    return EXPLAINING if asked.kind != YES_OR_NO and first in ("why", "how") else asked.kind


def length_name(tokens: int) -> str:
    """What texts of about so many tokens are called."""
    least = 0
    for most in LENGTHS:
        if tokens <= most:
            return f"{least + 1} to {most} tokens" if least else f"to {most} tokens"
        least = most
    return f"over {least} tokens"


def _name(sources: Sequence[str], selection: Selection) -> str:
    """What a row is called: the data, and the lengths of texts that were asked about where there are limits."""
    least, most = selection.least_tokens, selection.most_tokens
    names = ", ".join(Path(source).name for source in sources)
    if least is None:
        return names if most is None else f"{names}, to {most} tokens"
    return f"{names}, from {least} tokens" if most is None else f"{names}, {least} to {most} tokens"


def questions_of(data: str, split: str | None = None) -> Iterable[Asked]:
    """The questions of a file, all of one that names no split, or of a set with a name. Raises DocumentError."""
    path = Path(data)
    if not path.exists() and data in SETS:
        return hub_questions(data, split)
    if not path.exists():
        raise DocumentError(f"There is no file {data}, and no set of that name: the sets are {', '.join(SETS)}.")
    asked = read_questions(path)
    if split is None:
        return asked
    found = list(asked)
    in_parts = any(question.split for question in found)
    return [question for question in found if question.split == split or not in_parts]


def select(
    asked: Iterable[Asked], selection: Selection, tokenizer: PreTrainedTokenizerBase, seed: int
) -> Sequence[Chosen]:
    """The questions that fit, one text after the other.

    Texts are drawn with the seed, each with all of its questions, or as many as are wanted of one, until there are
    enough in all; of each group, where there are groups.
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
        if not selection.takes(tokens):
            continue
        for question in _drawn(by_context[context], selection.per_text, rng):
            groups = selection.groups(question, tokens)
            if selection.limit is None or any(counts[group] < selection.limit for group in groups or ("",)):
                counts.update(groups or ("",))
                chosen.append(Chosen(question, groups))
    return chosen


def _drawn(questions: Sequence[Asked], most: int | None, rng: random.Random) -> Sequence[Asked]:
    """So many of them, in their order."""
    if most is None or len(questions) <= most:
        return questions
    return [questions[place] for place in sorted(rng.sample(range(len(questions)), most))]
