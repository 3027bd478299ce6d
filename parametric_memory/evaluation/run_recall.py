"""`eval recall` and `unknown`: what a question recalls, and whether a memory knows what is not in it.

Collections are texts of a memory, and questions about these and about what is not there. Nothing is answered, and no
adapter is made: a thousand questions take minutes.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from typer import Option

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.files import Document
from parametric_memory.documents.sentences import sentences
from parametric_memory.documents.words import names_asked
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.held_out import DATA, FactDocuments, Filler, unrelated_questions
from parametric_memory.evaluation.memories import IndexedTexts, add_texts, indexed
from parametric_memory.evaluation.rows import EvalRow, difference
from parametric_memory.evaluation.runner import Case, Runner
from parametric_memory.evaluation.scores import contains, contains_any, words
from parametric_memory.recall.scorer import VectorScorer
from parametric_memory.records import Recall
from parametric_memory.training.data.examples import Example
from parametric_memory.training.data.question_answering import Asked, read_questions, written_texts
from parametric_memory.training.roc import KEPT, area_under_curve, threshold_keeping

_LEAST_OF_A_GROUP = 20  # unanswerable questions, for a row of their own
_FACTS = (1, 2, 4, 8)
_HIDDEN_FACTS, _HIDDEN_TOKENS, _OF_SHORT_TEXTS = 8, 2048, 10  # one long text for so many short ones
_OF_A_USER = 10  # documents about others in a user's namespace
_TEXTS_A_USER = 5  # one user for so many short texts
_DRAWN_FOR_A_USER = 60
_MOST_WORDS = 400  # of a passage: longer ones are texts of many pages
_ABSENT = 1_000_000  # added to the seed for documents that are not in memory
_STRANGERS = 3_000_000  # and for those about strangers
_OPENING_WORDS = 8  # of a passage, which contain its subject
_TELLER = re.compile(r"\b(?:I|[Mm](?:e|y|yself)|[Ww]e|[Uu]s|[Oo]urs?(?:elves)?|[Tt]he user)\b")
_SHORTEST_NAME = 3  # letters; shorter ones are abbreviations of anything

Passages = Annotated[Path | None, Option(metavar="FILE", help="Also questions about passages, as `eval qa` reads.")]


@dataclass(frozen=True)
class Question(Case):
    """A question about something in memory; without a document, about something that is not there."""

    namespace: str = "default"


class Collection(NamedTuple):
    """Texts by namespace, and questions about them and about others."""

    name: str
    texts: Mapping[str, Sequence[str | Document]]
    questions: Sequence[Question]


def generated(seed: int, documents: int) -> Collection:
    """Documents of one to eight facts with a question about each, and as many questions about absent documents."""
    rng = random.Random(seed)
    inside = FactDocuments(seed).documents([rng.choice(_FACTS) for _ in range(documents)])
    outside = FactDocuments(seed + _ABSENT).documents([1] * documents)
    return _about("generated facts", inside, [*_first_questions(outside), *unrelated_questions()[1::2]])


def hidden(seed: int, documents: int, filler: Filler) -> Collection:
    """Facts in long texts of prose: one such text for ten of the short documents."""
    made = FactDocuments(seed + 2 * _ABSENT).documents([_HIDDEN_FACTS] * max(1, documents // _OF_SHORT_TEXTS))
    long = [replace(example, document=filler.text(_HIDDEN_TOKENS, example.document)) for example in made]
    return _about(f"facts hidden in {_HIDDEN_TOKENS:,} tokens", long, ())


def told_by_asker(document: str) -> bool:
    """Whether a document speaks in the first person, or of the user."""
    return _TELLER.search(document) is not None


def of_the_asker(seed: int, documents: int) -> Collection:
    """Statements of users about themselves, each user in a namespace with documents about others."""
    texts: dict[str, list[str]] = {}
    questions: list[Question] = []
    for user in range(max(1, documents // _TEXTS_A_USER)):
        made = FactDocuments(seed * _ABSENT + user, one_user=True).documents([1] * _DRAWN_FOR_A_USER)
        own = [example for example in made if told_by_asker(example.document)]
        told, never, others = own[::2], own[1::2], [d for d in made if d not in own][:_OF_A_USER]
        texts[f"user {user}"] = [example.document for example in (*told, *others)]
        questions += _asked(told, _first_questions(never), f"user {user}")
    return Collection("statements of the asker", texts, questions)


def of_strangers(seed: int, documents: int) -> Collection:
    """Documents about people and things, and questions about others, whose names no document has."""

    def about_others(seed: int) -> Iterator[Example]:
        source, rng = FactDocuments(seed), random.Random(seed)
        made = (source.document(rng.choice(_FACTS)) for _ in count())
        return islice((each for each in made if not told_by_asker(each.document)), documents)

    inside, outside = list(about_others(seed + _STRANGERS)), about_others(seed + _STRANGERS + _ABSENT)
    return _about("unknown people and things", inside, _first_questions(outside))


def _about(name: str, inside: Sequence[Example], absent: Iterable[str]) -> Collection:
    """Documents with their questions, and questions about others."""
    return Collection(name, {"default": [example.document for example in inside]}, _asked(inside, absent))


def _asked(inside: Iterable[Example], absent: Iterable[str], namespace: str = "default") -> list[Question]:
    present = [Question(of.document, q.text, (q.value,), namespace=namespace) for of in inside for q in of.questions]
    return present + [Question("", text, (), namespace=namespace) for text in absent]


def _first_questions(examples: Iterable[Example]) -> list[str]:
    return [example.questions[0].text for example in examples]


def written() -> Collection:
    """Chats, notes, minutes and the like, and questions; by why their text does not answer them."""
    texts = list(written_texts(DATA / "written.jsonl.gz"))
    asked = [(text.document.text if q.answers else "", q) for text in texts for q in text.questions]
    questions = [Question(document, q.text, q.answers, kind=q.why) for document, q in asked]
    return Collection("texts as people write them", {"default": [text.document for text in texts]}, questions)


def real(data: Path, seed: int, documents: int) -> Collection:
    """Passages drawn from a file (see `read_questions`), and extractive questions about these and about as many others.

    Raises DocumentError: the file cannot be read, or holds no such question.
    """
    by_text = _by_passage(data, seed, extractive=True)
    inside, outside = list(by_text)[:documents], list(by_text)[documents : 2 * documents]
    if not inside:
        raise DocumentError(f"{data} holds no extractive question about a text of up to {_MOST_WORDS} words.")
    questions = [Question(text, a.question, a.answers) for text in inside for a in by_text[text]]
    questions += [Question("", a.question, ()) for text in outside for a in by_text[text]]
    return Collection(data.name, {"default": inside}, questions)


def _by_passage(data: Path, seed: int, extractive: bool = False) -> dict[str, list[Asked]]:
    """The questions of a file by their passages, of a few hundred words at most, in an order drawn with the seed."""
    by_text: dict[str, list[Asked]] = {}
    for asked in read_questions(data):
        kind = not extractive or asked.kind == "extractive"
        if kind and asked.answers and len(asked.context.split()) <= _MOST_WORDS:
            by_text.setdefault(asked.context, []).append(asked)
    texts = sorted(by_text)
    random.Random(seed).shuffle(texts)
    return {text: by_text[text] for text in texts}


def halves(data: Path, seed: int, passages: int | None = None) -> tuple[Collection, Collection]:
    """Passages of a file, half of them in memory: questions that name a subject, and all questions.

    A question names its subject if a capitalized name in it stands in its passage too. Passages whose questions name
    the same subject lie in the same half. A question about the absent half names a subject if one of its names is that
    of no passage in memory: no question about one names it, and none begins with it. A passage may mention it.

    passages: how many are drawn with the seed; None: all.

    Raises DocumentError: the file cannot be read, or has no two passages with different subjects.
    """
    by_text = _by_passage(data, seed)
    subjects = {text: {n for asked in by_text[text] for n in _named(asked)} for text in list(by_text)[:passages]}
    inside, outside = _halves(subjects)
    if not inside or not outside:
        raise DocumentError(f"{data} holds no two passages of up to {_MOST_WORDS} words about different subjects.")
    named = {name for text in inside for name in subjects[text]}
    openings = [words(" ".join(text.split()[:_OPENING_WORDS])) for text in inside]

    def known(name: str) -> bool:
        asked_about = any(name in other or other in name for other in named)  # a name may have more words
        return asked_about or any(name in opening for opening in openings)

    naming, every = [], []
    for source, text in (*((text, text) for text in inside), *(("", text) for text in outside)):
        for asked in by_text[text]:
            answers = asked.answers if asked.kind == "extractive" else ()
            every.append(Question(source, asked.question, answers, kind=asked.source))
            names = _named(asked)
            if names if source else not all(map(known, names)):
                naming.append(every[-1])
    return (
        Collection(f"{data.name}, subject named", {"default": inside}, naming),
        Collection(f"{data.name}, all questions", {"default": inside}, every),
    )


def _named(asked: Asked) -> list[str]:
    """The names in a question that stand in its passage, as `words` gives them."""
    return [
        words(name)
        for name in names_asked(asked.question)
        if len(name) >= _SHORTEST_NAME and contains(asked.context, name)
    ]


def _halves(subjects: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """The texts in two halves, in their order; those that share a subject, also through others, in the same half."""
    of_subject: dict[str, set[str]] = {}
    for text, names in subjects.items():
        for name in names:
            of_subject.setdefault(name, set()).add(text)
    halves: tuple[list[str], list[str]] = ([], [])
    placed: set[str] = set()
    for text in subjects:
        smaller = halves[len(halves[0]) > len(halves[1])]
        waiting = [text]
        while waiting:
            if (one := waiting.pop()) not in placed:
                placed.add(one)
                smaller.append(one)
                waiting += sorted(other for name in subjects[one] for other in of_subject[name])
    return halves


_METRICS = (
    "right text first",
    "right text attached",
    "right sentence attached",
    "right sentence first",
    "nothing attached where no text answers",
)


def _first(texts: IndexedTexts, question: Question) -> Recall:
    [first] = texts.memory.recall(question.question, 1, namespace=question.namespace)
    return first


def _scores(texts: IndexedTexts, question: Question) -> dict[str, bool]:
    """Of what a question recalls first, by those of `_METRICS` that apply to it."""
    memory, first = texts.memory, _first(texts, question)
    if not question.document:
        return {_METRICS[-1]: not first.attached}
    is_right = memory.history(first.entry_id, namespace=first.namespace).text == clean(question.document)
    best = first.model_copy(update={"passages": first.passages[:1]})
    attached = is_right and first.attached
    answers = (attached and contains_any(memory.recaller.passage(of), question.answers) for of in (first, best))
    return dict(zip(_METRICS, (is_right, attached, *answers), strict=False))


def evaluate_recall(
    runner: Runner,
    documents: Annotated[int, Option(metavar="N", min=2, help="Texts in each memory.")] = 100,
    data: Passages = None,
) -> list[EvalRow]:
    """Measure what questions recall, and what the judge brings.

    Every question is looked up as the memory does, and by vectors alone: the gain is the difference, in points, with
    the standard error of the paired difference. Generated facts, statements of the asker, and real passages of a file;
    questions that nothing answers are among them. No language model answers.

    Examples:
      parametric-memory eval recall --seed 1
      parametric-memory eval recall --documents 200 --data train.jsonl.gz --json
    """
    seed = runner.seed
    long = hidden(seed, documents, Filler(runner.base.tokenizer, seed))
    collections = [generated(seed, documents), long, of_the_asker(seed, documents), written()]
    if data is not None:
        collections.append(real(data, seed, documents))
    rows = []
    for collection in collections:
        runner.report(f"{collection.name}: {len(collection.questions)} questions")
        rows += recall_rows(runner, collection)
    return rows


def recall_rows(runner: Runner, collection: Collection) -> list[EvalRow]:
    """Rows of one collection, with the gain by the memory's scorer."""
    recaller, found, rows = runner.memory.recaller, [], []
    for scorer in (recaller.scorer, VectorScorer(recaller.calibration.passage_temperature)):
        with _remembered(runner, collection, scorer=scorer) as made:
            found.append([_scores(made, question) for question in collection.questions])
    for metric in _METRICS:
        scores, of_vectors = ([of[metric] for of in some if metric in of] for some in found)
        if scores:
            row = EvalRow.of_scores(collection.name, metric, {"memory": scores})
            rows.append(row.plus({"gain_by_judge": difference(scores, of_vectors)}))
    return rows


