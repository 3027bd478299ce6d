"""Scores of answers: a value as whole words, word F1 (also of stems), exact match, ROUGE-L, the needle's number.

Scores after `normalize_answer` match the reference's evaluation of Doc-to-LoRA (arXiv 2602.15902), its quirks included.
Knows nothing about models or data sets.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import SettingsError

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# ASCII's but the backslash, which the reference keeps; dashes, quotation marks and the ellipsis.
_PUNCTUATION = re.compile(
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\]^_`{|}~\u2013\u2014\u201c\u201d\u00ab\u00bb\u201e\u2018\u2019\u02bc\u2026]"""
)
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_JOINING = re.compile(r"\b(a|an|the|and)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ROUGE_WORD = re.compile(r"[a-z0-9]+")


def words(text: str) -> str:
    """Lower case, words and numbers only, single spaces, a space at either end."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)  # 12,500 is one word
    found = re.findall(r"[^\W_]+", text.lower())
    return f" {' '.join(found)} "


def contains(answer: str, value: str) -> bool:
    """Whether the answer contains the value as whole words."""
    return words(value) in words(answer)


def contains_any(answer: str, values: Iterable[str]) -> bool:
    """Whether the answer contains one of the values as whole words."""
    return any(contains(answer, value) for value in values)


def right(answer: str, value: str, others: Iterable[str] = ()) -> bool:
    """Whether an answer contains the value, and no value of another document that is not part of it."""
    if not contains(answer, value):
        return False
    whole, own = words(answer), words(value)
    rest = whole.replace(own, "  ")
    others = {words(other) for other in others}
    return not any(other in (whole if own in other else rest) for other in others if other not in own)


def normalize_answer(text: str) -> str:
    """Lower case, without invisible characters and articles, punctuation to spaces, single spaces."""
    text = _PUNCTUATION.sub(" ", _INVISIBLE.sub("", text).lower())
    return " ".join(_ARTICLE.sub(" ", text).split())


def word_f1(prediction: str, answers: Sequence[str]) -> float:
    """The best F1 of words with one of the answers, after normalisation."""
    found = Counter(normalize_answer(prediction).split())
    bags = [Counter(normalize_answer(answer).split()) for answer in answers]
    return max((_f1((found & wanted).total(), found.total(), wanted.total()) for wanted in bags), default=0.0)


def _f1(common: int, predicted: int, wanted: int) -> float:
    """Of how many words two texts share, and have."""
    if not common:
        return 0.0
    precision, recall = common / predicted, common / wanted
    return 2 * precision * recall / (precision + recall)


def stemmed_f1(prediction: str, answer: str) -> float:
    """F1 of word stems, as LoCoMo's authors compute it (arXiv 2402.17753); raises as `stemmer`."""
    bare = (_JOINING.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)) for text in (prediction, answer))
    found, wanted = (Counter(map(stemmer().stem, text.split())) for text in bare)
    return _f1((found & wanted).total(), found.total(), wanted.total())


def exact_match(prediction: str, answers: Sequence[str]) -> bool:
    """Whether the prediction equals one of the answers after normalisation."""
    return normalize_answer(prediction) in map(normalize_answer, answers)


def contained(prediction: str, answers: Sequence[str]) -> bool:
    """Whether the prediction contains one of the answers as whole words, after normalisation."""
    text = f" {normalize_answer(prediction)} "
    return any(wanted and f" {wanted} " in text for wanted in map(normalize_answer, answers))


def rouge_l(prediction: str, reference: str) -> float:
    """ROUGE-L F1 with stemming, as the package `rouge-score` computes it; raises as `stemmer`."""
    stem = stemmer().stem  # tells whoever lacks NLTK
    from nltk.metrics.distance import edit_distance

    predicted, wanted = (
        [stem(word) if len(word) > 3 else word for word in _ROUGE_WORD.findall(text.lower())]
        for text in (prediction, reference)
    )
    edits = edit_distance(predicted, wanted, substitution_cost=2)  # insertions and deletions alone
    return _f1((len(predicted) + len(wanted) - edits) // 2, len(predicted), len(wanted))


@cache
def stemmer() -> Any:
    """Of `rouge_l` and `stemmed_f1`. Raises SettingsError: NLTK is not installed."""
    try:
        from nltk.stem.porter import PorterStemmer
    except ImportError as error:
        raise SettingsError("Stemmed words need NLTK: pip install 'parametric-memory[eval]'.") from error
    return PorterStemmer()


def finds_needle(prediction: str, number: str) -> bool:
    """Whether the prediction contains the number, not as a part of a longer number."""
    return re.search(rf"(?<!\d){re.escape(number)}(?!\d)", prediction) is not None


def truncate_middle(ids: Sequence[int], max_length: int, max_new_tokens: int = 256) -> list[int]:
    """Token ids without their middle, if they are longer than a model's window less the answer.

    As the reference does it; the result is useless where the answer fills the window.
    """
    if len(ids) <= max_length:
        return list(ids)
    half = max_length // 2 - max_new_tokens // 2
    return [*ids[:half], *ids[-half:]]


def probability(
    base: BaseModel, question: Sequence[int], beginning: str, answer: str, adapter: Adapter | None = None
) -> float:
    """Probability of an answer as the next words.

    Args:
        question: token ids of the prompt.
        beginning: of the answer's sentence, without the blank after it.
    """
    import torch

    from parametric_memory.language_model.answer_logits import answer_logits
    from parametric_memory.language_model.hooks import adapter_hooks

    begun = base.chat.encode(beginning)
    said = base.chat.encode(f"{beginning} {answer}")[len(begun) :]
    with base.busy, torch.inference_mode(), adapter_hooks(base.model, [adapter]):
        logits = answer_logits(base.model, [[*question, *begun]], [said], base.chat.end)
    chosen = torch.tensor(said, device=logits.device)[:, None]
    return float(logits.log_softmax(-1).gather(1, chosen).sum().exp())
