"""Settings of models and of recall, and the folders of this machine. Creates no folder."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs

from parametric_memory.errors import SettingsError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.internalize.vision import Vision
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.recall.scorer import Scorer

NEVER: Literal["never"] = "never"  # a time to live without an end
JUDGE, VECTORS = "judge", "vectors"  # scorers by name
# What a memory stores of a document that is internalized sentence by sentence: its text alone, or its rows too.
TEXT: Literal["text"] = "text"
ROWS: Literal["rows"] = "rows"
STORES = (TEXT, ROWS)
HOME_VARIABLE = "PARAMETRIC_MEMORY_HOME"


def own_version() -> str:
    """The version of the installed distribution; of a checkout that is not installed it is unknown."""
    try:
        return version("parametric-memory")
    except PackageNotFoundError:
        return "unknown (not installed)"


def home() -> Path:
    """The home folder: `$PARAMETRIC_MEMORY_HOME`, or the platform's folder for user data.

    Raises SettingsError: the variable names something that is not a folder.
    """
    value = os.environ.get(HOME_VARIABLE)
    if not value:
        return platformdirs.user_data_path("parametric-memory", appauthor=False)
    folder = Path(value).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{HOME_VARIABLE} is {folder}, which is not a folder: name a folder, or unset it.")
    return folder


def models_folder() -> Path:
    """The folder of converted base models and the embedder: `<home>/models`."""
    return home() / "models"


def default_memory_folder() -> Path:
    """The memory that is used if none is named: `<home>/memory`."""
    return home() / "memory"


@dataclass(frozen=True)
class ModelSettings:
    """The models that make adapters and vectors. None: as the memory was made, else the embedded models.

    Attributes:
        base_model: a transformers folder, a hub id, or a loaded `BaseModel`.
        hypernetwork: a hypernetwork folder or a hub id; the one shipped for the base model when not given, and
            untrained rows if there is none.
        internalizer: makes adapters in place of a hypernetwork.
        embeddings: any LangChain embeddings; all-MiniLM-L6-v2 when not given.
        judge: the folder of a judge, see `train judge`; the shipped one when not given.
        summarizer: text -> the summary that the index embeds; the central sentences when not given.
        max_rank: the largest rank of a new entry's adapter: the strongest of rows that stand for words are kept, in
            either store; others are compressed by SVD.
        trust_remote_code: let the repository of a base model, or of the model that embeds descriptions of skills, run
            its own code.
        vision: reads pictures for a hypernetwork of Doc-to-LoRA: a vision-language model, by its folder or hub id; or
            any `Vision`. The model that the hypernetwork was trained with when not given.

    Raises SettingsError: a number is too small.
    """

    base_model: str | Path | BaseModel | None = None
    hypernetwork: str | Path | None = None
    internalizer: Internalizer | None = None
    embeddings: Embeddings | None = None
    judge: str | Path | None = None
    summarizer: Callable[[str], str] | None = None
    max_rank: int | None = None
    trust_remote_code: bool = False
    vision: str | Path | Vision | None = None

    def __post_init__(self) -> None:
        _check_at_least_1(max_rank=self.max_rank)


@dataclass(frozen=True)
class RecallSettings:
    """What a question attaches. None: as the hypernetwork was calibrated, see `Calibration`.

    Attributes:
        max_adapters: most entries that an answer attaches.
        max_passages: most sentences that an answer attaches, of all its entries together: the best ones.
        strength: a factor on the update of recalled rows at a score of 1, less below, and none if their text is in the
            prompt too. The larger it is, the surer the base model must be to say something else.
        threshold: the score, see `Recall`, below which nothing is attached.
        max_rank: the largest rank that an answer attaches; larger merges are compressed by SVD. None: any.
        scorer: scores what the index finds: "judge" (a learned one, for English), "vectors" (their similarity), or any
            `Scorer`. As the memory was made when not given; a new one takes the judge with the embedder it was trained
            on, and vectors with any other.
        without: rules about answers to turn off, to measure their effect.
        hybrid: also put what is attached into the prompt, as text, unless a call says otherwise. Answers about real
            documents are right more often, and the prompt is longer by the recalled sentences: see
            `Answer.prompt_tokens`. It is not recorded in the memory.

    Raises SettingsError: a number is too small, or none; or there is no scorer of that name.
    """

    max_adapters: int | None = None
    max_passages: int | None = None
    strength: float | None = None
    threshold: float | None = None
    max_rank: int | None = None
    scorer: Scorer | str | None = None
    without: Sequence[str] = ()
    hybrid: bool = False

    def __post_init__(self) -> None:
        _check_at_least_1(max_adapters=self.max_adapters, max_passages=self.max_passages, max_rank=self.max_rank)
        if isinstance(self.scorer, str) and self.scorer not in (JUDGE, VECTORS):
            raise SettingsError(f"There is no scorer {self.scorer!r}: name {JUDGE} or {VECTORS}, or give an object.")
        if isinstance(self.without, str):
            raise SettingsError(f"without takes the names of several rules: give ({self.without!r},).")
        if self.threshold is not None and math.isnan(self.threshold):
            raise SettingsError(f"threshold must be a number, not {self.threshold}.")
        if self.strength is not None and not 0 < self.strength < math.inf:
            raise SettingsError(f"strength must be a finite number above 0, not {self.strength}: 1 is as trained.")


def _check_at_least_1(**settings: int | None) -> None:
    for setting, value in settings.items():
        if value is not None and value < 1:
            raise SettingsError(f"{setting} must be at least 1, not {value}.")