@contextmanager
def _remembered(runner: Runner, collection: Collection, **settings: Any) -> Iterator[IndexedTexts]:
    """A memory of a collection, which stores texts alone: nothing is internalized, so hundreds take seconds."""
    with indexed(runner.memory, (), store="text", **settings) as empty:
        for namespace, texts in collection.texts.items():
            add_texts(empty.memory, texts, namespace)
        yield empty


def evaluate_unknown(
    runner: Runner,
    documents: Annotated[int, Option(metavar="N", min=2, help="Generated texts in each memory.")] = 100,
    data: Passages = None,
    passages: Annotated[int | None, Option(metavar="N", min=2, help="How many of its passages; all otherwise.")] = None,
) -> list[EvalRow]:
    """Measure whether a memory knows what is not in it.

    Questions that nothing in memory answers, beside others that something does: about people and things that no text
    names, about what the asker never said, and, of a file, about the half of its passages that is not in memory. How
    many find something above the threshold; above the one that keeps 95 % of the others; and how well the score tells
    both apart. Also how often the right sentence is first of all. No language model answers.

    Examples:
      parametric-memory eval unknown --documents 200
      parametric-memory eval unknown --data valid.jsonl.gz --json
      parametric-memory eval unknown --data valid.jsonl.gz --passages 200
    """
    seed = runner.seed
    collections = [of_strangers(seed, documents), of_the_asker(seed, documents), written()]
    if data is not None:
        collections = [*halves(data, seed, passages), *collections]
    rows = []
    for collection in collections:
        texts = sum(map(len, collection.texts.values()))
        runner.report(f"{collection.name}: {len(collection.questions)} questions, {texts} texts in memory")
        with _remembered(runner, collection) as made:
            firsts = [(question, _first(made, question)) for question in collection.questions]
            with made.under(threshold=-math.inf) as ungated:
                found = [(of, _scores(ungated, of)) for of in collection.questions if of.document]
        scores = {
            "right text first": [of["right text first"] for _, of in found],
            "right sentence first of all in memory": [
                of["right sentence first"] for question, of in found if _in_one_sentence(question)
            ],
        }
        rows += _gate_rows(collection.name, firsts)
        rows += [EvalRow.of_scores(collection.name, m, {"memory": of}, "ungated") for m, of in scores.items() if of]
    return rows


