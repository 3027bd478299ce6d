"""The base model, hypernetwork and embedder of a memory, loaded when they are first needed; and its identity.

The embedded ones are the default; the caller may name others or give loaded objects. The adapters and vectors of a
memory fit no other models than those that it was made with, its identity. Knows nothing about entries.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pydantic

from parametric_memory.errors import CheckpointError, MemoryMismatch, ModelUnavailable, SettingsError, as_typed
from parametric_memory.fetching.embedded import BASE_MODEL, fetch
from parametric_memory.hypernetworks.record import check_made_for, is_measured_with, read_config, read_record
from parametric_memory.internalize.conversion import hypernetwork_folder
from parametric_memory.language_model.chat import QuestionForm
from parametric_memory.settings import JUDGE, TEXT, VECTORS, ModelSettings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
    from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
    from parametric_memory.hypernetworks.record import HypernetworkRecord
    from parametric_memory.internalize.deriving import Deriver
    from parametric_memory.internalize.internalizer import HypernetworkInternalizer, Internalizer, SentenceReader
    from parametric_memory.internalize.vision import Vision
    from parametric_memory.language_model.base_model import BaseModel

logger = logging.getLogger(__name__)

EMBEDDED_BASE_MODEL = "SmolLM2-135M-Instruct"
UNTRAINED = "untrained key-value rows"

Named = TypeVar("Named")
_T = TypeVar("_T")


class _once(cached_property[_T]):
    """A cached property of `Models` that one thread computes while others wait."""

    def __get__(self, models: Any, owner: type[Any] | None = None) -> _T:  # type: ignore[override]
        with nullcontext() if models is None else models._loading:
            return super().__get__(models, owner)


class Models:
    """Loads what the caller chose, once. Threads may share one."""

    def __init__(self, settings: ModelSettings = ModelSettings(), *, progress: bool = True):  # noqa: B008 -- frozen
        """progress: report on stderr when a model is fetched."""
        self.settings, self.progress = settings, progress
        self._base_model, self._hypernetwork = _located(settings.base_model), _located(settings.hypernetwork)
        self._internalizer = settings.internalizer
        self._loading = threading.RLock()
        self._warned = False  # of untrained rows

    @property
    def internalizer_fingerprint(self) -> str:
        """The internalizer's fingerprint, without loading a hypernetwork.

        Raises CheckpointError: the hypernetwork was made for another base model.
        """
        if self._internalizer is not None:
            return self.internalizer.fingerprint
        record = self._record
        return f"untrained:{self.base.fingerprint}" if record is None else record.fingerprint

    @property
    def max_rank(self) -> int | None:
        """The largest rank of a new document's adapter; None: any."""
        own = self._own_hypernetwork
        return self.settings.max_rank if own is None else own.max_rank

    @property
    def reads_pictures(self) -> bool:
        """Whether a model that reads pictures is named, or the hypernetwork was made to read with one, which is loaded.

        Raises CheckpointError, ModelUnavailable as `vision`.
        """
        from parametric_memory.internalize.vision import sees

        if self.settings.vision is not None:
            return True
        perceiver = self._perceiver
        return perceiver is not None and perceiver.reader is not None and sees(perceiver.reader)

    @_once
    def embedder_fingerprint(self) -> str:
        """See `fingerprint_of`."""
        from parametric_memory.internalize.embedding import fingerprint_of

        return fingerprint_of(self.embeddings)

    @property
    def hypernetwork_name(self) -> str:
        """The name of the hypernetwork or internalizer in a memory's record."""
        if self._internalizer is not None:
            return type(self._internalizer).__name__
        folder = self.hypernetwork_folder
        return str(self._hypernetwork or (folder.name if folder else UNTRAINED))

    @property
    def measured(self) -> bool:
        """False if the hypernetwork was trained and measured with other weights of the base model.

        Raises CheckpointError: the hypernetwork was made for another base model.
        """
        record = self._record
        return record is None or is_measured_with(record, self.base)

    @property
    def calibration(self) -> tuple[Mapping[str, Any], Path | None]:
        """The hypernetwork's settings for recall and the search of answers, and its folder; empty if there are none."""
        try:
            return self._read_calibration
        except ModelUnavailable:  # entries can be changed without the base model; its other users raise
            return {}, None

    @property
    def question(self) -> QuestionForm:
        """The form of a question that the hypernetwork was trained with."""
        from parametric_memory.hypernetworks.checkpoint import question_form

        if (own := self._own_hypernetwork) is not None:
            return own.hypernetwork.question_form(self.base.chat)
        record, chat = self._record, self.base.chat
        return QuestionForm(chat.question) if record is None else question_form(record, chat)

    @property
    def _own_hypernetwork(self) -> HypernetworkInternalizer | None:
        """The caller's internalizer, if it is a hypernetwork's."""
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        return self._internalizer if isinstance(self._internalizer, HypernetworkInternalizer) else None

    @property
    def takes_embedded_base(self) -> bool:
        return self._base_model is None or self._base_model == EMBEDDED_BASE_MODEL

    @_once
    def hypernetwork_folder(self) -> Path | None:
        """The folder that was named, or the shipped one for this base model, or for other weights of it, see
        `measured`; None: there is none."""
        if self._hypernetwork is not None:
            return hypernetwork_folder(self._hypernetwork)
        measured = shipped_hypernetwork(base_fingerprint=self.base.fingerprint)
        return measured or shipped_hypernetwork(base_signature=self.base.signature)

    @_once
    def _record(self) -> HypernetworkRecord | None:
        """The record in the hypernetwork's folder; None if there is none, or an internalizer of the caller's own."""
        if self._internalizer is not None:
            return None
        base, folder = self.base, self.hypernetwork_folder
        if folder is None:
            return None
        record = read_record(folder)
        check_made_for(record, base, folder)
        if not is_measured_with(record, base):
            logger.warning(
                "The hypernetwork in %s was trained and measured with %s (%s). %s (%s) is the same model with other "
                "weights: how well it remembers with them was not measured.",
                folder,
                described(record.base_model),
                record.base_fingerprint,
                base.title,
                base.fingerprint,
            )
        return record

    @_once
    def _read_calibration(self) -> tuple[Mapping[str, Any], Path | None]:  # once: reading a record takes time
        folder: Path | None = None
        if self._internalizer is None and self._hypernetwork is None and self.takes_embedded_base:
            folder = shipped_hypernetwork(base_model=EMBEDDED_BASE_MODEL)  # without loading the model
        elif self._internalizer is None:
            folder = self.hypernetwork_folder
        return ({}, None) if folder is None else (read_record(folder).calibration, folder)

    @_once
    def base(self) -> BaseModel:
        from parametric_memory.language_model.base_model import BaseModel

        if isinstance(self._base_model, BaseModel):
            return self._base_model
        if self.takes_embedded_base:
            base = BaseModel.load(fetch(BASE_MODEL, self.progress))
            base.name, base.title = EMBEDDED_BASE_MODEL, described(EMBEDDED_BASE_MODEL)
            return base
        assert self._base_model is not None
        return BaseModel.load(self._base_model, trust_remote_code=self.settings.trust_remote_code)

    @property
    def internalizer(self) -> Internalizer:
        return self._internalizer or self._loaded

    @_once
    def _loaded(self) -> HypernetworkInternalizer:
        """The internalizer of the hypernetwork in the folder, or of untrained rows."""
        from parametric_memory.hypernetworks.checkpoint import load_hypernetwork
        from parametric_memory.hypernetworks.key_value.untrained import untrained_hypernetwork
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        base, record, folder = self.base, self._record, self.hypernetwork_folder
        hypernetwork: Hypernetwork
        if record is None or folder is None:
            self._warn_of_untrained_rows()
            with base.busy:
                hypernetwork = untrained_hypernetwork(base.model, base.chat, shared_rank=0, reader_rank=0)
        else:
            loaded, read = load_hypernetwork(folder, base.model)
            if read.fingerprint != record.fingerprint:
                raise CheckpointError(
                    f"The hypernetwork in {folder} was replaced while it was in use: open the memory anew."
                )
            hypernetwork = loaded.to(base.model.device)
        return HypernetworkInternalizer(
            base, hypernetwork, self.internalizer_fingerprint, max_rank=self.settings.max_rank
        )

    @_once
    def _perceiver(self) -> PerceiverHypernetwork | None:
        """The hypernetwork if it is a Perceiver, the kind that reads pictures. No other kind is loaded."""
        from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork

        made_by = self._own_hypernetwork
        if self._internalizer is None and self._hypernetwork is not None and (folder := self.hypernetwork_folder):
            made_by = self._loaded if read_config(folder)["kind"] == PerceiverHypernetwork.kind else None
        network = made_by.hypernetwork if made_by else None
        return network if isinstance(network, PerceiverHypernetwork) else None

    @_once
    def vision(self) -> Vision:
        """The model that reads documents with pictures.

        Raises ModelUnavailable: the vision-language model that is named cannot be loaded, or sees nothing;
        SettingsError: the hypernetwork reads texts only, or no such model is named and it was made with none.
        """
        from parametric_memory.internalize.vision import load_vision_language_model, sees, with_processor

        perceiver = self._perceiver
        own_name, own_reader = (perceiver.config.context_encoder.model, perceiver.reader) if perceiver else (None, None)
        chosen = own_name if self.settings.vision is None else self.settings.vision
        if chosen is None or (perceiver is None and self._internalizer is None):
            raise SettingsError(
                "The models of this memory read texts only: add a text that says what the picture shows, or make a "
                "memory with a Doc-to-LoRA hypernetwork and the vision-language model that it reads with "
                "(--hypernetwork, --vision)."
            )
        if not isinstance(chosen, str | Path):
            return chosen
        is_own = own_name is not None and _resolved(chosen) == _resolved(own_name)
        if is_own and own_reader is not None and sees(own_reader):  # it is in memory already
            return with_processor(own_reader, str(chosen))
        return load_vision_language_model(str(chosen))

    def _warn_of_untrained_rows(self) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(
                "There is no trained hypernetwork for %s: its memory uses untrained rows, which remember less. Train "
                "one with `parametric-memory train d2l --base-model %s`.",
                self.base.name,
                self.base.name,
            )

    @_once
    def sentences(self) -> SentenceReader | None:
        """Makes rows of single sentences; None if the internalizer cannot. Loads only the base model before it is used.

        Raises CheckpointError: the hypernetwork was made for another base model, or fits none.
        """
        from parametric_memory.hypernetworks.checkpoint import sentence_tokens
        from parametric_memory.hypernetworks.chunking import read_sentences
        from parametric_memory.hypernetworks.key_value.network import KeyValueConfig
        from parametric_memory.hypernetworks.key_value.untrained import check_gated
        from parametric_memory.internalize.internalizer import SentenceReader

        base, own = self.base, self._own_hypernetwork
        if own is not None and own.hypernetwork.reads_sentences:
            return SentenceReader(
                base, lambda text: own.hypernetwork.read(text, base.chat)[0], lambda: own.hypernetwork
            )
        if self._internalizer is not None:
            return None
        if self._record is None or self.hypernetwork_folder is None:
            check_gated(base.model)
            self._warn_of_untrained_rows()
            most: int | None = KeyValueConfig.chunk_tokens
        else:
            most = sentence_tokens(self.hypernetwork_folder)
        if most is None:
            return None
        return SentenceReader(
            base, partial(read_sentences, chat=base.chat, most=most), lambda: self._loaded.hypernetwork
        )

    @_once
    def embeddings(self) -> Embeddings:
        if self.settings.embeddings is not None:
            return self.settings.embeddings
        from parametric_memory.internalize.embedding import MiniLMEmbeddings

        return MiniLMEmbeddings(progress=self.progress)


