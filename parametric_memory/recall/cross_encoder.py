"""A cross-encoder on the embedder's own weights: reads a question and a sentence of a document together.

Low-rank changes of the embedder's linear layers, a few megabytes, make it the judge or the marker of answers. It sees
the sentence behind what its document begins with and behind the sentence before it, which say who "she" is and what a
list is of. Knows nothing about indexes, entries and adapters.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from parametric_memory.documents.sentences import InContext
from parametric_memory.errors import CheckpointError
from parametric_memory.files import storage_errors
from parametric_memory.recall.judge_config import JudgeConfig


class LowRank(nn.Module):
    """A linear layer with a low-rank change: y = W x + b + B (A x). Starts without effect."""

    def __init__(self, linear: nn.Linear, rank: int):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.linear(x) + (x @ self.A.T) @ self.B.T
        return changed


class CrossEncoder(nn.Module):
    """The embedder's encoder with low-rank changes, and a head of two outputs.

    Attributes:
        every_token: whether the head reads all positions, not the first one alone.
    """

    every_token = False

    def __init__(self, model: PreTrainedModel, config: JudgeConfig):
        """model: the embedder's, which stays as it is."""
        super().__init__()
        self.embeddings = model.embeddings.requires_grad_(False)
        weights = {id(weight): weight for weight in model.encoder.parameters()}
        self.encoder = copy.deepcopy(model.encoder, weights).requires_grad_(False)  # modules of its own, shared weights
        for name, linear in [*self.encoder.named_modules()]:
            if isinstance(linear, nn.Linear):
                self.encoder.set_submodule(name, LowRank(linear, config.rank))
        self.head = nn.Linear(model.config.hidden_size, 2)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits, float32, `[pair, 2]`, or `[pair, token, 2]` of every token.

        Args:
            ids: token ids, `[pair, token]`.
            mask: of those that count, `[pair, token]`.
        """
        wide = torch.zeros(mask.shape, dtype=torch.float32).masked_fill(mask == 0, torch.finfo(torch.float32).min)
        wide, hidden = wide[:, None, None], self.embeddings(input_ids=ids)
        for layer in self.encoder.layer:
            hidden = layer(hidden, wide)
        logits: Tensor = self.head(hidden.float() if self.every_token else hidden.float()[:, 0])
        return logits

    def changes(self) -> dict[str, Tensor]:
        """What is trained, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def set_changes(self, tensors: Mapping[str, Tensor], source: Path) -> None:
        """Raises CheckpointError: the tensors are of another network."""
        own = self.changes()
        if {n: t.shape for n, t in own.items()} != {n: t.shape for n, t in tensors.items()}:
            raise CheckpointError(f"{source} holds weights for another embedder, or of another rank than it says.")
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(tensors[name])

    def save_changes(self, path: Path) -> None:
        """Write what is trained, in half precision. Raises StorageError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with storage_errors(f"write {path}"):
            save_file({name: t.detach().half().contiguous() for name, t in self.changes().items()}, path)


class _Linear:
    """Merged weights of linear layers that read the same input: in 8 bits where the processor multiplies these.

    Weights have a scale for each output, inputs one for each token. Logits of the shipped judge differ by 0.08 on
    average from those of float32, and take a third of the time.
    """

    def __init__(self, *layers: LowRank | nn.Linear):
        weights = (of.linear.weight + of.B @ of.A if isinstance(of, LowRank) else of.weight for of in layers)
        biases = ((of.linear if isinstance(of, LowRank) else of).bias for of in layers)
        weight, self.bias = torch.cat(tuple(weights)).detach().float(), torch.cat(tuple(biases)).detach().float()
        self.scale: Tensor | None = None
        if multiplies_bytes():
            weight, self.scale = _in_bytes(weight)
            self.scale = self.scale.T  # [1, d_out]
        self.weight = weight.T.contiguous()  # [d_in, d_out]

    def __call__(self, x: Tensor) -> Tensor:
        """`[token, d_in]` to `[token, d_out]`."""
        if self.scale is None:
            return torch.addmm(self.bias, x, self.weight)
        numbers, scale = _in_bytes(x)
        product = torch._int_mm(numbers, self.weight).float()
        return product.mul_(scale).mul_(self.scale).add_(self.bias)


def multiplies_bytes() -> bool:
    """Whether this processor has instructions for products of 8-bit numbers, and PyTorch a kernel that uses them."""
    has_instructions = getattr(torch.cpu, "_is_vnni_supported", None)
    return hasattr(torch, "_int_mm") and has_instructions is not None and bool(has_instructions())


def _in_bytes(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows as int8, and the factor of each, `[row, 1]`."""
    scale = rows.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
    return (rows / scale).round_().to(torch.int8), scale


