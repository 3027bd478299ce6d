"""A task description becomes an adapter: a Text-to-LoRA hypernetwork together with what embeds its descriptions.

Knows nothing about memories: an adapter can be attached to the base model, or its folder added to a memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.documents.words import may_be_english
from parametric_memory.errors import DocumentError, ModelUnavailable, SettingsError
from parametric_memory.fetching.embedded import EMBEDDER, fetch_embedder
from parametric_memory.files import shown
from parametric_memory.hypernetworks.text_to_lora.features import embed_descriptions
from parametric_memory.hypernetworks.text_to_lora.folder import load_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from parametric_memory.language_model.base_model import BaseModel


class SkillMaker:
    """Makes adapters of one base model out of task descriptions, one forward pass each."""

    def __init__(
        self,
        network: TextToLora,
        embedding_model: PreTrainedModel | None = None,
        tokenizer: PreTrainedTokenizerBase | None = None,
    ) -> None:
        """
        Args:
            embedding_model, tokenizer: what embeds descriptions; not needed by a network whose tasks are numbers.
        """
        self.network, self._embedding_model, self._tokenizer = network, embedding_model, tokenizer

    @classmethod
    def load(cls, folder: str | Path, base: BaseModel | None = None, *, trust_remote_code: bool = False) -> SkillMaker:
        """Reads a folder that `parametric-memory convert` wrote, and loads the model that embeds its descriptions.

        Args:
            base: the base model; only networks need it that embed descriptions with the base model.
            trust_remote_code: let the embedding model's repository run its own code, as gte-large-en-v1.5 asks.

        Raises:
            CheckpointError: the folder is damaged or holds something else.
            ModelUnavailable: the embedding model cannot be loaded.
            SettingsError: the base model is needed.
        """
        network = load_text_to_lora(Path(folder))
        config = network.config
        if config.tasks:
            return cls(network)
        if config.embedding_model is not None:
            return cls(network, *load_embedding_model(config.embedding_model, trust_remote_code))
        if base is None:
            raise SettingsError(
                f"The hypernetwork in {folder} embeds descriptions with its base model: give base, {config.base_model}."
            )
        return cls(network.to(base.model.device), base.model, base.tokenizer)

    def adapter(self, description: str) -> Adapter:
        """The adapter for a task.

        Args:
            description: what the task is, in a sentence or a few; its name, where tasks are numbers.

        Raises:
            DocumentError: the description is empty, holds no word, is too long, or is in a language that is not read;
                or no task has this name.
            AdapterError: embeddings are of another size than this network's.
        """
        return self.network.adapter(self._embedded(description))

    def save(self, description: str, folder: str | Path) -> Path:
        """Writes the adapter for a task as a PEFT folder, which `Adapters.add` takes, and returns it.

        Raises:
            StorageError: the disk refuses. Else as `adapter`.
        """
        folder = Path(folder)
        save_peft(self.adapter(description), folder, self.network.config.base_model, {"description": description})
        return folder

    def _embedded(self, description: str) -> Tensor:
        """`[embedding_size]`"""
        import torch

        config, device = self.network.config, next(self.network.parameters()).device
        if config.tasks:
            if description not in config.tasks:
                raise DocumentError(f"No task is named {description!r}: the tasks are {', '.join(config.tasks)}.")
            return torch.eye(config.embedding_size, device=device)[config.tasks.index(description)]
        assert self._embedding_model is not None and self._tokenizer is not None
        if description.strip() and not any(c.isalnum() for c in description):
            raise DocumentError(f"The description holds no word, only {shown(description)}: say what the task is.")
        if _reads_english_alone(config.embedding_model) and not may_be_english(
            description, self._tokenizer.get_vocab().keys()
        ):
            raise DocumentError(
                f"The description is not in English, and {config.embedding_model} reads nothing else: translate it."
            )
        embedded = embed_descriptions(
            [description], self._embedding_model, self._tokenizer, config.embedding_model, config.pooling
        )
        return embedded[0].to(device)


def _reads_english_alone(embedding_model: str | None) -> bool:
    name = (embedding_model or "").lower()
    return "minilm" in name and "multilingual" not in name


def load_embedding_model(name: str, trust_remote_code: bool = False) -> tuple[Any, Any]:
    """A model that embeds descriptions, in float32, and its tokenizer. Raises ModelUnavailable: it cannot be loaded."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from parametric_memory.fetching.hub import quiet_transformers

    place = fetch_embedder(progress=False) if name == EMBEDDER.title else name
    try:
        with quiet_transformers():
            model = AutoModel.from_pretrained(place, trust_remote_code=trust_remote_code, dtype=torch.float32)
        if trust_remote_code:
            _make_up_for_new_releases(model)
        return model.eval(), AutoTokenizer.from_pretrained(place, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelUnavailable(
            f"The embedding model {name} cannot be loaded ({reason}): download it, or pass trust_remote_code=True "
            "(--trust-remote-code) if it needs code of its own and you trust it."
        ) from error


def _make_up_for_new_releases(model: Any) -> None:
    """Two things that code of transformers 4 relies on, such as that of gte-large-en-v1.5, and that release 5 dropped.

    Buffers that the code fills when it is built, and no file holds, come out of loading with anything in them. And a
    model no longer brings the mask that its attention adds to the scores.
    """
    from transformers import AutoModel

    saved, own = model.state_dict().keys(), dict(model.named_buffers())
    if own.keys() - saved:
        for name, buffer in AutoModel.from_config(model.config, trust_remote_code=True).named_buffers():
            if name in own and name not in saved:
                own[name].copy_(buffer)
    if not hasattr(model, "get_extended_attention_mask"):
        type(model).get_extended_attention_mask = _added_to_scores


def _added_to_scores(model: Any, mask: Tensor, *_: Any, **__: Any) -> Tensor:
    """Ones and zeros `[batch, position]`, or `[batch, query, position]` -> 0 for a one, the least number for a zero."""
    import torch

    spread = mask[:, None, None, :] if mask.ndim == 2 else mask[:, None]
    return (1.0 - spread.to(model.dtype)) * torch.finfo(model.dtype).min
