"""The training of Doc-to-LoRA (arXiv 2602.15902): context distillation of documents into a Perceiver.

Rows are documents and answered questions in token ids, of taught examples or the reference's files. A step takes as
many as a budget of tokens allows, and the next begins with the one that did not fit: if that were dropped, long
documents would come less often than they are drawn. The reference packs the documents of a step into one row; here
those of similar length run together, with the same loss. In the second stage of the paper's training a document is cut
into several chunks, as many as are drawn.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from parametric_memory.batches import batched
from parametric_memory.errors import DocumentError
from parametric_memory.files import shown
from parametric_memory.hypernetworks.chunking import split_evenly, split_into
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.hypernetwork import Attached, BatchedFactors
from parametric_memory.language_model.answer_logits import head_logits
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.training.data.examples import Distribution, EncodedQuestion, Example, encode_question
from parametric_memory.training.data.question_answering import PARQUET, records_of
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.objective import Answered, AnswerLoss, answer_states, answers, by_source, measured
from parametric_memory.training.trainer import Muon, read_factors

_BUCKETS = 3  # of chunks of similar length
_STEPS_A_DRAW = 256  # whose documents are drawn in one stream; a resumed run draws at most so many again
_LOGITS_AT_ONCE = 512  # answer tokens whose logits are in memory at once
# In the second stage of the paper's training: tokens of a chunk, and how probable numbers of chunks are.
_LEAST_CHUNK, _MOST_CHUNK = 25, 512
_CHUNK_COUNTS = {1: 0.5, 2: 0.125, **dict.fromkeys(range(3, 9), 0.0625)}
_LEFT_WHOLE = ("scaler", "bias", "norm", "latents_q")  # parts of names of parameters that do not decay


@dataclass(frozen=True)
class ContextTrainingConfig(LoopConfig):
    """The recipe of the paper's main run."""

    steps: int = 80_000
    batch: int = 64  # documents of a step, at most
    learning_rate: float = 4e-5
    warmup: int = 100
    tokens: PositiveInt = 8192  # of documents and questions in a step and process; a longer document is on its own
    final_rate: float = 1e-7  # the learning rate at the end of the cosine
    objective: Literal["distillation", "cross-entropy"] = "distillation"  # the latter in the paper's needle experiment
    penalty: NonNegativeFloat = 0.1  # of the update's mean absolute value; 1.5 in the paper's needle experiment
    neftune: NonNegativeFloat = 5.0  # strength of noise on embeddings of questions and answers (arXiv 2310.05914)
    several_chunks: bool = False  # the second stage: documents are cut as `chunk_count` draws; else as long as can be
    questions: int = 8  # about one document, at most; those of a step are drawn
    centred: bool = False  # the gradient of the Perceiver's output loses its mean over documents: `_centre_gradient`
    muon: bool = False  # the Perceiver's matrices are trained by `Muon`, in place of the paper's AdamW
    beta2: float = 0.999


