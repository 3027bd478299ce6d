"""A learned judge: how probable is it that a sentence, of a document about something, answers a question?

Its marker says which words of the sentence answer: of several values in one sentence a question asks for one. Rows of
the marked words are attached stronger than those of the others, so that the model says this one. Both are networks on
the embedder's weights. Knows nothing about indexes, entries and adapters.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from parametric_memory.adapters.checkpoints import read_tensors
from parametric_memory.batches import batched
from parametric_memory.documents.sentences import InContext
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.internalize.selection import Models
from parametric_memory.recall.cross_encoder import CrossEncoder, PackedEncoder, encode_pairs
from parametric_memory.recall.judge_config import (
    MARKER_FILE,
    WEIGHTS_FILE,
    JudgeConfig,
    judge_folder,
    read_judge_config,
    write_judge_config,
)
from parametric_memory.recall.scorer import Marks

_loaded: WeakKeyDictionary[Models, Judge] = WeakKeyDictionary()
_loading = threading.Lock()
_TOKENS_AT_ONCE = 1024  # in one forward pass
_SENTENCE_TOKENS = 128  # that a marker reads


class JudgeNetwork(CrossEncoder):
    """Its logits: that the sentence answers the question, and that it supports the answer given."""


class Judge:
    """A judge in use: texts in, probabilities and marks out.

    Attributes:
        marker: of the answer in a sentence; None: the judge has none.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        network: JudgeNetwork,
        config: JudgeConfig,
        marker: MarkerNetwork | None = None,
    ):
        self.tokenizer, self.config = tokenizer, config
        self._network, self.marker = PackedEncoder(network), None if marker is None else PackedEncoder(marker)

    def logits(self, question: str, sentences: Sequence[InContext]) -> list[float]:
        """How well each sentence answers the question, `[sentence]`."""
        return [answers for answers, _ in self._logits(question, sentences, None)]

    def support(self, question: str, answer: str, sentences: Sequence[InContext]) -> list[float]:
        """How well each sentence supports an answer that was given, `[sentence]`."""
        return [supports for _, supports in self._logits(question, sentences, answer)]

    def _logits(self, question: str, sentences: Sequence[InContext], answer: str | None) -> list[list[float]]:
        pairs = encode_pairs(self.tokenizer, self.config, [(question, s, answer) for s in sentences])
        logits: list[list[float]] = []
        for batch in batched(pairs, lambda some: sum(map(len, some)) <= _TOKENS_AT_ONCE):
            logits += self._network(batch).tolist()
        return logits

    def mark(self, question: str, sentences: Sequence[InContext]) -> Marks:
        """The marks of the words of sentences, and whether any of these answers.

        A query without a question mark, such as a name, counts as answered.
        """
        if self.marker is None:
            return Marks([() for _ in sentences])
        encoded = encode_sentences(self.tokenizer, [(question, sentence) for sentence in sentences])
        logits = self.marker([each.ids for each in encoded]).split([len(each.ids) for each in encoded])
        read = [each.log_probabilities(of_one) for each, of_one in zip(encoded, logits, strict=True)]
        marks = [
            of_words(sentence.sentence, each, in_answer(start, end).tolist())
            for sentence, each, (start, end) in zip(sentences, encoded, read, strict=True)
        ]
        answered = "?" not in question or max(log_odds(*of_one) for of_one in read) >= self.config.least_marked
        return Marks(marks, answered)


def save_judge(network: JudgeNetwork, config: JudgeConfig, folder: Path) -> None:
    """Write what a trained judge changes, in half precision. Raises StorageError."""
    network.save_changes(folder / WEIGHTS_FILE)
    write_judge_config(config, folder)


def judge_of(models: Models) -> Judge:
    """The judge of these models, loaded once; it shares the embedder's weights where that is the one it was trained on.

    Raises as `load_judge`, and ModelUnavailable: the embedder is not at hand.
    """
    with _loading:
        if models not in _loaded:
            folder, own = judge_folder(models), models.embeddings
            if not isinstance(own, MiniLMEmbeddings) or own.fingerprint != read_judge_config(folder).embedder:
                own = MiniLMEmbeddings(progress=models.progress)
            _loaded[models] = load_judge(folder, *own.loaded)
        return _loaded[models]


