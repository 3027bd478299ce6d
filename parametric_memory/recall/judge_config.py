"""The configuration of a judge: the sizes of its network, the calibration of its logits, and its files.

Knows nothing about torch.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import ConfigDict

from parametric_memory.adapters.checkpoints import validated
from parametric_memory.errors import CheckpointError
from parametric_memory.files import read_object, replace_durably, storage_errors
from parametric_memory.internalize.selection import Models

CONFIG_FILE, WEIGHTS_FILE, MARKER_FILE = "config.json", "model.safetensors", "marker.safetensors"
SHIPPED_JUDGE = Path(str(files("parametric_memory"))) / "weights" / "judges" / "all-minilm-l6-v2"
_LEAST_PROBABILITY, _SATURATED = 1e-6, 60.0


@dataclass(frozen=True)
class JudgeConfig:
    """The sizes of a judge's input and network, and the calibration of its logits."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    embedder: str = ""  # fingerprint of the embedder whose weights it changes
    rank: int = 64  # of the changes
    question_tokens: int = 48  # how much of the question and of each of the next four is read
    opening_tokens: int = 24
    before_tokens: int = 24  # the end of the sentence before
    sentence_tokens: int = 72
    answer_tokens: int = 40
    slope: float = 1.0  # this and the next two: of `probability`, calibrated on the best sentences of a memory
    offset: float = 0.0
    similarity_weight: float = 0.0
    threshold: float = 0.5  # probability below which nothing is attached
    nameless_slope: float = 1.0  # the odds of a sentence among those of its document: exp(this * `score_within`)
    nameless_weight: float = 0.0  # of `score_within`; 0: a document's sentences are told apart as those of all are
    same_probable: float = 0.0  # this and the next four: of `says_the_same`
    same_least: float = 0.0
    same_apart: float = 0.0
    same_alike: float = 0.0
    same_offset: float = -5.0
    support_slope: float = 1.0  # this and the next two: of `confidence`
    token_slope: float = 0.0
    confidence_offset: float = 0.0
    least_marked: float = -100.0  # log odds that the best sentence holds an answer, below which nothing is attached

    def probability(self, logit: float, similarity: float) -> float:
        """The probability that a sentence answers. similarity: cosine, of its vector and the question's."""
        return logistic(self.slope * (logit + self.similarity_weight * similarity) + self.offset)

    def score_within(self, logit: float, similarity: float) -> float:
        """How well a sentence answers among those of its document.

        similarity: cosine, of its vector and the question's without its names.
        """
        return logit + self.nameless_weight * similarity

    def says_the_same(self, ratio: float, score: float, other: float, similarity: float) -> float:
        """The probability that sentences of two documents state the same attribute, with equal or different values.

        Args:
            ratio: of the lower to the higher probability that they answer.
            score, other: their `score_within`.
            similarity: cosine, of their vectors.
        """
        answer = self.same_probable * ratio + self.same_least * min(score, other)
        answer += self.same_apart * abs(score - other)
        return logistic(answer + self.same_alike * similarity + self.same_offset)

    def confidence(self, support: float, least_probable: float) -> float:
        """The probability that an answer is right.

        support: the logit that a sentence supports it. least_probable: the probability of its least probable token.
        """
        tokens = self.token_slope * math.log(max(least_probable, _LEAST_PROBABILITY))
        return logistic(self.support_slope * support + tokens + self.confidence_offset)


def logistic(x: float) -> float:
    """The probability of these log odds."""
    return 1 / (1 + math.exp(-max(-_SATURATED, min(_SATURATED, x))))


def judge_folder(models: Models) -> Path:
    """The folder of the judge that was named, or of the shipped one."""
    return SHIPPED_JUDGE if models.settings.judge is None else Path(models.settings.judge)


def judge_fingerprint(folder: Path) -> str:
    """The first 16 hexadecimal digits of a digest of a judge's weights and settings. Raises CheckpointError."""
    digest = hashlib.sha256()
    marker = [MARKER_FILE] if (folder / MARKER_FILE).exists() else []
    for name in (WEIGHTS_FILE, CONFIG_FILE, *marker):
        try:
            digest.update((folder / name).read_bytes())
        except OSError as error:
            raise CheckpointError(f"{folder} holds no judge: {name} cannot be read.") from error
    return digest.hexdigest()[:16]


def read_judge_config(folder: Path) -> JudgeConfig:
    """Raises CheckpointError: the folder holds no judge, or one of a later release."""
    path = folder / CONFIG_FILE
    return validated(JudgeConfig, read_object(path), path)


def write_judge_config(config: JudgeConfig, folder: Path) -> None:
    """Raises StorageError."""
    with storage_errors(f"write {folder}"):
        replace_durably(folder / CONFIG_FILE, (json.dumps(asdict(config), indent=1) + "\n").encode())
