"""The training of Doc-to-LoRA (arXiv 2602.15902): context distillation of documents into a Perceiver.

Documents come as token ids, see `data/rows.py`.
A step takes as many as a budget of tokens allows, and the next begins with the one that did not fit: if that were
dropped, long documents would come less often than they are drawn. The reference packs the documents of a step into one
row; here those of similar length run together, with the same loss. In the second stage of the paper's training a
document is cut into several chunks, as many as are drawn. Knows nothing about where rows come from.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from parametric_memory.batches import batched
from parametric_memory.errors import SettingsError
from parametric_memory.hypernetworks.chunking import split_evenly, split_into
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.hypernetwork import Attached, BatchedFactors
from parametric_memory.language_model.answer_logits import head_logits
from parametric_memory.training.data.examples import EncodedQuestion
from parametric_memory.training.data.rows import TokenRow
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.objective import Answered, AnswerLoss, answer_states, answers, by_source, measured
from parametric_memory.training.trainer import Muon, read_factors

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

DISTILLATION, CROSS_ENTROPY = "distillation", "cross-entropy"
OBJECTIVES = (DISTILLATION, CROSS_ENTROPY)
_BUCKETS = 3  # of chunks of similar length
_STEPS_A_DRAW = 256  # whose documents are drawn in one stream; a resumed run draws at most so many again
_LOGITS_AT_ONCE = 512  # answer tokens whose logits are in memory at once
# In the second stage of the paper's training: tokens of a chunk, and how probable numbers of chunks are.
_LEAST_CHUNK, _MOST_CHUNK = 25, 512
_CHUNK_COUNTS = {1: 0.5, 2: 0.125, **dict.fromkeys(range(3, 9), 0.0625)}
_LEFT_WHOLE = ("scaler", "bias", "norm", "latents_q")  # parts of names of parameters that do not decay


@dataclass(frozen=True)
class ContextTrainingConfig(LoopConfig):
    """The recipe of the paper's main run.

    Attributes:
        batch: documents of a step, at most.
        tokens: of a step in each process, documents and questions; a document that has more is on its own.
        final_rate: the learning rate at the end of the cosine.
        objective: of `OBJECTIVES`; the paper's needle experiment takes cross-entropy.
        penalty: of the mean absolute value of the update (L1); 1.5 in the paper's needle experiment.
        neftune: strength of the noise on the embeddings of questions and answers (arXiv 2310.05914); 0: none.
        several_chunks: whether documents are cut as `chunk_count` draws it, the second stage; else into chunks as long
            as can be.
        questions: about one document, at most; those of a step are drawn.
        centred: whether the gradient of the Perceiver's output loses its mean over documents; see `_centre_gradient`.
        muon: whether the Perceiver's matrices are trained by `Muon`, in place of the paper's AdamW.
    """

    steps: int = 80_000
    batch: int = 64
    learning_rate: float = 4e-5
    warmup: int = 100
    tokens: int = 8192
    final_rate: float = 1e-7
    objective: str = DISTILLATION
    penalty: float = 0.1
    neftune: float = 5.0
    several_chunks: bool = False
    questions: int = 8
    centred: bool = False
    muon: bool = False
    beta2: float = 0.999

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.objective not in OBJECTIVES:
            raise SettingsError(f"There is no objective {self.objective!r}: it is one of {', '.join(OBJECTIVES)}.")
        if self.neftune < 0 or self.penalty < 0 or self.tokens < 1:
            raise SettingsError("neftune and penalty are at least 0, and a step has at least one token.")


class ContextTrainer(TrainingLoop):
    """Trains a Perceiver on rows."""

    hypernetwork: PerceiverHypernetwork
    config: ContextTrainingConfig
    measured = staticmethod(measured)

    def __init__(
        self,
        base: BaseModel,
        hypernetwork: PerceiverHypernetwork,
        rows: Sequence[TokenRow],
        run: Run,
        config: ContextTrainingConfig,
        validation: Mapping[str, Sequence[TokenRow]] | None = None,
    ):
        """validation: held-out rows by name. Raises SettingsError: a batch cannot be shared evenly."""
        super().__init__(hypernetwork, run, config, perceiver_optimizers(hypernetwork, config))
        self.model, self.chat, self.rows, self.validation = base.model, base.chat, rows, validation or {}
        self._coming: tuple[int, Iterator[list[TokenRow]]] | None = None  # the next step, and the batches from there on

    def rate(self) -> float:
        """Warm-up, then a cosine down to the final rate."""
        config = self.config
        if self.step < config.warmup:
            return (self.step + 1) / config.warmup
        last = config.final_rate / config.learning_rate
        done = (self.step - config.warmup) / max(1, config.steps - config.warmup)
        return last + (1 - last) * (1 + math.cos(math.pi * done)) / 2

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        rows, head = self._drawn(), self.hypernetwork.network.head
        with head.register_forward_hook(_centre_gradient) if self.config.centred else nullcontext():
            result = self.loss(rows, noise=self.config.neftune)
            (result.loss + self.config.penalty * result.penalty).backward()
        return by_source(rows, result.answered)

    def validate(self) -> dict[str, dict[str, float]]:
        """Of each set, with documents cut as they are when they are internalized."""
        found: dict[str, list[Answered]] = {name: [] for name in self.validation}
        for name, rows in self.validation.items():
            for batch in self._in_budget(self._cut(row) for row in rows):
                found[name] += self.loss(batch).answered
        return {name: measured(answered) for name, answered in found.items()}

    def loss(self, rows: Sequence[TokenRow], noise: float = 0.0) -> AnswerLoss:
        """The loss of rows whose documents are cut: averaged over tokens, then questions, then documents.

        noise: see `ContextTrainingConfig.neftune`.
        """
        factors, scaling, penalty = self._factors(rows)
        questions = [question for row in rows for question in row.questions]
        contexts = [i for i, row in enumerate(rows) for _ in row.questions]
        states = answer_states(self.model, factors, scaling, questions, contexts, self.chat.end, noise=noise)
        losses, wrong, surprise = self._token_losses(states, questions)
        each = torch.stack([of_one.mean() for of_one in losses.split([len(q.answer) for q in questions])])
        loss = torch.stack([of_one.mean() for of_one in each.split([len(row.questions) for row in rows])]).mean()
        divergences = losses if self.config.objective == DISTILLATION else None
        return AnswerLoss(loss, answers(questions, surprise, wrong, divergences), penalty)

    def _drawn(self) -> list[TokenRow]:
        """The rows of the next step, cut into chunks, with the drawn questions: the same in a resumed run.

        Which document a step begins with depends on the steps before it. So that a resumed run need not draw all of
        them again, one in `_STEPS_A_DRAW` steps starts a new stream, and drops what did not fit into the step before.
        """
        first = self.step - self.step % _STEPS_A_DRAW
        if self._coming is None or self._coming[0] != self.step or self.step == first:
            rng = random.Random(f"{self.config.seed} from step {first} of process {self.processes.process_index}")
            batches = self._in_budget(self._stream(rng))
            for _ in range(first, self.step):
                next(batches)
        else:
            batches = self._coming[1]
        self._coming = self.step + 1, batches
        return next(batches)

    def _stream(self, rng: random.Random) -> Iterator[TokenRow]:
        while True:
            row, most = rng.choice(self.rows), self.config.questions
            if len(row.questions) > most:
                row = replace(row, questions=tuple(rng.sample(row.questions, most)))
            yield self._cut(row, rng if self.config.several_chunks else None)

    def _in_budget(self, rows: Iterable[TokenRow]) -> Iterator[list[TokenRow]]:
        """Neighbouring rows in batches of the budget's tokens; one that does not fit opens the next."""
        most, tokens = self.config.batch, self.config.tokens
        return batched(rows, lambda some: len(some) <= most and sum(map(len, some)) <= tokens)

    def _cut(self, row: TokenRow, rng: random.Random | None = None) -> TokenRow:
        """A whole document in chunks: as many as are drawn with `rng`, or as long as the hypernetwork reads them."""
        if not row.whole:
            return row
        template, ids = self.hypernetwork.reading(self.chat)[0], row.chunks[0]
        if rng is None:
            chunks = split_evenly(ids, self.hypernetwork.config.chunk_tokens, template.prefix, template.suffix)
        else:
            chunks = split_into(ids, chunk_count(rng, len(ids)), template.prefix, template.suffix)
        return replace(row, chunks=chunks, whole=False)

    def _factors(self, rows: Sequence[TokenRow]) -> tuple[dict[str, BatchedFactors], float, Tensor]:
        """Each document's factors by module, their scaling, and the penalty on them."""
        chunks = [chunk for row in rows for chunk in row.chunks]
        ends = [0, *accumulate(len(row.chunks) for row in rows)]
        groups = [[Attached(c) for c in range(*span)] for span in pairwise(ends)]
        factors, scaling, _ = read_factors(self.model, self.hypernetwork, chunks, (), groups, _BUCKETS)
        # Zeros that pad documents of fewer chunks count, as in the reference.
        penalty = torch.stack([each.A.abs().mean() + each.B.abs().mean() for each in factors.values()]).mean()
        if not self.hypernetwork.config.use_bias:  # the reference leaves its place empty
            most = max(len(row.chunks) for row in rows)
            penalty = penalty * most / (most + 1)
        return factors, scaling, penalty

    def _token_losses(self, states: Tensor, questions: Sequence[EncodedQuestion]) -> tuple[Tensor, Tensor, Tensor]:
        """Of each answer token its loss, whether another is the most probable, and its own cross-entropy."""
        device = states.device
        ids = torch.tensor([token for q in questions for token in q.answer], device=device)
        tops: tuple[Tensor, ...] = ()
        if self.config.objective == DISTILLATION:  # `d2l` refuses rows without a teacher
            taught = [q.taught for q in questions if q.taught is not None]
            tops = (
                torch.cat([t.log_probs for t in taught]).to(device, torch.float32),
                torch.cat([t.ids for t in taught]).to(device, torch.long),
            )

        def of_some(states: Tensor, ids: Tensor, *tops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            logits = head_logits(self.model, states)
            surprise = F.cross_entropy(logits.float(), ids, reduction="none")
            loss = token_distillation(logits, *tops) if tops else surprise
            return loss, logits.argmax(-1) != ids, surprise

        parts = list(zip(*(x.split(_LOGITS_AT_ONCE) for x in (states, ids, *tops)), strict=True))
        if len(parts) == 1:
            return of_some(*parts[0])
        found = [checkpoint(of_some, *part, use_reentrant=False) for part in parts]  # backward computes logits again
        return tuple(torch.cat(of) for of in zip(*found, strict=True))  # type: ignore[return-value]


def chunk_count(rng: random.Random, tokens: int) -> int:
    """Into how many chunks a document of so many tokens is cut in the second stage.

    Drawn among the numbers that the sizes of chunks allow; the fewest that are short enough where they allow none.
    """
    fewest, most = math.ceil(tokens / _MOST_CHUNK), math.ceil(tokens / _LEAST_CHUNK)
    allowed = {count: share for count, share in _CHUNK_COUNTS.items() if fewest <= count <= most}
    return rng.choices(list(allowed), list(allowed.values()))[0] if allowed else fewest


def perceiver_optimizers(hypernetwork: nn.Module, config: ContextTrainingConfig) -> tuple[torch.optim.Optimizer, ...]:
    """AdamW; scalers, biases, norms and latents do not decay. Matrices by Muon, where the config says so."""
    decayed: list[nn.Parameter] = []
    whole: list[nn.Parameter] = []
    for name, parameter in hypernetwork.named_parameters():
        if parameter.requires_grad:
            (whole if any(part in name for part in _LEFT_WHOLE) else decayed).append(parameter)
    groups = [{"params": whole, "weight_decay": 0.0}]
    if not config.muon:
        groups.insert(0, {"params": decayed, "weight_decay": config.weight_decay})
    adamw = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, config.beta2), fused=True)
    if not config.muon:
        return (adamw,)
    return adamw, Muon(decayed, lr=config.learning_rate, weight_decay=config.weight_decay)


def _centre_gradient(_module: nn.Module, _args: tuple[Tensor, ...], output: Tensor) -> None:
    """A hook by which the gradient of a head's output loses its mean over documents, which the bias rows learn.

    Similar documents give features that are nearly one vector. An update along it is the same for all of them, and
    noise there grows until the network's output no longer depends on the document.
    """
    if output.requires_grad and len(output) > 1:
        output.register_hook(lambda gradient: gradient - gradient.mean(0, keepdim=True))


def token_distillation(logits: Tensor, top_log_probs: Tensor, top_ids: Tensor) -> Tensor:
    """Cross-entropy with the teacher's most probable tokens under the student's full distribution, `[answer token]`.

    Args:
        logits: `[answer token, vocabulary]`.
        top_log_probs: `[answer token, k]`, the teacher's log-probabilities (16 in the reference's data). Their sum over
            k may be below 1; it is not renormalised.
        top_ids: `[answer token, k]`, which tokens these are.
    """
    log_q = logits.gather(1, top_ids) - logits.logsumexp(-1, keepdim=True)
    return -(top_log_probs.exp() * log_q).sum(-1)
