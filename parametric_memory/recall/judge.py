"""A learned judge: how probable is it that a sentence, of a document about something, answers a question?

A cross-encoder on the embedder's own weights: low-rank changes of its linear layers, a few megabytes, and a head that
reads the first position. It sees the sentence behind what its document begins with and behind the sentence before it,
which say who "she" is and what a list is of. Knows nothing about indexes, entries and adapters.
"""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parametric_memory.adapters.checkpoints import read_tensors
from parametric_memory.batches import batched
from parametric_memory.documents.sentences import InContext
from parametric_memory.errors import CheckpointError
from parametric_memory.files import storage_errors
from parametric_memory.internalize.embedding import MiniLMEmbeddings
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


class JudgeNetwork(nn.Module):
    """The embedder's encoder with its changes, and the head."""

    def __init__(self, model: PreTrainedModel, config: JudgeConfig):
        """model: the embedder's, which stays as it is."""
        super().__init__()
        self.embeddings = model.embeddings.requires_grad_(False)
        self.encoder = copy.deepcopy(model.encoder).requires_grad_(False)
        for parent, name, linear in list(_linear_layers(self.encoder)):
            setattr(parent, name, LowRank(linear, config.rank))
        self.head = nn.Linear(model.config.hidden_size, 2)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits, `[pair, 2]`: that the sentence answers the question, and that it supports the answer given.

        Args:
            ids: token ids, `[pair, token]`.
            mask: of those that count, bool, `[pair, token]`.
        """
        wide = torch.zeros(mask.shape, dtype=torch.float32).masked_fill(~mask, torch.finfo(torch.float32).min)
        wide, hidden = wide[:, None, None], self.embeddings(input_ids=ids)
        for layer in self.encoder.layer:
            hidden = layer(hidden, wide)
        logits: Tensor = self.head(hidden[:, 0].float())
        return logits

    def changes(self) -> dict[str, Tensor]:
        """What is trained, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def _linear_layers(module: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    for parent in module.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.Linear):
                yield parent, name, child


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


class PackedNetwork:
    """What a trained `JudgeNetwork` computes, for pairs that follow each other without padding."""

    def __init__(self, network: JudgeNetwork):
        self._embeddings, self._head = network.embeddings, network.head
        self._layers = []
        for layer in network.encoder.layer:
            own, output = layer.attention.self, layer.attention.output
            attention = _Linear(own.query, own.key, own.value), _Linear(output.dense), output.LayerNorm
            feed_forward = _Linear(layer.intermediate.dense), _Linear(layer.output.dense), layer.output.LayerNorm
            self._layers.append((*attention, *feed_forward))
        self._heads = own.num_attention_heads

    @torch.inference_mode()
    def __call__(self, pairs: Sequence[Sequence[int]]) -> Tensor:
        """Logits, `[pair, 2]`, of token ids; see `JudgeNetwork.forward`."""
        lengths = [len(pair) for pair in pairs]
        hidden = self._embed(pairs)
        first = torch.tensor([0, *accumulate(lengths[:-1])])
        for i, (query_key_value, output, norm, up, down, last_norm) in enumerate(self._layers):
            is_last = i == len(self._layers) - 1  # of which the head reads the first position alone
            projected = query_key_value(hidden).unflatten(1, (3, self._heads, -1)).permute(1, 2, 0, 3)
            attended = []
            for of_pair in projected.split(lengths, dim=2):  # [3, head, token, d_head]
                query, key, value = of_pair
                query = query[:, :1] if is_last else query
                of_tokens = F.scaled_dot_product_attention(query[None], key[None], value[None])[0]
                attended.append(of_tokens.transpose(0, 1).flatten(1))  # [token, d]
            hidden = norm(output(torch.cat(attended)) + (hidden[first] if is_last else hidden))
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


class Judge:
    """A judge in use: texts in, probabilities out."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, network: JudgeNetwork, config: JudgeConfig):
        self.tokenizer, self.config, self._network = tokenizer, config, PackedNetwork(network)

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


def padded(pairs: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids and the mask of those that count, `[pair, token]`."""
    longest = max(map(len, pairs))
    ids = torch.zeros((len(pairs), longest), dtype=torch.long)
    mask = torch.zeros((len(pairs), longest), dtype=torch.bool)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair)] = torch.tensor(pair)
        mask[row, : len(pair)] = True
    return ids, mask


def save_judge(network: JudgeNetwork, config: JudgeConfig, folder: Path) -> None:
    """Write what a trained judge changes, in half precision. Raises StorageError."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    with storage_errors(f"write {folder}"):
        save_file(
            {name: t.detach().half().contiguous() for name, t in network.changes().items()}, folder / WEIGHTS_FILE
        )
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
    return Judge(tokenizer, network, config)


def read_judge(folder: Path, model: PreTrainedModel) -> tuple[JudgeNetwork, JudgeConfig]:
    """A judge's network, which can be trained further. Raises as `load_judge`."""
    config = read_judge_config(folder)
    network = JudgeNetwork(model, config)
    set_changes(network, read_tensors(folder / WEIGHTS_FILE), folder)
    return network, config


def set_changes(network: JudgeNetwork, tensors: Mapping[str, Tensor], source: Path) -> None:
    """Raises CheckpointError: the tensors are of another network."""
    own = network.changes()
    if {n: t.shape for n, t in own.items()} != {n: t.shape for n, t in tensors.items()}:
        raise CheckpointError(f"{source} holds a judge for another embedder, or of another rank than it says.")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(tensors[name])
