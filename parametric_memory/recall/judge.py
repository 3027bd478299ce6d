"""A learned judge: how probable is it that a sentence, of a document about something, answers a question?

Its marker says which words of the sentence answer: of several values in one sentence a question asks for one. Rows of
the marked words are attached stronger than those of the others, so that the model says this one.

Both are cross-encoders on the embedder's own weights, with low-rank changes of a few megabytes. They read a question
and a sentence together, behind what its document begins with and the sentence before it, which say who "she" is and
what a list is of. Knows nothing about indexes, entries and adapters.
"""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from parametric_memory.adapters.checkpoints import read_tensors
from parametric_memory.batches import batched
from parametric_memory.documents.sentences import InContext
from parametric_memory.errors import CheckpointError
from parametric_memory.files import storage_errors
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.internalize.selection import Models
from parametric_memory.recall.judge_config import (
    MARKER_FILE,
    WEIGHTS_FILE,
    JudgeConfig,
    judge_folder,
    read_judge_config,
    write_judge_config,
)
from parametric_memory.recall.scorer import Marks

_TOKENS_AT_ONCE = 1024  # in one forward pass
_SENTENCE_TOKENS = 128  # that a marker reads


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
    """The embedder's encoder with low-rank changes, and a head of two outputs."""

    every_token = False  # whether the head reads all positions, not the first one alone

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

        ids, mask: token ids, and which of them count, `[pair, token]`.
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


class JudgeNetwork(CrossEncoder):
    """Its logits: that the sentence answers the question, and that it supports the answer given."""


class MarkerNetwork(CrossEncoder):
    """Its logits: that the answer begins at a token, and that it ends there; at the first token: there is none."""

    every_token = True