@dataclass(frozen=True, eq=False)
class TokenRow:
    """A document as a Perceiver reads it, and the questions about it."""

    chunks: Sequence[Sequence[int]]  # their ids
    questions: tuple[EncodedQuestion, ...]
    whole: bool = False  # the one chunk is a document with its template, which may be cut into several
    source: str = "documents"

    @property
    def taught_tokens(self) -> set[int]:
        """How many of the teacher's tokens are known for each answer token, by question; 0: it has no teacher."""
        return {0 if q.taught is None else q.taught.ids.shape[1] for q in self.questions}

    def __len__(self) -> int:
        """Tokens that are read, questions included."""
        return sum(map(len, self.chunks)) + sum(map(len, self.questions))


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
        super().__init__(hypernetwork, run, config, perceiver_optimizers(hypernetwork, config), validation)
        self.model, self.chat, self.rows = base.model, base.chat, rows
        self.batches = self._batches()  # begins with the first step that is made, behind a checkpoint's

    def rate(self) -> float:
        """Warm-up, then a cosine down to the final rate."""
        config = self.config
        if self.step < config.warmup:
            return (self.step + 1) / config.warmup
        last = config.final_rate / config.learning_rate
        done = (self.step - config.warmup) / max(1, config.steps - config.warmup)
        return last + (1 - last) * (1 + math.cos(math.pi * done)) / 2

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        rows, head = next(self.batches), self.hypernetwork.network.head
        with head.register_forward_hook(_centre_gradient) if self.config.centred else nullcontext():
            result = self.loss(rows, noise=self.config.neftune)
            (result.loss + self.config.penalty * result.penalty).backward()
        return by_source(rows, result.answered)

    def tested(self, items: Sequence[TokenRow], /) -> list[Answered]:
        """With documents cut as they are when they are internalized."""
        return [each for batch in self._in_budget(map(self._cut, items)) for each in self.loss(batch).answered]

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
        divergences = losses if self.config.objective == "distillation" else None
        return AnswerLoss(loss, answers(questions, surprise, wrong, divergences), penalty)

    def _batches(self) -> Iterator[list[TokenRow]]:
        """The rows of each step, cut into chunks, with the drawn questions: the same in a resumed run.

        Which document a step begins with depends on the steps before it. So that a resumed run need not draw all of
        them again, one in `_STEPS_A_DRAW` steps starts a new stream, and drops what did not fit into the step before.
        """
        step = self.step
        while True:
            first = step - step % _STEPS_A_DRAW
            rng = random.Random(f"{self.config.seed} from step {first} of process {self.processes.process_index}")
            yield from islice(self._in_budget(self._stream(rng)), step - first, _STEPS_A_DRAW)
            step = first + _STEPS_A_DRAW

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
        inputs = [states, torch.tensor([token for q in questions for token in q.answer], device=device)]
        if self.config.objective == "distillation":  # `d2l` refuses rows without a teacher
            taught = [q.taught for q in questions if q.taught is not None]
            inputs.append(torch.cat([t.log_probs for t in taught]).to(device, torch.float32))
            inputs.append(torch.cat([t.ids for t in taught]).to(device, torch.long))

        def of_some(states: Tensor, ids: Tensor, *tops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            logits = head_logits(self.model, states)
            surprise = F.cross_entropy(logits, ids, reduction="none")
            loss = token_distillation(logits, *tops) if tops else surprise
            return loss, logits.argmax(-1) != ids, surprise

        parts = zip(*(x.split(_LOGITS_AT_ONCE) for x in inputs), strict=True)
        found = [checkpoint(of_some, *part, use_reentrant=False) for part in parts]  # backward computes logits again
        loss, wrong, surprise = (torch.cat(of) for of in zip(*found, strict=True))
        return loss, wrong, surprise


def chunk_count(rng: random.Random, tokens: int) -> int:
    """Into how many chunks a document of so many tokens is cut in the second stage.

    Drawn among the numbers that the sizes of chunks allow; the fewest that are short enough where they allow none.
    """
    fewest, most = math.ceil(tokens / _MOST_CHUNK), math.ceil(tokens / _LEAST_CHUNK)
    allowed = {count: share for count, share in _CHUNK_COUNTS.items() if fewest <= count <= most}
    return rng.choices(list(allowed), list(allowed.values()))[0] if allowed else fewest


def perceiver_optimizers(hypernetwork: nn.Module, config: ContextTrainingConfig) -> tuple[torch.optim.Optimizer, ...]:
    """AdamW; scalers, biases, norms and latents do not decay. Matrices by Muon, where the config says so."""
    parts: dict[bool, list[nn.Parameter]] = {True: [], False: []}  # by whether they decay
    for name, parameter in hypernetwork.named_parameters():
        if parameter.requires_grad:
            parts[not any(part in name for part in _LEFT_WHOLE)].append(parameter)
    groups = [{"params": parts[False], "weight_decay": 0.0}]
    if not config.muon:
        groups.insert(0, {"params": parts[True], "weight_decay": config.weight_decay})
    adamw = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, config.beta2), fused=True)
    muon = [Muon(parts[True], lr=config.learning_rate, weight_decay=config.weight_decay)] if config.muon else []
    return adamw, *muon


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


