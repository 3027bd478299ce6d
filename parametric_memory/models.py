"""Which base model, hypernetwork and embedder a memory uses, loaded when they are first needed.

The embedded ones are the default; a name, a folder or a loaded object takes their place. Knows nothing about entries.
"""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.language_model.base_model import BaseModel

logger = logging.getLogger(__name__)

EMBEDDED_BASE_MODEL = "SmolLM2-135M-Instruct"
UNTRAINED = "untrained key-value rows"


class Models:
    """Holds what the caller chose and loads it once. Threads may share one."""

    def __init__(
        self,
        base_model: str | Path | BaseModel | None = None,
        hypernetwork: str | Path | None = None,
        internalizer: Internalizer | None = None,
        embeddings: Embeddings | None = None,
        rank: int | None = None,
        progress: bool = True,
        trust_remote_code: bool = False,
    ):
        self._base_model, self._hypernetwork, self._internalizer = base_model, hypernetwork, internalizer
        self._embeddings, self.rank, self.progress = embeddings, rank, progress
        self._trust_remote_code = trust_remote_code
        self._loading = threading.RLock()

    @property
    def base(self) -> BaseModel:
        with self._loading:
            return self._loaded_base

    @property
    def internalizer(self) -> Internalizer:
        with self._loading:
            return self._loaded_internalizer

    @property
    def embeddings(self) -> Embeddings:
        with self._loading:
            return self._loaded_embeddings

    @property
    def hypernetwork_name(self) -> str:
        if self._internalizer is not None:
            return type(self._internalizer).__name__
        folder = self.hypernetwork_folder
        return str(self._hypernetwork or (folder.name if folder else UNTRAINED))

    @property
    def hypernetwork_folder(self) -> Path | None:
        """The folder that was named, or the shipped one that was trained for this base model; None: there is none."""
        if self._hypernetwork is not None:
            return Path(self._hypernetwork)
        return shipped_hypernetwork(self.base.fingerprint)

    @property
    def calibration(self) -> dict[str, Any]:
        """Thresholds of recall that were measured with the hypernetwork; empty where none were."""
        from parametric_memory.internalize.checkpoint import read_record

        folder = None if self._internalizer is not None else self.hypernetwork_folder
        return dict(read_record(folder).calibration) if folder else {}

    def question(self, text: str) -> list[int]:
        """Ids of a question that is answered under an adapter: as its hypernetwork was trained to be asked."""
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        internalizer = self.internalizer
        if isinstance(internalizer, HypernetworkInternalizer):
            return internalizer.question(text)
        return self.base.chat.question(text)

    @cached_property
    def _loaded_base(self) -> BaseModel:
        from parametric_memory.language_model.base_model import BaseModel
        from parametric_memory.language_model.carriers import fetch_base_model

        if isinstance(self._base_model, BaseModel):
            return self._base_model
        if self._base_model is None:
            base = BaseModel.load(fetch_base_model(self.progress))
            base.name = EMBEDDED_BASE_MODEL
            return base
        return BaseModel.load(self._base_model, trust_remote_code=self._trust_remote_code)

    @cached_property
    def _loaded_internalizer(self) -> Internalizer:
        if self._internalizer is not None:
            return self._internalizer
        from parametric_memory.internalize.checkpoint import load_hypernetwork
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer
        from parametric_memory.internalize.untrained import untrained_hypernetwork

        base, folder = self.base, self.hypernetwork_folder
        if folder is None:
            logger.warning(
                "There is no trained hypernetwork for %s: its memory uses untrained rows, which remember less. Train "
                "one with `parametric-memory train d2l --base-model %s`.",
                base.name,
                base.name,
            )
            untrained = untrained_hypernetwork(base.model, base.chat, shared_rank=0, shared_layers=())
            return HypernetworkInternalizer(base, untrained, f"untrained:{base.fingerprint}", self.rank)
        hypernetwork, record = load_hypernetwork(folder, base.model)
        if record.base_fingerprint not in ("", base.fingerprint):
            raise CheckpointError(
                f"The hypernetwork in {folder} was trained for {record.base_model} ({record.base_fingerprint}), "
                f"not for {base.name} ({base.fingerprint}): name that base model, or train one for this."
            )
        hypernetwork = hypernetwork.to(base.model.device)
        return HypernetworkInternalizer(base, hypernetwork, record.fingerprint, self.rank or hypernetwork.default_rank)

    @cached_property
    def _loaded_embeddings(self) -> Embeddings:
        if self._embeddings is not None:
            return self._embeddings
        from parametric_memory.index.embedding import MiniLMEmbeddings

        return MiniLMEmbeddings(progress=self.progress)


def shipped_hypernetwork(base_fingerprint: str) -> Path | None:
    """The folder of the hypernetwork in this package that was trained for a base model."""
    from parametric_memory.internalize.checkpoint import read_record

    root = Path(str(files("parametric_memory"))) / "weights"
    for config in sorted(root.glob("*/config.json")):
        if read_record(config.parent).base_fingerprint == base_fingerprint:
            return config.parent
    return None