class _Linear:
    """Merged weights of linear layers that read the same input: in 8 bits where the processor multiplies these.

    Weights have a scale for each output, inputs one for each token. Logits of the shipped judge differ by 0.08 on
    average from those of float32, and take a third of the time.
    """

    def __init__(self, *layers: LowRank):
        weight = torch.cat([of.linear.weight + of.B @ of.A for of in layers]).detach().float()
        self.bias = torch.cat([of.linear.bias for of in layers]).detach().float()
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
        lengths, embeddings = [len(pair) for pair in pairs], self._embeddings
        ids = torch.tensor([token for pair in pairs for token in pair])
        positions = torch.cat([torch.arange(length) for length in lengths])
        hidden = embeddings.word_embeddings(ids) + embeddings.position_embeddings(positions)
        hidden = embeddings.LayerNorm(hidden + embeddings.token_type_embeddings.weight[0])
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


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, config: JudgeConfig, pairs: Sequence[tuple[str, InContext, str | None]]
) -> list[list[int]]:
    """Token ids: question, opening, sentence before, sentence and, if there is one, answer, with separators between."""
    texts = [part for asked, s, answer in pairs for part in (asked, s.opening, s.before, s.sentence, answer or "")]
    parts = iter(tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"])
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    encoded = []
    for (_, _, answer), asked, opening, before, sentence, given in zip(pairs, *[parts] * 5, strict=True):
        shortened = [
            asked[: config.question_tokens],
            opening[: config.opening_tokens],
            before[-config.before_tokens :],
            sentence[: config.sentence_tokens],
            *([] if answer is None else [given[: config.answer_tokens]]),
        ]
        encoded.append([start, *(token for part in shortened for token in (*part, end))])
    return encoded


@dataclass(frozen=True)
class EncodedSentence:
    """A question and a sentence in its context, as token ids."""

    ids: Sequence[int]
    first: int  # the place of the sentence's first token
    offsets: Sequence[tuple[int, int]]  # of the sentence's tokens, where each begins and ends in it, in characters

    def log_probabilities(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """That there is no answer, or that it begins or ends at a token of the sentence, `[1 + token]` each.

        logits: of all tokens, `[token, 2]`.
        """
        of_sentence = logits[self.first : self.first + len(self.offsets)]
        start, end = torch.cat([logits[:1], of_sentence]).float().log_softmax(0).unbind(1)
        return start, end

    def tokens_of(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """The first and last token of each span of characters; those that were not read are left out."""
        found = []
        for start, end in spans:
            inside = [n for n, (a, b) in enumerate(self.offsets) if a < end and b > start]
            if inside and self.offsets[inside[-1]][1] >= end:
                found.append((inside[0], inside[-1]))
        return found


def encode_sentences(
    tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, InContext]]
) -> list[EncodedSentence]:
    """Encodes pairs of a question and a sentence as for a judge."""
    without = [(asked, replace(sentence, sentence=""), None) for asked, sentence in pairs]
    texts = [sentence.sentence for _, sentence in pairs]
    read = tokenizer(texts, add_special_tokens=False, verbose=False, return_offsets_mapping=True)
    befores, most = encode_pairs(tokenizer, JudgeConfig(), without), _SENTENCE_TOKENS
    return [
        EncodedSentence([*before[:-1], *ids[:most], before[-1]], len(before) - 1, offsets[:most])
        for before, ids, offsets in zip(befores, read["input_ids"], read["offset_mapping"], strict=True)
    ]


def in_answer(start: Tensor, end: Tensor) -> Tensor:
    """The probability of each token of being in the answer, `[token]`.

    start, end: log-probabilities of no answer and of the sentence's tokens, `[1 + token]`.
    """
    begun, over = start[1:].exp().cumsum(0), end[1:].exp()
    return begun * over.flip(0).cumsum(0).flip(0)


def log_odds(start: Tensor, end: Tensor) -> float:
    """Of the most probable span against no answer; see `in_answer`."""
    return (start[1:].max() + end[1:].max() - start[0] - end[0]).item()


def of_words(sentence: str, encoded: EncodedSentence, marked: Sequence[float]) -> list[float]:
    """The probability of each word of being in the answer: that of its most probable token; 0 if it was not read.

    marked: of tokens, see `in_answer`.
    """
    found, at = [], 0
    for word in sentence.split():
        at = sentence.index(word, at)
        end = at + len(word)
        of_tokens = zip(marked, encoded.offsets, strict=True)
        found.append(round(max((share for share, (a, b) in of_tokens if a < end and b > at), default=0.0), 6))
        at = end
    return found


class Judge:
    """A judge in use: texts in, probabilities and marks out."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        network: JudgeNetwork,
        config: JudgeConfig,
        marker: MarkerNetwork | None = None,
    ):
        """marker: of the answer in a sentence; None: the judge has none."""
        self.tokenizer, self.config = tokenizer, config
        self._network, self.marker = PackedEncoder(network), None if marker is None else PackedEncoder(marker)

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

    def mark(self, question: str, sentences: Sequence[InContext]) -> Marks:
        """The marks of the words of sentences, and whether any of these answers.

        A query without a question mark, such as a name, counts as answered.
        """
        if self.marker is None:
            return Marks([() for _ in sentences])
        encoded = encode_sentences(self.tokenizer, [(question, sentence) for sentence in sentences])
        logits = self.marker([each.ids for each in encoded]).split([len(each.ids) for each in encoded])
        read = [each.log_probabilities(of_one) for each, of_one in zip(encoded, logits, strict=True)]
        marks = [
            of_words(sentence.sentence, each, in_answer(start, end).tolist())
            for sentence, each, (start, end) in zip(sentences, encoded, read, strict=True)
        ]
        answered = "?" not in question or max(log_odds(*of_one) for of_one in read) >= self.config.least_marked
        return Marks(marks, answered)


_loaded: WeakKeyDictionary[Models, Judge] = WeakKeyDictionary()
_loading = threading.Lock()


def save_judge(network: JudgeNetwork, config: JudgeConfig, folder: Path) -> None:
    """Write what a trained judge changes, in half precision. Raises StorageError."""
    network.save_changes(folder / WEIGHTS_FILE)
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

    Raises CheckpointError: a file is missing or damaged, or does not fit the embedder; StorageError: the disk refuses.
    """
    network, config = read_judge(folder, model)
    return Judge(tokenizer, network, config, read_marker(folder, model, config))


def read_judge(folder: Path, model: PreTrainedModel) -> tuple[JudgeNetwork, JudgeConfig]:
    """A judge's network, which can be trained further. Raises as `load_judge`."""
    config = read_judge_config(folder)
    network = JudgeNetwork(model, config)
    network.set_changes(read_tensors(folder / WEIGHTS_FILE), folder)
    return network, config


def read_marker(folder: Path, model: PreTrainedModel, config: JudgeConfig) -> MarkerNetwork | None:
    """The marker of a judge's folder; None: it has none. Raises CheckpointError: it is damaged, or another judge's."""
    if not (folder / MARKER_FILE).exists():
        return None
    network = MarkerNetwork(model, config)
    network.set_changes(read_tensors(folder / MARKER_FILE), folder / MARKER_FILE)
    return network