def token_row(example: Example, hypernetwork: PerceiverHypernetwork, chat: ChatFormat) -> TokenRow:
    """An example as a Perceiver reads its document and is asked about it. Raises DocumentError: it has no tokens."""
    asked = tuple(
        EncodedQuestion(hypernetwork.question_form(chat)(q.text), encode_question(chat, q).answer, taught=q.taught)
        for q in example.questions
    )
    template, tokenizer = hypernetwork.reading(chat)
    return TokenRow([template.ids(tokenizer, example.document)], asked, whole=True, source=example.source)


def read_reference_rows(path: Path, vocabulary: int | None = None) -> Iterator[TokenRow]:
    """Rows as the reference implementation stores them, of a Parquet or JSON lines file, or of all files of a folder.

        ctx_ids             token ids of the document in its turns; or a list of them, for one that is in chunks already
        input_ids           of each question: the ids of question and answer
        response_start_end  of each: where its answer begins and ends in these
        logprobs_vals       of each: the teacher's log-probabilities, k for every token of the answer
        logprobs_indices    of each: which tokens these are

    Where a row has one question, the outer list may be left out. The last two may be missing.

    vocabulary: how many tokens the base model knows.

    Raises:
        DocumentError: a file cannot be read, or a row is of another form: its lists do not fit each other, or it has
            ids that the base model does not know.
        SettingsError: Parquet cannot be read without pyarrow.
    """
    files = sorted(f for f in path.rglob("*") if f.suffix in (PARQUET, ".jsonl", ".gz")) if path.is_dir() else [path]
    if not files:
        raise DocumentError(f"{path} holds no rows: neither Parquet nor JSON lines.")
    for file in files:
        for where, record in records_of(file):
            try:
                row = _reference_row(record, vocabulary, file.stem)
            except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
                reason = f"it lacks {error}" if isinstance(error, KeyError) else shown(error)
                raise DocumentError(f"{where} is no row of training data: {reason}.") from error
            yield row


def _reference_row(record: Mapping[str, Any], vocabulary: int | None, source: str) -> TokenRow:
    context, asked, spans = record["ctx_ids"], record["input_ids"], record["response_start_end"]
    logs, tops = record.get("logprobs_vals"), record.get("logprobs_indices")
    if (logs is None) is not (tops is None):
        raise ValueError("of logprobs_vals and logprobs_indices one is there and the other is not")
    if asked and isinstance(asked[0], int):
        asked, spans, logs, tops = [asked], [spans], logs and [logs], tops and [tops]
    chunks = [context] if context and isinstance(context[0], int) else context
    if not (chunks and all(chunks) and asked and all(asked)):
        raise ValueError("its document or a question has no tokens")
    known = [torch.tensor(ids) for ids in (*chunks, *asked)]
    questions, untaught = [], [None] * len(asked)
    for ids, (start, end), log_probs, top in zip(asked, spans, logs or untaught, tops or untaught, strict=True):
        if not 0 < start < end <= len(ids):
            raise ValueError(f"an answer from {start} to {end} does not lie in {len(ids)} tokens")
        taught = None
        if log_probs is not None:
            taught = Distribution(torch.tensor(top), torch.tensor(log_probs, dtype=torch.float32).half())
            if taught.ids.shape != taught.log_probs.shape or len(taught) != end - start:
                raise ValueError(f"an answer of {end - start} tokens needs as many lists of log-probabilities and ids")
            if not bool((taught.log_probs <= 0).all()):
                raise ValueError("a log-probability is above 0, or no number")
            known.append(taught.ids.flatten())
        questions.append(EncodedQuestion(ids[:start], ids[start:end], taught=taught))
    tokens = torch.cat(known)
    if tokens.is_floating_point():
        raise TypeError("token ids must be whole numbers")
    if tokens.min() < 0 or (vocabulary is not None and tokens.max() >= vocabulary):
        raise ValueError(
            f"token {tokens.max()} is none of the base model, which knows {vocabulary}: it is another's data"
        )
    return TokenRow(chunks, tuple(questions), whole=chunks[0] is context, source=source)