def described(base_model: str) -> str:
    """The name of a base model in messages, which say what kind of copy the embedded one is."""
    return f"{base_model} ({BASE_MODEL.copy})" if base_model == EMBEDDED_BASE_MODEL else base_model


def _located(name: Named) -> Named | Path:
    """A folder as an absolute path, so that a memory's record does not depend on the working directory; other values as
    they are. The embedded model's name is never a folder."""
    if name == EMBEDDED_BASE_MODEL or not isinstance(name, str | Path) or not Path(name).is_dir():
        return name
    return Path(name).absolute()


def _resolved(name: str | Path) -> str:
    """A folder as its resolved path; a hub id as it is."""
    return str(Path(name).resolve() if Path(name).is_dir() else name)


def shipped_hypernetwork(**known: str) -> Path | None:
    """The folder of the hypernetwork in this package for a base model; None: there is none.

    known: its `base_model`, `base_fingerprint` or `base_signature`; with a signature, it may have other weights.
    """
    root = Path(str(files("parametric_memory"))) / "weights"
    folders = (config.parent for config in sorted(root.glob("*/config.json")))
    return next((f for f in folders if vars(read_record(f)).items() >= known.items()), None)


class MemoryIdentity(pydantic.BaseModel):
    """The models that a memory was made with, and what it stores."""

    model_config = pydantic.ConfigDict(frozen=True)

    base_model: str  # a name to open it with again
    base_fingerprint: str
    hypernetwork: str  # a folder or a hub id; without a slash, the name of one that comes with the base model
    hypernetwork_fingerprint: str
    embedder_fingerprint: str
    scorer: str  # fingerprint of the way documents are embedded, see `recall.scorer.Scorer`
    store: Literal["text", "rows"] = TEXT  # whether rows are stored or made again, see `settings.STORES`
    versions: pydantic.NonNegativeInt = 0  # how many earlier ones of an entry are stored when its text is replaced

    @classmethod
    def of(cls, deriver: Deriver, store: Literal["text", "rows"], versions: int) -> MemoryIdentity:
        """The identity of a memory that stores what the deriver makes."""
        models = deriver.models
        return cls(
            base_model=models.base.name,
            base_fingerprint=models.base.fingerprint,
            hypernetwork=models.hypernetwork_name,
            hypernetwork_fingerprint=models.internalizer_fingerprint,
            store=store,
            versions=versions,
            **deriver.of_vectors,
        )

    @property
    def named_hypernetwork(self) -> str | None:
        """The hypernetwork where it has to be named for the memory to be opened with it again."""
        return self.hypernetwork if re.search(r"[/\\]", self.hypernetwork) else None

    @property
    def options(self) -> list[str]:
        """The command line's options that open a memory with these models."""
        named = self.named_hypernetwork
        return ["--base-model", self.base_model, *(["--hypernetwork", named] if named else [])]


