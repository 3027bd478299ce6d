"""A learned judge: how probable is it that a sentence, of a document about something, answers a question?

Knows nothing about indexes, entries and adapters.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from torch import Tensor

from parametric_memory.adapters.checkpoints import read_tensors
from parametric_memory.batches import batched
from parametric_memory.documents.sentences import InContext
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.recall.answer_marker import AnswerMarker, read_marker
from parametric_memory.recall.cross_encoder import CrossEncoder, PackedEncoder, encode_pairs
from parametric_memory.recall.judged import (
    WEIGHTS_FILE,
    JudgeConfig,
    judge_folder,
    read_judge_config,
    write_judge_config,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from parametric_memory.internalize.selection import Models

_loaded: WeakKeyDictionary[Models, Judge] = WeakKeyDictionary()
_loading = threading.Lock()
_TOKENS_AT_ONCE = 1024  # in one forward pass


class JudgeNetwork(CrossEncoder):
    """The head reads the first position."""

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits, `[pair, 2]`: that the sentence answers the question, and that it supports the answer given.

        Args:
            ids: token ids, `[pair, token]`.
            mask: of those that count, `[pair, token]`.
        """
        logits: Tensor = self.head(self.hidden(ids, mask)[:, 0])
        return logits


class Judge:
    """A judge in use: texts in, probabilities out.

    Attributes:
        marker: of the answer in a sentence; None: the judge has none.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        network: JudgeNetwork,
        config: JudgeConfig,
        marker: AnswerMarker | None = None,
    ):
        self.tokenizer, self.config, self.marker = tokenizer, config, marker
        self._network = PackedEncoder(network)

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
    of_marker = read_marker(folder, model, config)
    marker = None if of_marker is None else AnswerMarker(tokenizer, of_marker, config)
    return Judge(tokenizer, network, config, marker)


def read_judge(folder: Path, model: PreTrainedModel) -> tuple[JudgeNetwork, JudgeConfig]:
    """A judge's network, which can be trained further. Raises as `load_judge`."""
    config = read_judge_config(folder)
    network = JudgeNetwork(model, config)
    network.set_changes(read_tensors(folder / WEIGHTS_FILE), folder)
    return network, config
