"""What embeddings of English miss, and letters tell: all rules about English that recall follows, in one scorer.

| rule | what it does |
|---|---|
| pronouns | embeds a sentence with the name that its pronoun may mean, and counts that name among its words |
| first_sentence | moves passages near a document's beginning towards its first one, which says what they are about |
| query_names | takes a share of its names out of what a query compares with one document's passages |
| shared_words | brings passages nearer that share words with the query, rare ones more |
| unknown_names | moves documents away that lack names or numbers of the query |
| asker | brings first-person documents nearer to questions about whoever asks |
| held_words | brings documents nearer that hold the query's words |

Each has a weight, and 0 turns it off. What each brings is measured by `eval recall`. Knows nothing about embedders and
indexes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights, EnglishAnswerRules
from parametric_memory.recall.scorer import Candidate, NumberedPassage, Vector
from parametric_memory.text.names import FUNCTION_WORDS, names_asked, names_meant, spelled_out

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_IN_CONTEXT = 16  # passages of a document, with the first one
_MOST_NAMES = 16  # of a question, which its answer says once
_MOST_WORDS_OF_NAMES = 16  # which are looked for in documents
_READ = 3  # passages of an entry that are looked at for the query's words: the nearest that do not say the same
_ASKER = re.compile(r"\b(?:[Ii](?!\.e\b)|[Mm](?:e|y|yself)|[Ww]e|[Uu]s|[Oo]urs?(?:elves)?)\b")  # not the US, nor Maine
_REQUEST = re.compile(r"\b(?:tell|give|show|help|remind|let|send|find|explain to) (?:me|us)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<=\S )[A-Z]\w+ I\b")  # a war, or a king
_COUNTED = re.compile(r"\b(?:Act|Article|Book|Chapter|Class|Level|Part|Phase|Section|Stage|Type|Volume|War) I\b")
_TELLER = re.compile(rf"{_ASKER.pattern}|\b[Tt]he user\b")
_ADVICE = re.compile(r"\bshould\b|\bhow (?:do|can|could|would|to)\b|\bwhy\b", re.IGNORECASE)
_ASKING = frozenset("again can could hello hi know may might pleas remin shall shoul there would".split())
_CONTRACTED = re.compile(r"n?['\u2019](?:d|ll|m|re|s|t|ve)\b", re.IGNORECASE)
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_STEM = 5  # letters that words are compared by, which forgives their endings


@dataclass(frozen=True)
class EnglishWeights:
    """How much each rule counts, as measured with one embedder: stands in a hypernetwork's calibration.

    Attributes:
        embedder: fingerprint of the embedder that the weights were measured with.
        pronouns: 1: names take the place of pronouns; 0: sentences are embedded as they are.
        first_sentence: the length of what is added of the first passage's direction to a passage's own, of length 1.
        query_names: the share of its names that a query's direction loses.
        shared_words: what is added to a similarity for all of the words.
        unknown_names: what is taken from a similarity where all names are missing.
        asker: what is added to a similarity.
        held_words: half of it is added for all of the words, and taken for none.
    """

    embedder: str = "all-MiniLM-L6-v2:384:53aa51172d14"
    pronouns: float = 1.0
    first_sentence: float = 0.3
    query_names: float = 0.5
    shared_words: float = 0.25
    unknown_names: float = 0.1
    asker: float = 0.225
    held_words: float = 0.15


class EnglishScorer:
    """The rules above, for documents and questions in English."""

    def __init__(self, weights: EnglishWeights = EnglishWeights()):
        self.weights = weights

    @property
    def fingerprint(self) -> str:
        return f"english:{self.weights.pronouns:g}:{self.weights.first_sentence:g}"

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        parts, numbers = self.parts(passages)
        first = [] if summary is None else [summary]
        if not (first or parts):
            return [], []
        vectors = embeddings.embed_documents([*first, *parts])
        of_parts = in_context(vectors[len(first) :], self.weights.first_sentence)
        return [*vectors[: len(first)], *of_parts], [*(-1 for _ in first), *numbers]

    def parts(self, passages: Sequence[NumberedPassage]) -> tuple[list[str], list[int]]:
        """What is embedded of a document's passages, and the number of each one's passage."""
        if not self.weights.pronouns:
            return [text for text, _ in passages], [number for _, number in passages]
        texts = [text for text, _ in passages]
        parts = [(part, number) for i, (_, number) in enumerate(passages) for part in spelled_out(texts, i)]
        return [part for part, _ in parts], [number for _, number in parts]

    def query(self, text: str, embeddings: Embeddings) -> EnglishQuery:
        return EnglishQuery(text, embeddings.embed_query, self.weights)

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return EnglishAnswerRules(tuple(names_asked(question)[:_MOST_NAMES]), weights) if weights else None


class EnglishQuery:
    """A query in English: its vectors, and what its letters tell."""

    def __init__(self, text: str, embed: Callable[[str], Vector], weights: EnglishWeights):
        self.text, self.vector = text, embed(text)
        self._embed, self._weights = embed, weights

    @cached_property
    def passage_vector(self) -> Vector:
        """The vector with less of the names in it.

        All sentences about somebody are near to any question with that name, and one that says little else is nearest.
        """
        named = names_asked(self.text) if self._weights.query_names else []
        if not named:
            return self.vector
        return without_names(self.vector, self._embed(", ".join(named)), self._weights.query_names)

    def entry_gain(self, candidate: Candidate) -> float:
        gain = 0.0
        if self._names or self._is_about_asker:
            text = f"{candidate.title}\n{candidate.summary}\n{candidate.text()}"
            gain -= self._weights.unknown_names * unknown_names(self._names, text)
            gain += self._weights.asker * (self._is_about_asker and told_by_asker(text))
        if self._words and (passages := candidate.passages()):
            texts = [candidate.summary, *self._texts_read(passages, candidate.nearest())]
            gain += self._weights.held_words * (held_words(self._words, texts) - 0.5)
        return gain

    def passage_gains(self, passages: Sequence[str], numbers: Sequence[int]) -> Sequence[float]:
        if not self._weights.shared_words:
            return [0.0] * len(numbers)
        shares = shared_words(self.text, [self._with_names_meant(passages, number) for number in numbers])
        return [self._weights.shared_words * share for share in shares]

    @cached_property
    def _names(self) -> frozenset[str]:
        return stems_of_names(self.text) if self._weights.unknown_names else frozenset()

    @cached_property
    def _is_about_asker(self) -> bool:
        return bool(self._weights.asker) and asks_about_asker(self.text)

    @cached_property
    def _words(self) -> frozenset[str]:
        return words_sought(self.text) if self._weights.held_words else frozenset()

    def _texts_read(self, passages: Sequence[str], nearest: Sequence[int]) -> list[str]:
        """Some of the passages that are nearest to the query, each text once."""
        numbers = [number for number in nearest if number < len(passages)]
        if len(passages) == 1:  # which has no vector of its own
            numbers = [0]
        texts: list[str] = []
        for number in numbers:
            if len(texts) < _READ and (text := self._with_names_meant(passages, number)) not in texts:
                texts.append(text)
        return texts

    def _with_names_meant(self, passages: Sequence[str], number: int) -> str:
        """A passage and the names that it may mean, to look for words in."""
        meant = names_meant(passages, number) if self._weights.pronouns else ()
        return " ".join([passages[number], *meant])


def in_context(vectors: Sequence[Vector], share: float) -> list[list[float]]:
    """The directions of passages near a document's beginning moved towards the first one's.

    What stands further on in a long text the first passage says little of.

    Args:
        vectors: `[passage, dimension]`, in the document's order.
        share: how long what is added is, where a passage's own direction is 1.

    Returns:
        Unit vectors of the same shape; zero where there was no direction.
    """
    import numpy as np

    if not vectors:
        return []
    own = np.asarray(vectors, dtype=np.float64)
    own /= np.linalg.norm(own, axis=1, keepdims=True).clip(1e-12)
    moved = own.copy()
    near = slice(1, _IN_CONTEXT)
    moved[near] += share * own[0] * own[near].any(axis=1, keepdims=True)  # what is nowhere stays there
    moved /= np.linalg.norm(moved, axis=1, keepdims=True).clip(1e-12)
    rows: list[list[float]] = moved.tolist()
    return rows


def without_names(question: Vector, names: Vector, share: float) -> list[float]:
    """A question's direction without a share of what its names add to it.

    Args:
        question: its vector, `[dimension]`.
        names: the vector of the names in it, `[dimension]`.

    Returns:
        A unit vector, or zero where there is no direction.
    """
    import numpy as np

    asked, named = (np.asarray(vector, dtype=np.float64) for vector in (question, names))
    asked, named = (vector / max(float(np.linalg.norm(vector)), 1e-12) for vector in (asked, named))
    rest = asked - share * (asked @ named) * named
    row: list[float] = (rest / max(float(np.linalg.norm(rest)), 1e-12)).tolist()
    return row


def shared_words(question: str, texts: Sequence[str]) -> list[float]:
    """The share of a question's words that each text holds, from 0 to 1; those count more that few texts hold.

    Names that an embedder has never seen tell passages apart by their letters.
    """
    wanted = stems(question)
    held = [stems(text) & wanted for text in texts]
    worth = {word: _rarity(sum(word in words for words in held), len(texts)) for word in wanted}
    whole = sum(worth.values()) or 1.0
    return [sum(worth[word] for word in words) / whole for words in held]


def stems_of_names(question: str) -> frozenset[str]:
    """The words of a question's names, and its numbers, shortened and in small letters, as they are looked for.

    At most sixteen.
    """
    of_names = [word for name in names_asked(question) for word in re.findall(r"\w+", name.lower())]
    numbers = re.findall(r"\b\d\w*", question.lower())
    found = dict.fromkeys(word[:_STEM] for word in (*of_names, *numbers) if word not in FUNCTION_WORDS)
    return frozenset([*found][:_MOST_WORDS_OF_NAMES])


def unknown_names(names: Collection[str], text: str) -> float:
    """The share of a question's names that a document does not hold. A question about somebody unknown is near to what
    is said of others.

    Args:
        names: see `stems_of_names`.
    """
    if not names:
        return 0.0
    text = text.lower()
    return sum(name not in text or re.search(rf"\b{name}", text) is None for name in names) / len(names)


def asks_about_asker(question: str) -> bool:
    """Whether a question is about whoever asks it: "Where do I work?", but not "How do I bake bread?".

    Nor "Tell me who leads the project".
    """
    question = _NUMBERED.sub("", _REQUEST.sub("", question))
    return _ASKER.search(question) is not None and _ADVICE.search(question) is None


def told_by_asker(text: str) -> bool:
    """Whether a document speaks of its teller.

    "My pay slips come from Durso" and "Which company do I work for?" have neither names nor words in common by which
    they would be found near.
    """
    return _TELLER.search(_COUNTED.sub("", text)) is not None


def words_sought(question: str) -> frozenset[str]:
    """The words of a question that a text may hold, as `stems` has them.

    Without those that only ask, and bits that an apostrophe leaves. None in a script that puts no blanks between words.
    """
    if _WITHOUT_BLANKS.search(question):
        return frozenset()
    return frozenset(stems(_CONTRACTED.sub(" ", question)) - _ASKING)


def held_words(words: Collection[str], texts: Sequence[str]) -> float:
    """The largest share of a question's words that one of these texts of a document holds, from 0 to 1.

    Args:
        words: see `words_sought`; at least one.
    """
    return max((len(stems(text).intersection(words)) for text in texts), default=0) / len(words)


def stems(text: str) -> set[str]:
    """The words that a text is compared by, as far as their endings do not matter."""
    return {word[:_STEM] for word in re.findall(r"\w+", text.lower()) if word not in FUNCTION_WORDS}


def _rarity(holding: int, passages: int) -> float:
    """Inverse document frequency as in BM25 (Robertson and Zaragoza, 2009): never negative."""
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))
