"""The names and fingerprints of the models that a memory was made with: its adapters and vectors fit no others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from parametric_memory.errors import MemoryMismatch, as_typed
from parametric_memory.settings import JUDGE, TEXT, VECTORS, ModelSettings

if TYPE_CHECKING:
    from parametric_memory.internalize.deriving import Deriver


class MemoryIdentity(BaseModel):
    """The models that a memory was made with, and what it stores."""

    model_config = ConfigDict(frozen=True)

    base_model: str  # a name to open it with again
    base_fingerprint: str
    hypernetwork: str  # a folder or a hub id; without a slash, the name of one that comes with the base model
    hypernetwork_fingerprint: str
    embedder_fingerprint: str
    scorer: str  # fingerprint of the way documents are embedded, see `recall.scorer.Scorer`
    store: Literal["text", "rows"] = TEXT  # whether rows are stored or made again, see `settings.STORES`
    # how many earlier versions of an entry are stored when its text is replaced
    versions: Annotated[int, Field(ge=0)] = 0

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
    if made_with is None:
        return settings
    if settings.base_model is None:
        own = made_with.named_hypernetwork if settings.internalizer is None else None
        settings = replace(settings, base_model=made_with.base_model, hypernetwork=settings.hypernetwork or own)
    return settings


def identity_in(settings: Mapping[str, str]) -> MemoryIdentity | None:
    """What a memory was made with, as its settings say; None: it holds nothing yet."""
    own = {name: settings[name] for name in MemoryIdentity.model_fields if name in settings}
    return MemoryIdentity.model_validate(own) if own else None


def as_settings(identity: MemoryIdentity) -> dict[str, str]:
    """The settings of a memory that was made with this."""
    return {name: str(value) for name, value in identity.model_dump().items()}
