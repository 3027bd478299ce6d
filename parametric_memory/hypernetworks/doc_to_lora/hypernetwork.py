"""The Perceiver hypernetwork of Doc-to-LoRA: chunks of token ids in, factors of each out.

Knows nothing about files, prompts or entries. The base model is passed in, never kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from parametric_memory.errors import DocumentError, ModelUnavailable, SettingsError
from parametric_memory.hypernetworks.chunking import ContextTemplate, split_evenly
from parametric_memory.hypernetworks.doc_to_lora.config import PerceiverConfig, target_names
from parametric_memory.hypernetworks.doc_to_lora.features import encode_context
from parametric_memory.hypernetworks.doc_to_lora.network import LayeredFactors, PerceiverNetwork
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, ChunkFactors, Hypernetwork
from parametric_memory.language_model.chat import QuestionForm

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.hypernetworks.hypernetwork import Seen
    from parametric_memory.language_model.chat import ChatFormat

_PADDING = 0  # any token will do: padding is masked everywhere


class PerceiverHypernetwork(Hypernetwork):
    """A Perceiver network together with the model that reads the context.

    Args:
        config: sizes and options; initial values are random, see `PerceiverNetwork`.
        context_model: reads the context in place of the base model (a cross encoder).
    """

    kind = "perceiver"

    def __init__(self, config: PerceiverConfig, context_model: PreTrainedModel | None = None) -> None:
        super().__init__()
        self.config = config
        self.network = PerceiverNetwork(config)
        self._context_model = (context_model,)  # in a tuple: not a submodule, its weights are not ours to save

    @property
    def reader(self) -> PreTrainedModel | None:
        """The model that reads the context in place of the base model (a cross encoder)."""
        return self._context_model[0]

    def read(self, text: str, chat: ChatFormat, even: bool = True) -> tuple[list[list[int]], Sequence[int]]:
        """Always the reference's even split of a document that already carries its reader's chat template.

        Raises:
            DocumentError: the text has no tokens.
            ModelUnavailable: the cross encoder's tokenizer cannot be loaded.
        """
        template, tokenizer = self.reading(chat)
        ids = template.ids(tokenizer, text)
        if not ids:
            raise DocumentError("The text has no tokens: there is nothing to remember.")
        return split_evenly(ids, self.config.chunk_tokens, template.prefix, template.suffix), ()

    def reading(self, chat: ChatFormat) -> tuple[ContextTemplate, PreTrainedTokenizerBase]:
        """The turns in which documents are read, and in whose tokens: the cross encoder's, where there is one.

        Raises:
            CheckpointError: the tokenizer does not write a published template as it was trained with.
            ModelUnavailable: the cross encoder's tokenizer cannot be loaded.
        """
        reader = self.config.context_encoder.model
        tokenizer = chat.tokenizer if reader is None else _load_tokenizer(reader)
        return ContextTemplate.of(tokenizer, reader or self.config.base_model), tokenizer

    def question_form(self, chat: ChatFormat) -> QuestionForm:
        return published_form(chat, self.config.base_model)

    def features(
        self,
        model: PreTrainedModel,
        ids: Tensor,
        mask: Tensor | None = None,
        under: Adapter | None = None,
        **inputs: Any,
    ) -> Tensor:
        """The context encoder's features of right-padded chunks, on the network's device.

        Raises:
            SettingsError: they are wanted under an adapter, and another model than the base model reads.
        """
        encoder = self.reader or model
        if under is not None and encoder is not model:
            raise SettingsError("Another model than the base model reads documents here: they are read once.")
        device = encoder.device
        encoded = encode_context(
            encoder,
            self.config.context_encoder,
            ids.to(device),
            None if mask is None else mask.to(device),
            under,
            **inputs,
        )
        return encoded.to(self.network.head.weight.device)

    def chunk_factors(
        self,
        model: PreTrainedModel,
        chunks: Sequence[Sequence[int]],
        before: Sequence[int] = (),
        *,
        under: Adapter | None = None,
        **_: Any,
    ) -> ChunkFactors:
        """Factors of a batch of chunks. With empty `before`, chunks are read as they are, template included.

        Gradients flow into the network, not into the model that reads the context.
        """
        ids, mask = _right_padded([[*before, *chunk] for chunk in chunks])
        features = self.features(model, ids, mask, under)
        return self._factors(model, self.network(features, mask.to(self.network.head.weight.device)))

    def _factors(self, model: PreTrainedModel, factors: Mapping[str, LayeredFactors]) -> ChunkFactors:
        """Factors of chunks by module, and the shared ones, at the config's scales."""
        rows = {target: LayeredFactors(of.A * self.config.row_scale, of.B) for target, of in factors.items()}
        shared = {target: of.scaled(self.config.bias_scale) for target, of in (self.network.bias() or {}).items()}
        names = target_names(model, self.config.target_modules)
        return ChunkFactors(
            rows=_by_module(rows, names),
            shared=_by_module(shared, names),
            scaling=self.config.alpha,
        )

    def seen_factors(
        self, model: PreTrainedModel, reader: PreTrainedModel, seen: Seen, *, rank: int | None = None
    ) -> ChunkFactors:
        """Factors of a document with pictures, read as one chunk; see `Hypernetwork.seen_factors`.

        Raises:
            CheckpointError: the reader's features are not of this hypernetwork's context encoder.
        """
        features = encode_context(reader, self.config.context_encoder, None, **seen.inputs)
        return self._factors(model, self.network(features.to(self.network.head.weight.device)))


@lru_cache
def _load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"The tokenizer of the context encoder {name} cannot be loaded: download it.") from error


def published_form(chat: ChatFormat, base_model: str) -> QuestionForm:
    """Questions as the reference asks them: in the turns in which it reads documents, an empty system turn first.

    base_model: its name, which decides the template.

    Raises:
        CheckpointError: from the question, where the tokenizer does not write that template as it was trained with.
    """
    return QuestionForm(
        lambda text: ContextTemplate.of(chat.tokenizer, base_model).ids(chat.tokenizer, text), empty_system=True
    )


def _by_module(factors: Mapping[str, LayeredFactors], names: Mapping[str, Sequence[str]]) -> dict[str, BatchedFactors]:
    return {
        name: BatchedFactors(A, B)
        for target, of_target in factors.items()
        # unbound, not indexed layer by layer: each index would add a gradient of all layers
        for name, A, B in zip(names[target], of_target.A.unbind(1), of_target.B.unbind(1), strict=True)
    }


def _right_padded(chunks: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids and mask, `[chunk, token]`."""
    longest = max(map(len, chunks))
    ids = torch.tensor([[*chunk, *[_PADDING] * (longest - len(chunk))] for chunk in chunks])
    mask = torch.tensor([[1] * len(chunk) + [0] * (longest - len(chunk)) for chunk in chunks])
    return ids, mask