class PackedEncoder:
    """What a trained `CrossEncoder` and its head compute, for pairs that follow each other without padding."""

    def __init__(self, network: CrossEncoder):
        self._embeddings, self._head, self._every_token = network.embeddings, network.head, network.every_token
        self._layers = []
        for layer in network.encoder.layer:
            own, output = layer.attention.self, layer.attention.output
            attention = _Linear(own.query, own.key, own.value), _Linear(output.dense), output.LayerNorm
            feed_forward = _Linear(layer.intermediate.dense), _Linear(layer.output.dense), layer.output.LayerNorm
            self._layers.append((*attention, *feed_forward))
        self._heads = own.num_attention_heads

    @torch.inference_mode()
    def __call__(self, pairs: Sequence[Sequence[int]]) -> Tensor:
        """Logits of token ids: `[pair, 2]`, or of every token, `[token, 2]`."""
        lengths = [len(pair) for pair in pairs]
        hidden = self._embed(pairs)
        first = torch.tensor([0, *accumulate(lengths[:-1])])
        for i, (query_key_value, output, norm, up, down, last_norm) in enumerate(self._layers):
            first_alone = i == len(self._layers) - 1 and not self._every_token
            projected = query_key_value(hidden).unflatten(1, (3, self._heads, -1)).permute(1, 2, 0, 3)
            attended = []
            for of_pair in projected.split(lengths, dim=2):  # [3, head, token, d_head]
                query, key, value = of_pair
                query = query[:, :1] if first_alone else query
                of_tokens = F.scaled_dot_product_attention(query[None], key[None], value[None])[0]
                attended.append(of_tokens.transpose(0, 1).flatten(1))  # [token, d]
            hidden = norm(output(torch.cat(attended)) + (hidden[first] if first_alone else hidden))
            hidden = last_norm(down(F.gelu(up(hidden))) + hidden)
        logits: Tensor = self._head(hidden)
        return logits

    def _embed(self, pairs: Sequence[Sequence[int]]) -> Tensor:
        of = self._embeddings
        ids = torch.tensor([token for pair in pairs for token in pair])
        positions = torch.cat([torch.arange(len(pair)) for pair in pairs])
        words: Tensor = of.word_embeddings(ids) + of.position_embeddings(positions) + of.token_type_embeddings.weight[0]
        hidden: Tensor = of.LayerNorm(words)
        return hidden


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, config: JudgeConfig, pairs: Sequence[tuple[str, InContext, str | None]]
) -> list[list[int]]:
    """Token ids: question, opening, sentence before, sentence and, if there is one, answer, with separators between."""
    texts = [part for asked, s, answer in pairs for part in (asked, s.opening, s.before, s.sentence, answer or "")]
    parts = iter(tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"])
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    encoded = []
    for (_, _, answer), *read in zip(pairs, parts, parts, parts, parts, parts, strict=True):
        asked, opening, before, sentence, given = read
        shortened = [
            asked[: config.question_tokens],
            opening[: config.opening_tokens],
            before[-config.before_tokens :],
            sentence[: config.sentence_tokens],
            *([] if answer is None else [given[: config.answer_tokens]]),
        ]
        encoded.append([start, *(token for part in shortened for token in (*part, end))])
    return encoded
