"""Scores of answers: word F1, exact match, containment, ROUGE-L, the needle's number; and how long prompts are cut.

Computed as in the reference's evaluation of Doc-to-LoRA (arXiv 2602.15902), its quirks included, so that
figures can be compared. Knows nothing about models or data sets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from parametric_memory.evaluation.porter import stem

# Typographic characters and what they become before anything is compared; those for "" are invisible.
_CLEAN_UP = (
    (re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"), ""),
    (re.compile(r"[ \t\x0b\f]+$", re.MULTILINE), ""),
    (re.compile("\u00a0"), " "),
    (re.compile("[\u2013\u2014]+"), "-"),
    (re.compile("[\u201c\u201d\u00ab\u00bb\u201e]"), '"'),
    (re.compile("[\u2018\u2019\u02bc]"), "'"),
    (re.compile("\u2026"), "..."),
)
_PUNCTUATION = re.compile(r"""[!"#$%&'()*+,\-./:;<=>?@\[\]^_`{|}~]""")  # the reference keeps the backslash
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_ROUGE_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class WordScore:
    """Overlap of two bags of words, each in 0..1."""

    f1: float = 0.0
    precision: float = 0.0
    recall: float = 0.0


def normalize_answer(text: str) -> str:
    """Typography cleaned up, lower case, punctuation to spaces, no articles, single spaces."""
    for pattern, replacement in _CLEAN_UP:
        text = pattern.sub(replacement, text)
    text = _PUNCTUATION.sub(" ", text.lower())
    return " ".join(_ARTICLE.sub(" ", text).split())


def word_f1(prediction: str, answers: Sequence[str]) -> WordScore:
    """Overlap with the answer that gives the best F1, after normalisation. No shared word: all zero."""
    words = Counter(normalize_answer(prediction).split())
    best = WordScore()
    for answer in answers:
        wanted = Counter(normalize_answer(answer).split())
        score = _word_score((words & wanted).total(), words.total(), wanted.total())
        best = score if score.f1 > best.f1 else best
    return best


def exact_match(prediction: str, answers: Sequence[str]) -> bool:
    """Whether the prediction equals one of the answers after normalisation."""
    return normalize_answer(prediction) in map(normalize_answer, answers)


def contained(prediction: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers stands in the prediction, as whole words, after normalisation."""
    text = f" {normalize_answer(prediction)} "
    return any(wanted and f" {wanted} " in text for wanted in map(normalize_answer, answers))


def rouge_l(prediction: str, reference: str) -> float:
    """ROUGE-L F1 with stemming, as the `rouge-score` package computes it."""
    predicted, wanted = _rouge_words(prediction), _rouge_words(reference)
    return _word_score(_common_subsequence(predicted, wanted), len(predicted), len(wanted)).f1


def finds_needle(prediction: str, number: str) -> bool:
    """Whether the number stands in the prediction, whole: not as a part of a longer number."""
    return re.search(rf"(?<!\d){re.escape(number)}(?!\d)", prediction) is not None


def truncate_middle(ids: Sequence[int], max_length: int, max_new_tokens: int = 256) -> list[int]:
    """Token ids that fit a model's window with room for an answer: of a longer prompt, the middle is dropped.

    As the reference's, also where the answer leaves no room: what comes out then is of no use.
    """
    if len(ids) <= max_length:
        return list(ids)
    half = max_length // 2 - max_new_tokens // 2
    return [*ids[:half], *ids[-half:]]


def _word_score(common: int, predicted: int, wanted: int) -> WordScore:
    if not common:
        return WordScore()
    precision, recall = common / predicted, common / wanted
    return WordScore(2 * precision * recall / (precision + recall), precision, recall)


def _rouge_words(text: str) -> list[str]:
    return [stem(word) if len(word) > 3 else word for word in _ROUGE_WORD.findall(text.lower())]


def _common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    lengths = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for index, other in enumerate(second, start=1):
            above = lengths[index]
            lengths[index] = diagonal + 1 if word == other else max(above, lengths[index - 1])
            diagonal = above
    return lengths[-1]