def _in_one_sentence(question: Question) -> bool:
    """Whether a single sentence of the question's text contains an answer."""
    return any(contains_any(sentence, question.answers) for sentence in sentences(question.document))


def _gate_rows(name: str, firsts: Sequence[tuple[Question, Recall]]) -> list[EvalRow]:
    """The shares of answerable and of unanswerable questions that pass the gate. firsts: what each recalls first."""
    own = [first for question, first in firsts if question.document]
    foreign = [(question.kind, first) for question, first in firsts if not question.document]
    if not own or not foreign:
        return []
    scores = [first.score for first in own]
    least = threshold_keeping(scores, KEPT)
    rows = [EvalRow.of_scores(name, "answerable attached", {"memory": [first.attached for first in own]})]
    often = Counter(kind for kind, _ in foreign).most_common()
    for group in ("", *(kind for kind, times in often if kind and times >= _LEAST_OF_A_GROUP)):
        some = [first for kind, first in foreign if group in ("", kind)]
        passing = {
            "unanswerable attached": [first.attached for first in some],
            f"unanswerable attached, {KEPT:.0%} of answerable kept": [first.score >= least for first in some],
        }
        case = f"{name}, {group}" if group else name
        rows += [EvalRow.of_scores(case, metric, {"memory": shares}) for metric, shares in passing.items()]
    area = area_under_curve(scores, [first.score for _, first in foreign])
    metric = "score, answerable above unanswerable (AUC)"
    return [
        *rows,
        *EvalRow.of_measured(name, metric, {"memory": area}, len(firsts)),
        EvalRow(case=name, metric=f"threshold that keeps {KEPT:.0%}", memory=least, n=len(own), unit="number"),
    ]