def load_judge(folder: Path, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> Judge:
    """A judge for the loaded embedder that it was trained on.

    Raises:
        CheckpointError: a file is missing or damaged, or does not fit the embedder.
        StorageError: the disk refuses.
    """
    network, config = read_judge(folder, model)
    return Judge(tokenizer, network, config, read_marker(folder, model, config))


def read_judge(folder: Path, model: PreTrainedModel) -> tuple[JudgeNetwork, JudgeConfig]:
    """A judge's network, which can be trained further. Raises as `load_judge`."""
    config = read_judge_config(folder)
    network = JudgeNetwork(model, config)
    network.set_changes(read_tensors(folder / WEIGHTS_FILE), folder)
    return network, config


# The marker


class MarkerNetwork(CrossEncoder):
    """Its logits: that the answer begins at a token, and that it ends there; at the first token: there is none."""

    every_token = True


@dataclass(frozen=True)
class EncodedSentence:
    """A question and a sentence in its context, as token ids."""

    ids: Sequence[int]
    first: int  # the place of the sentence's first token
    offsets: Sequence[tuple[int, int]]  # of the sentence's tokens, where each begins and ends in it, in characters

    def log_probabilities(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """That there is no answer, or that it begins or ends at a token of the sentence, `[1 + token]` each.

        logits: of all tokens, `[token, 2]`.
        """
        of_sentence = logits[self.first : self.first + len(self.offsets)]
        start, end = torch.cat([logits[:1], of_sentence]).float().log_softmax(0).unbind(1)
        return start, end

    def tokens_of(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """The first and last token of each span of characters; those that were not read are left out."""
        found = []
        for start, end in spans:
            inside = [n for n, (a, b) in enumerate(self.offsets) if a < end and b > start]
            if inside and self.offsets[inside[-1]][1] >= end:
                found.append((inside[0], inside[-1]))
        return found


def encode_sentences(
    tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, InContext]]
) -> list[EncodedSentence]:
    """Encodes pairs of a question and a sentence as for a judge."""
    without = [(asked, replace(sentence, sentence=""), None) for asked, sentence in pairs]
    texts = [sentence.sentence for _, sentence in pairs]
    read = tokenizer(texts, add_special_tokens=False, verbose=False, return_offsets_mapping=True)
    return [
        EncodedSentence(
            [*before[:-1], *ids[:_SENTENCE_TOKENS], before[-1]], len(before) - 1, offsets[:_SENTENCE_TOKENS]
        )
        for before, ids, offsets in zip(
            encode_pairs(tokenizer, JudgeConfig(), without), read["input_ids"], read["offset_mapping"], strict=True
        )
    ]


def in_answer(start: Tensor, end: Tensor) -> Tensor:
    """The probability of each token of being in the answer, `[token]`.

    start, end: log-probabilities of no answer and of the sentence's tokens, `[1 + token]`.
    """
    begun, over = start[1:].exp().cumsum(0), end[1:].exp()
    return begun * over.flip(0).cumsum(0).flip(0)


def read_marker(folder: Path, model: PreTrainedModel, config: JudgeConfig) -> MarkerNetwork | None:
    """The marker of a judge's folder; None: it has none. Raises CheckpointError: it is damaged, or another judge's."""
    if not (folder / MARKER_FILE).exists():
        return None
    network = MarkerNetwork(model, config)
    network.set_changes(read_tensors(folder / MARKER_FILE), folder / MARKER_FILE)
    return network


def log_odds(start: Tensor, end: Tensor) -> float:
    """Of the most probable span against no answer; see `in_answer`."""
    return (start[1:].max() + end[1:].max() - start[0] - end[0]).item()


def of_words(sentence: str, encoded: EncodedSentence, marked: Sequence[float]) -> list[float]:
    """The probability of each word of being in the answer: that of its most probable token; 0 if it was not read.

    marked: of tokens, see `in_answer`.
    """
    found, at = [], 0
    for word in sentence.split():
        at = sentence.index(word, at)
        end = at + len(word)
        of_tokens = zip(marked, encoded.offsets, strict=True)
        found.append(round(max((share for share, (a, b) in of_tokens if a < end and b > at), default=0.0), 6))
        at = end
    return found
