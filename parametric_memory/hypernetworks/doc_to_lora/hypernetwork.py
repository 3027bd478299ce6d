"""The Perceiver hypernetwork of Doc-to-LoRA: chunks of token ids in, factors of each out.

Knows nothing about files, prompts or entries. The base model is passed in, never stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError
from pydantic import TypeAdapter
from torch import Tensor, nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from parametric_memory.errors import CheckpointError, DocumentError
from parametric_memory.fetching.hub import loading
from parametric_memory.hypernetworks.chunking import split_evenly
from parametric_memory.hypernetworks.doc_to_lora.network import (
    ContextEncoderConfig,
    PerceiverConfig,
    PerceiverNetwork,
    target_names,
)
from parametric_memory.hypernetworks.hypernetwork import (
    BatchedFactors,
    ChunkFactors,
    Chunks,
    Hypernetwork,
    decoder_layers,
    decoder_states,
)
from parametric_memory.language_model.answer_logits import right_padded
from parametric_memory.language_model.chat import ChatFormat, QuestionForm, encode

_NORMS = ("norm", "final_layernorm", "final_layer_norm", "ln_f")  # names of a decoder's norm after the last layer
_MARK = "\u2063context\u2063"
_PADDING = 0  # any token: padding is masked everywhere


@torch.no_grad()
def encode_context(
    model: PreTrainedModel, config: ContextEncoderConfig, ids: Tensor | None, mask: Tensor | None = None, **inputs: Any
) -> Tensor:
    """Features of a batch of chunks, in the model's dtype; those of padding are meaningless. Adapters have no effect.

    Args:
        ids: `[chunk, token]`, padded on the right; None: the model reads `inputs`, its arguments.
        mask: `[chunk, token]`, 1 where there is a token; None where nothing is padded.

    Returns `[chunk, layer, token, feature]` for `per_layer_activations`, else `[chunk, token, feature]`.
    """
    decoder, (_, layers) = model.get_decoder(), decoder_layers(model)
    norms = [norm for name in _NORMS if isinstance(norm := getattr(decoder, name, None), nn.Module)]
    if not norms:
        raise CheckpointError(f"{type(decoder).__name__} cannot be a context encoder: it has no final norm.")
    kept = config.layers_kept(len(layers))
    entering = (layers[0], [*layers, norms[0]][kept])  # what a model adds behind a layer enters the next module
    reads: nn.Module = model
    if ids is not None:
        reads, inputs = decoder, {"input_ids": ids, "attention_mask": mask}
    first, last, *between = decoder_states(reads, entering, layers[: max(kept - 1, 0)], **inputs)
    if config.kind == "embed_only":
        return first
    last = norms[0](last)
    states = [first, *between, last] if kept else [last]
    return torch.stack(states, dim=1) if config.per_layer else last


@dataclass(frozen=True)
class ContextTemplate:
    """The turns in which a context encoder reads a document: an empty system turn, then the text."""

    before: str  # text of the template
    after: str
    prefix: tuple[int, ...]  # token ids that middle chunks get in place of the template
    suffix: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, base_model: str | None = None) -> ContextTemplate:
        """A tokenizer's template, or the one of a published hypernetwork for the base model of this name.

        Raises CheckpointError: the tokenizer encodes a published template in other tokens than in training.
        """
        if base_model not in PUBLISHED_TEMPLATES:
            before, after = _rendered(tokenizer).split(_MARK)
            return cls(before, after, tuple(encode(tokenizer, before)), tuple(encode(tokenizer, after)))
        template = PUBLISHED_TEMPLATES[base_model]
        if (ids := tuple(encode(tokenizer, template.before))) != template.prefix:
            raise CheckpointError(
                f"The tokenizer writes {template.before!r}, with which a document for {base_model} begins, in the "
                f"tokens {list(ids)[:8]}; its hypernetworks were trained with {list(template.prefix)}: load the base "
                "model with the tokenizer that it was published with."
            )
        return template

    def ids(self, tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
        """Token ids of a document, template included. The text is stripped."""
        return encode(tokenizer, self.before + text.strip() + self.after)


def _rendered(tokenizer: PreTrainedTokenizerBase) -> str:
    """The template around `_MARK`. Where it has no system turn, the blank line of the empty one stays."""
    if not tokenizer.chat_template:
        return _MARK
    system, user = {"role": "system", "content": ""}, {"role": "user", "content": _MARK}
    try:
        return str(tokenizer.apply_chat_template([system, user], tokenize=False, add_generation_prompt=True))
    except TemplateError:
        text = str(tokenizer.apply_chat_template([user], tokenize=False, add_generation_prompt=True))
        return text.replace(_MARK, "\n\n" + _MARK)


_TEMPLATES = Path(__file__).with_name("templates.json").read_bytes()
PUBLISHED_TEMPLATES = TypeAdapter(dict[str, ContextTemplate]).validate_json(_TEMPLATES)


class PerceiverHypernetwork(Hypernetwork):
    """A Perceiver network, random by default, and the model that reads in place of the base model (a cross encoder)."""

    kind = "perceiver"

    def __init__(
        self,
        config: PerceiverConfig,
        context_model: PreTrainedModel | None = None,
        network: PerceiverNetwork | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.network = network or PerceiverNetwork(config)
        self._context_model = (context_model,)  # in a tuple, so that it is no submodule, whose weights would be saved

    @property
    def reader(self) -> PreTrainedModel | None:
        """The cross encoder."""
        return self._context_model[0]

    def read(self, text: str, chat: ChatFormat) -> tuple[Chunks, Sequence[int]]:
        """The reference's even split of the document in its template."""
        template, tokenizer = self.reading(chat)
        ids = template.ids(tokenizer, text)
        if not text.strip() or not ids:  # the template may have tokens of its own
            raise DocumentError("The text has no tokens: there is nothing to remember.")
        return split_evenly(ids, self.config.chunk_tokens, template.prefix, template.suffix), ()

    def reading(self, chat: ChatFormat) -> tuple[ContextTemplate, PreTrainedTokenizerBase]:
        """The template of documents, and the tokenizer: the cross encoder's, if there is one.

        Raises as `ContextTemplate.of`, and ModelUnavailable: the cross encoder's tokenizer cannot be loaded.
        """
        reader = self.config.context_encoder.model
        tokenizer = chat.tokenizer if reader is None else _load_tokenizer(reader)
        return ContextTemplate.of(tokenizer, reader or self.config.base_model), tokenizer

    def question_form(self, chat: ChatFormat) -> QuestionForm:
        return published_form(chat, self.config.base_model)

    def features(self, model: PreTrainedModel, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Features of right-padded chunks."""
        encoder = self.reader or model
        mask = None if mask is None else mask.to(encoder.device)
        encoded = encode_context(encoder, self.config.context_encoder, ids.to(encoder.device), mask)
        return encoded.to(self.network.head.weight.device)

    def chunk_factors(self, model: PreTrainedModel, chunks: Chunks, before: Sequence[int] = ()) -> ChunkFactors:
        """With empty `before`, chunks are read as they are, template included. Gradients reach the network alone."""
        device = self.network.head.weight.device
        ids, mask = right_padded([[*before, *chunk] for chunk in chunks], _PADDING, device)
        return self._factors(model, self.network(self.features(model, ids, mask), mask))

    def seen_factors(self, model: PreTrainedModel, reader: PreTrainedModel, inputs: Mapping[str, Any]) -> ChunkFactors:
        """Raises CheckpointError: the features are not of this context encoder."""
        features = encode_context(reader, self.config.context_encoder, None, **inputs)
        return self._factors(model, self.network(features.to(self.network.head.weight.device)))

    def _factors(self, model: PreTrainedModel, factors: Mapping[str, BatchedFactors]) -> ChunkFactors:
        """Factors of chunks and shared factors, by module, at the config's scales."""
        names = target_names(model, self.config.target_modules)

        def by_module(factors: Mapping[str, BatchedFactors]) -> dict[str, BatchedFactors]:
            return {
                name: BatchedFactors(A, B)
                for target, of_target in factors.items()
                # unbound, not indexed layer by layer: each index would add a gradient of all layers
                for name, A, B in zip(names[target], of_target.A.unbind(1), of_target.B.unbind(1), strict=True)
            }

        rows = {target: BatchedFactors(of.A * self.config.row_scale, of.B) for target, of in factors.items()}
        scale = self.config.bias_scale
        shared = {target: BatchedFactors(of.A * scale, of.B * scale) for target, of in self.network.bias().items()}
        return ChunkFactors(by_module(rows), by_module(shared), self.config.alpha)


@lru_cache
def _load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    with loading(
        name, lambda reason: f"The tokenizer of the context encoder {name} cannot be loaded ({reason}): download it."
    ) as cached_only:
        return AutoTokenizer.from_pretrained(name, local_files_only=cached_only)


def published_form(chat: ChatFormat, base_model: str) -> QuestionForm:
    """Questions in the reference's form: in the template of documents, which begins with an empty system turn."""
    return QuestionForm(
        lambda text: ContextTemplate.of(chat.tokenizer, base_model).ids(chat.tokenizer, text), empty_system=True
    )