_COMPARED = {  # by the word for it, the field that must be the same and the one to show
    "base model": ("base_fingerprint", "base_model"),
    "hypernetwork": ("hypernetwork_fingerprint", "hypernetwork"),
    "embedder": ("embedder_fingerprint", "embedder_fingerprint"),
    "scorer": ("scorer", "scorer"),
    "store": ("store", "store"),
}


def check_same(made_with: MemoryIdentity, opened_with: MemoryIdentity, where: object, options: Sequence[str]) -> None:
    """Raises MemoryMismatch: names what differs and the command that upgrades the memory.

    where: the memory, which these command-line options name.
    """
    for what, (field, name) in _COMPARED.items():
        before, now = getattr(made_with, field), getattr(opened_with, field)
        if before == now:
            continue
        first, second = getattr(made_with, name), getattr(opened_with, name)
        if first == second:
            first, second = f"{first} ({before})", now
        told = f"The memory in {where} was made with the {what} {first}, not {second}: open it with that one, or"
        if what in ("embedder", "scorer"):
            command = ["reindex", *options]
        else:
            command = ["upgrade", *options, *opened_with.options]
        if what == "store":
            command += ["--store", now]
        if what == "scorer":
            kind_before, kind = before.partition(":")[0], now.partition(":")[0]
            if kind not in (JUDGE, VECTORS) or kind == kind_before:
                raise MemoryMismatch(f"{told} call `reindex` of the memory as it is open.")
            command += ["--scorer", kind]
        raise MemoryMismatch(f"{told} run `{as_typed('parametric-memory', *command)}`.")


def as_made(settings: ModelSettings, made_with: MemoryIdentity | None) -> ModelSettings:
    """The settings, with what a memory was made with where they name nothing."""
    if made_with is None or settings.base_model is not None:
        return settings
    own = made_with.named_hypernetwork if settings.internalizer is None else None
    return replace(settings, base_model=made_with.base_model, hypernetwork=settings.hypernetwork or own)


def identity_in(settings: Mapping[str, str]) -> MemoryIdentity | None:
    """What a memory was made with, as its settings say; None: it holds nothing yet."""
    own = {name: settings[name] for name in MemoryIdentity.model_fields if name in settings}
    return MemoryIdentity.model_validate(own) if own else None


def as_settings(identity: MemoryIdentity) -> dict[str, str]:
    """The settings of a memory that was made with this."""
    return {name: str(value) for name, value in identity.model_dump().items()}
