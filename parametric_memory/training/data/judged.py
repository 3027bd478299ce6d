"""Training data of a judge: questions, sentences that answer them, and near ones that do not.

Passages of question-answer files, generated documents and written texts lie in one pool, as if in one memory.
Sentences that are near to a question there and do not answer it are what a memory would wrongly find. Some questions
are nearly answered by their document, and no sentence of it is right. Knows nothing about networks.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from langchain_core.embeddings import Embeddings

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.sentences import InContext, in_context, sentences
from parametric_memory.recall.judged import towards_first
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.question_answering import Asked, WrittenText

Kind = Literal["passages", "facts", "written"]  # of documents
KINDS: tuple[Kind, ...] = get_args(Kind)

_MOST_WORDS = 260  # of a passage
_NEAR = 48  # sentences of other documents that are looked at for a question
_REMEMBERED = 12  # sentences that vectors find in a memory
_LIKELY = 3  # of a passage's sentences, where none holds the answer word for word: the nearest ones
_LEAST_ANSWER = 3  # characters by which a sentence of another document is taken to answer too
_WORDS_OF_OPENING = 24
_ASKED_AT_ONCE = 128
_MOST_FACTS = 8


@dataclass(frozen=True)
class JudgedQuestion:
    """A question about one document of a pool."""

    text: str
    document: int  # its number
    right: tuple[int, ...]  # numbers of sentences that answer; empty if its document does not answer it
    answers: tuple[str, ...]
    certain: bool = True  # all of `right` answer; else one of them does
    group: str = ""  # shared by questions that are asked of several documents, any of which may answer
    statement: str = ""  # the answer as a model would say it
    kind: Kind = "passages"
    misleading: tuple[int, ...] = ()  # of a written text, its other sentences, the most misleading first; see `mine`

    @property
    def is_remembered(self) -> bool:
        """Whether `remember` puts a document that answers it into memory."""
        return bool(self.right) and self.document % 2 == 0


@dataclass
class Pool:
    """Documents in sentences, and questions about them."""

    sentences: list[InContext] = field(default_factory=list)  # of all documents
    spans: list[tuple[int, int]] = field(default_factory=list)  # of each document, its first sentence and the next's
    groups: list[frozenset[str]] = field(default_factory=list)  # of each document, what it answers for any asker
    questions: list[JudgedQuestion] = field(default_factory=list)
    # Of each question, numbers of sentences near to it, nearest first, and in a memory their similarities; see `mine`
    # and `remember`.
    near: list[list[int]] = field(default_factory=list)
    similarities: list[list[float]] = field(default_factory=list)
    ordinary: list[tuple[str, list[int]]] = field(default_factory=list)  # questions that need no document, and the same

    def add(self, passages: Sequence[str], groups: Iterable[str] = (), title: str = "") -> int:
        """A document; its number."""
        start = len(self.sentences)
        self.sentences += [in_context(passages, number, title) for number in range(len(passages))]
        self.spans.append((start, len(self.sentences)))
        self.groups.append(frozenset(groups))
        return len(self.spans) - 1

    def own(self, document: int) -> range:
        return range(*self.spans[document])

    @cached_property
    def document_of(self) -> np.ndarray:
        """The document of each sentence, once all are there."""
        return np.repeat(np.arange(len(self.spans)), [end - start for start, end in self.spans])

    def add_passages(self, asked: Iterable[Asked], most: int, rng: random.Random) -> None:
        """Passages drawn from question-answer data, and their questions. most: passages."""
        by_context: dict[str, list[Asked]] = {}
        for question in asked:
            if question.answers and len(question.context.split()) <= _MOST_WORDS:
                by_context.setdefault(question.context, []).append(question)
        contexts = rng.sample(sorted(by_context), min(most, len(by_context)))
        times = Counter(text for c in contexts for text in {q.question for q in by_context[c]})
        for context in contexts:
            passages = sentences(clean(context)) or [context]
            of_many = {q.question: q.source for q in by_context[context] if times[q.question] > 1}
            document = self.add(passages, of_many.values())
            for q in by_context[context]:
                right = () if q.kind == "yesno" else holding(q.answers, passages)
                numbers = tuple(self.own(document)[n] for n in (right or range(len(passages))))
                group = of_many.get(q.question, "")
                judged = JudgedQuestion(q.question, document, numbers, q.answers, bool(right), group, q.answers[0])
                self.questions.append(judged)

    def add_facts(self, facts: FactGenerator, most: int, rng: random.Random) -> None:
        """Generated documents, one question about each of their facts. most: documents."""
        for _ in range(most):
            text, drawn = facts.document(rng, rng.randint(1, rng.choice([1, 3, _MOST_FACTS])))
            passages = sentences(clean(text))
            # "Where do I work?" is answered by whoever says so: of all documents only by the asker's own.
            groups = ["" if fact.subject.name else fact.questions[0].text for fact in drawn]
            document = self.add(passages, filter(None, groups))
            for group, fact in zip(groups, drawn, strict=True):
                q = rng.choice(fact.questions)
                numbers = tuple(self.own(document)[n] for n in holding((q.value,), passages))
                if numbers:
                    text = facts.as_typed(rng, q).text
                    asked = JudgedQuestion(text, document, numbers, (q.value,), True, group, q.answer, "facts")
                    self.questions.append(asked)

    def add_written(self, texts: Iterable[WrittenText]) -> None:
        """Written texts, and their questions; those that their text does not answer have no right sentences."""
        for text in texts:
            document = self.add(text.passages, title=text.document.title or "")
            for q in text.questions:
                standing = tuple(self.own(document)[n] for n in text.standing(q))
                asked = JudgedQuestion(q.text, document, standing, q.answers, kind="written")
                if not q.answers:
                    self.questions.append(replace(asked, right=(), certain=False, misleading=standing))
                elif standing:  # else it is not known which passage answers
                    self.questions.append(replace(asked, statement=q.answers[0]))

    def mine(self, embeddings: Embeddings, report: Callable[[str], None], ordinary: Sequence[str] = ()) -> None:
        """Finds hard negatives: sentences of other documents near each question that do not answer it.

        Of a question that no sentence answers word for word, also which sentences of its own are likely to. Of one
        about a written text, the sentences of that text instead: first what nearly answers, then the nearest.

        ordinary: questions that no document of the pool is asked.
        """
        vectors = _embedded([as_embedded(s) for s in self.sentences], embeddings, report)
        asked = _embedded([*(q.text for q in self.questions), *ordinary], embeddings, report)
        similarities = iter(  # one question at a time would read all vectors for each
            row for i in range(0, len(asked), _ASKED_AT_ONCE) for row in asked[i : i + _ASKED_AT_ONCE] @ vectors.T
        )
        for place, (question, similarity) in enumerate(zip(self.questions, similarities, strict=False)):
            if question.kind == "written":
                own = sorted(self.own(question.document), key=lambda n: -similarity[n])
                others = dict.fromkeys([*question.misleading, *(n for n in own if n not in question.right)])
                self.questions[place] = replace(question, misleading=tuple(others))
                self.near.append([])
                continue
            if not question.certain:
                likely = sorted(question.right, key=lambda n: -similarity[n])[:_LIKELY]
                self.questions[place] = replace(question, right=tuple(likely))
            similarity[self.own(question.document)] = -np.inf
            found = [n for n in _nearest(similarity, 2 * _NEAR) if not self._may_answer(question, n)]
            self.near.append(found[:_NEAR])
        self.ordinary = [(text, _nearest(near, _NEAR)) for text, near in zip(ordinary, similarities, strict=True)]

    def remember(self, embeddings: Embeddings, report: Callable[[str], None]) -> None:
        """Puts every second document into a memory, and searches it with each question's vector.

        Questions about other documents stay, unless one in memory may answer them as well.
        """
        outside = self.document_of % 2 == 1
        bare = _embedded([s.sentence for s in self.sentences], embeddings, report)
        of_documents = [towards_first(bare[start:end].tolist()) for start, end in self.spans]
        vectors = np.concatenate(of_documents).astype(np.float32)
        asked = _embedded([q.text for q in self.questions], embeddings, report)
        kept = []
        for question, vector in zip(self.questions, asked, strict=True):
            similarity = vectors @ vector
            similarity[outside] = -np.inf
            found = _nearest(similarity, _REMEMBERED)
            if question.is_remembered or not any(self._may_answer(question, n) for n in found):
                kept.append(question)
                self.near.append(found)
                self.similarities.append([float(similarity[n]) for n in found])
        self.questions = kept

    def _may_answer(self, question: JudgedQuestion, sentence: int) -> bool:
        """Whether a sentence of another document may answer as well, for all that is known."""
        if question.group and question.group in self.groups[self.document_of[sentence]]:
            return True
        telling = [answer for answer in question.answers if len(answer) >= _LEAST_ANSWER and answer.lower() != "yes"]
        return bool(holding(telling, [self.sentences[sentence].sentence]))


def holding(answers: Sequence[str], passages: Sequence[str]) -> tuple[int, ...]:
    """Numbers of the passages that hold one of the answers, as whole words."""
    return tuple(number for number, passage in enumerate(passages) if answer_spans(answers, passage))


def answer_spans(answers: Sequence[str], passage: str) -> list[tuple[int, int]]:
    """Where answers begin and end in a passage, as whole words."""
    given = (" ".join(answer.split()).rstrip(".") for answer in answers if answer.strip(" ."))
    words = "|".join(map(re.escape, sorted(given, key=len, reverse=True)))
    if not words:
        return []
    return [found.span() for found in re.finditer(rf"(?<!\w)(?:{words})(?!\w)", passage, re.IGNORECASE)]


def as_embedded(sentence: InContext) -> str:
    """A sentence as an index would see it: behind what its document begins with."""
    opening = " ".join(sentence.opening.split()[:_WORDS_OF_OPENING])
    return f"{opening} ... {sentence.sentence}" if opening else sentence.sentence


def _nearest(similarity: np.ndarray, most: int) -> list[int]:
    most = min(most, len(similarity) - 1)
    found = np.argpartition(-similarity, most)[:most]
    return [int(n) for n in found[np.argsort(-similarity[found])] if np.isfinite(similarity[n])]


def _embedded(texts: Sequence[str], embeddings: Embeddings, report: Callable[[str], None]) -> np.ndarray:
    """Vectors in float32, `[text, dimension]`."""
    part, found = 4096, []
    for start in range(0, len(texts), part):
        found.append(np.asarray(embeddings.embed_documents(list(texts[start : start + part])), dtype=np.float32))
        report(f"embedded {min(start + part, len(texts))} of {len(texts)} texts")
    return np.concatenate(found)
