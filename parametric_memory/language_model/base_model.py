"""The base model: a frozen decoder with its tokenizer, answering requests that each carry their own adapter or none.

Adapters travel with the request: nothing of them stays in the model's modules. One forward pass at a time runs on a
model; requests of other threads wait. Knows nothing about memories, indexes or where adapters come from.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import ConversationTooLong, ModelUnavailable
from parametric_memory.language_model.answer_rules import ScoredByRules
from parametric_memory.language_model.fingerprint import signature, weights_fingerprint
from parametric_memory.language_model.precision import bfloat16_is_slow
from parametric_memory.language_model.requests import Completion, Request
from parametric_memory.language_model.streaming import Telling, TellingUntilDoubt, cut_at_stop

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.language_model.chat import ChatFormat
    from parametric_memory.language_model.hooks import RequestAdapters
    from parametric_memory.language_model.merged import SharedRows


# What a checkpoint's own generation settings may hold (penalties, filters, beams) must not reach an answer.
NO_SETTINGS_OF_THE_CHECKPOINT: dict[str, Any] = {
    "num_beams": 1,
    **dict.fromkeys(
        (
            "bad_words_ids",
            "begin_suppress_tokens",
            "encoder_no_repeat_ngram_size",
            "encoder_repetition_penalty",
            "epsilon_cutoff",
            "eta_cutoff",
            "exponential_decay_length_penalty",
            "forced_bos_token_id",
            "forced_eos_token_id",
            "guidance_scale",
            "min_length",
            "min_new_tokens",
            "min_p",
            "no_repeat_ngram_size",
            "repetition_penalty",
            "sequence_bias",
            "suppress_tokens",
            "top_k",
            "typical_p",
        )
    ),
}

_SEARCH: dict[str, Any] = {"length_penalty": 1.0, "early_stopping": False, "num_return_sequences": 1}
_LOOKED_AHEAD = 64  # tokens, at most, for a better answer than an unsure one
_WAITED = 0.1  # seconds for a model that is busy, before a stream looks whether anybody still reads it
_MOST_WIDENED = 1_000_000_000  # numbers of a model that may take twice the memory for speed


@dataclass(frozen=True)
class UnderAdapters:
    """A model that answers under some adapters while they are attached.

    Attributes:
        model: its weights hold the rows that these share.
    """

    model: PreTrainedModel
    _adapters: RequestAdapters

    @contextmanager
    def attached(self) -> Iterator[None]:
        """See `RequestAdapters.attached`."""
        from parametric_memory.language_model.small_weights import writing

        with self._adapters.attached(), _own_inputs(self.model.get_output_embeddings()), writing():
            yield


class BaseModel:
    """A model, which is put into evaluation mode, and its tokenizer. `load` reads them from a folder or a hub.

    Attributes:
        name: what it can be loaded by again.
        title: what messages call it: its name, unless it is only a copy of what goes by that name.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: Any, name: str, title: str | None = None):
        self.model, self.tokenizer, self.name, self.title = model.eval(), tokenizer, name, title or name
        self.busy = threading.RLock()
        self._shared_rows: SharedRows | None = None

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        *,
        device: str | None = None,
        dtype: str = "auto",
        trust_remote_code: bool = False,
    ) -> BaseModel:
        """Load a model for inference, on a GPU where there is one.

        Args:
            dtype: of the weights, as transformers takes it. "auto" is the checkpoint's own; but a small model on a
                processor that is slow in bfloat16, see `bfloat16_is_slow`, computes in float32. A Llama in 4 bits
                writes from these where there are kernels, see `make_lean`.

        Raises:
            ModelUnavailable: there is no such folder, or no such model on a hub that can be reached.
        """
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from parametric_memory.fetching.hub import hub_reachable, quiet_transformers
        from parametric_memory.language_model.lean_llama import make_lean
        from parametric_memory.language_model.small_weights import has_kernels

        cached_only = not Path(name_or_path).is_dir() and not hub_reachable()
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        options: dict[str, Any] = {"trust_remote_code": trust_remote_code, "local_files_only": cached_only}
        try:
            with quiet_transformers():
                tokenizer = AutoTokenizer.from_pretrained(name_or_path, **options)
                model = AutoModelForCausalLM.from_pretrained(name_or_path, dtype=dtype, **options)
        except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
            reason = shorten(str(error) or type(error).__name__, 200)
            if cached_only:
                reason = "there is no such folder, and the hub cannot be reached."
            raise ModelUnavailable(
                f"Cannot load the base model {name_or_path}: {reason} Name a folder with a transformers model, or a "
                "hub id where the hub can be reached."
            ) from error
        if dtype == "auto" and not getattr(model, "is_quantized", False):
            widen = bfloat16_is_slow(device) and model.num_parameters() <= _MOST_WIDENED
            lean = has_kernels(device) and make_lean(model, torch.float32 if widen else model.dtype)
            if widen and not lean:
                model.float()
        return cls(model.to(device).requires_grad_(False), tokenizer, str(name_or_path))

    @property
    def window(self) -> int | None:
        """How many tokens the model can see, the answer included; None where its configuration does not say."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    def fits(self, prompt: Sequence[int]) -> bool:
        """Whether the window has room for a prompt and for the beginning of an answer."""
        return not self.window or len(prompt) < self.window

    def check_fits(self, prompt: Sequence[int], what: str, way_out: str) -> None:
        """Raises ConversationTooLong, which says what is too long and the way out, where `fits` says no."""
        if not self.fits(prompt):
            raise ConversationTooLong(
                f"{what}: {len(prompt)} tokens, and the window of {self.name} has {self.window}: {way_out}."
            )

    @cached_property
    def chat(self) -> ChatFormat:
        from parametric_memory.language_model.chat import ChatFormat

        return ChatFormat.of(self.tokenizer, next(iter(self._configured_ends), None))

    @cached_property
    def fingerprint(self) -> str:
        """Tells this model's weights from any other's, as 16 hex digits."""
        return weights_fingerprint(self.model)

    @cached_property
    def signature(self) -> str:
        """Tells what this model is, whatever its weights: architecture, sizes, vocabulary and chat format."""
        return signature(self.model, self.chat)

    @cached_property
    def stop_ids(self) -> list[int]:
        """Tokens that end an answer."""
        own = self.tokenizer.eos_token_id
        return sorted({*self._configured_ends, self.chat.end} | ({own} if own is not None else set()))

    @property
    def _configured_ends(self) -> list[int]:
        """Tokens that end an answer, as the model's own configuration says."""
        configured = self.model.generation_config.eos_token_id
        return [i for i in (configured if isinstance(configured, list) else [configured]) if i is not None]

    def generate(
        self,
        requests: Sequence[Request],
        rescore: Callable[[Tensor, Tensor], Tensor] | None = None,
        stop: Callable[..., Tensor] | None = None,
    ) -> list[Completion]:
        """Answer a batch; each request under its own adapter. Temperature, top_p and stops are shared: see `Request`.

        Args:
            rescore: ids so far `[request, token]` and scores of the next token `[request, vocabulary]` -> other scores.
                Such answers are not searched for.
            stop: a criterion, as transformers takes it, at which answers end as they are.
        """
        started = time.perf_counter()
        found: dict[int, Completion] = {}
        with self.busy:
            greedy = [i for i, r in enumerate(requests) if rescore or r.search.begins_greedily]
            if greedy:
                found.update(zip(greedy, self._generate([requests[i] for i in greedy], 1, rescore, stop), strict=True))
            groups: dict[tuple[int, int], list[int]] = {}
            for i, asked in enumerate(requests):
                if i not in found:
                    groups.setdefault((asked.search.beams, asked.max_new_tokens), []).append(i)
                elif _is_unsure(asked, found[i]) and not rescore:
                    groups.setdefault((asked.search.beams, min(asked.max_new_tokens, _LOOKED_AHEAD)), []).append(i)
            for (beams, limit), members in groups.items():  # of one length each: where beams end decides which is best
                again = [replace(requests[i], max_new_tokens=limit) for i in members]
                for i, better in zip(members, self._generate(again, beams, stop=stop), strict=True):
                    if _ends_in_time(better, limit, requests[i]):
                        seconds = time.perf_counter() - started
                        found[i] = replace(better, first_token=seconds, total=seconds)
        return [found[i] for i in range(len(requests))]

    @contextmanager
    def answering(self, adapters: Sequence[Adapter | None]) -> Iterator[PreTrainedModel]:
        """Inside the block, and in this thread, what it gives answers under these adapters, one a row of the batch.

        Rows that all documents share are in weights of its own, see `SharedRows`; the model itself has none of them.

        Raises:
            AdapterError: an adapter is none for this model.
        """
        with self.busy:
            under = self.under(adapters)
            with under.attached():
                yield under.model

    def under(self, adapters: Sequence[Adapter | None]) -> UnderAdapters:
        """What `answering` is made of, ready for any number of forward passes. Whoever calls this has the model, see
        `busy`. Raises as `answering` does."""
        from parametric_memory.language_model.hooks import RequestAdapters
        from parametric_memory.language_model.merged import SharedRows

        self._shared_rows = self._shared_rows or SharedRows()
        model, left = self._shared_rows.under(self.model, adapters)
        return UnderAdapters(model, RequestAdapters(model, left))

    def better(self, request: Request, greedy: Completion) -> Completion:
        """What `generate` gives in place of a greedy answer: a better one, where that is unsure and one is found."""
        started = time.perf_counter()
        found = self.best_end(request) if _is_unsure(request, greedy) else None
        if found is None:
            return greedy
        seconds = greedy.total + time.perf_counter() - started
        return replace(found, first_token=seconds, total=seconds)

    def best_end(self, request: Request, stop: Callable[..., Tensor] | None = None) -> Completion | None:
        """The answer in as many beams as its search names; None where it would be longer than is looked ahead."""
        search = request.search
        limit = request.max_new_tokens if search.unless_sure is None else min(request.max_new_tokens, _LOOKED_AHEAD)
        [found] = self._generate([replace(request, max_new_tokens=limit)], search.beams, stop=stop)
        return found if _ends_in_time(found, limit, request) else None

    def _generate(
        self,
        requests: Sequence[Request],
        beams: int,
        rescore: Callable[[Tensor, Tensor], Tensor] | None = None,
        stop: Callable[..., Tensor] | None = None,
    ) -> list[Completion]:
        import torch
        from transformers import StoppingCriteriaList

        ids, mask = self._left_padded([r.prompt for r in requests])
        clock, likeliest = _Clock(), _Likeliest()
        with self.busy, torch.inference_mode(), self.answering([r.adapter for r in requests]) as model:
            written = model.generate(
                ids,
                attention_mask=mask,
                streamer=clock if len(requests) == beams == 1 else None,
                logits_processor=[
                    *([rescore] if rescore else []),
                    *self._rules(requests, ids.shape[1]),
                    *([likeliest] if beams == 1 else []),
                ],
                stopping_criteria=StoppingCriteriaList([stop] if stop else []),
                **self._generation_options(requests, beams),
            )
            behind_prompts = written[:, ids.shape[1] :].tolist()
            rows = [self._answer(row, r) for row, r in zip(behind_prompts, requests, strict=True)]
            if requests[0].temperature > 0:
                confidences: Sequence[float | None] = [None] * len(rows)
            elif beams == 1:
                confidences = likeliest.of_answers(rows)
            else:
                confidences = [self._confidence(r, row) for r, row in zip(requests, rows, strict=True)]
        total = clock.elapsed()
        return [
            self._completion(row, r, clock.first or total, total, confidence)
            for row, r, confidence in zip(rows, requests, confidences, strict=True)
        ]

    def stream(self, request: Request, abandoned: threading.Event | None = None) -> Iterator[str]:
        """The answer, or a sampled one, piece by piece, while a background thread generates.

        What was told stays. Where `generate` looks for a better answer than an unsure one, this looks for a better end
        of it, from its first unsure token on.

        Args:
            abandoned: set, from another thread, where nobody wants it any more; it ends where it is.
        """
        telling, failure = Telling(self.tokenizer, self.stop_ids, abandoned), []

        def work() -> None:
            try:
                while not self.busy.acquire(timeout=_WAITED):
                    if telling.is_unwanted:  # perhaps by the thread that is busy: it must not be waited for
                        return
                try:
                    self._tell(request, telling)
                finally:
                    self.busy.release()
            except Exception as error:  # handed to the reader, who raises it
                failure.append(error)
            finally:
                telling.end()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield from telling.pieces(request.stop)
        finally:
            telling.abandoned.set()
            thread.join()
        if failure:
            raise failure[0]

    def _tell(self, request: Request, telling: Telling) -> None:
        search = request.search
        if search.begins_greedily:
            may_doubt = search.beams > 1 and request.temperature == 0
            written, doubted = self._tell_greedily(request, telling, search.unless_sure if may_doubt else None)
            if not doubted or telling.is_unwanted:
                return
            left = request.max_new_tokens - len(written)
            prompt = [*request.prompt, *written]
            request = replace(request, prompt=prompt, max_new_tokens=left, begun=request.begun + len(written))
        end = self.best_end(request, telling.stop)
        if end is not None:
            telling.tell(end.token_ids)
        else:
            self._tell_greedily(request, telling)

    def _tell_greedily(self, request: Request, telling: Telling, least: float | None = None) -> tuple[list[int], bool]:
        """The tokens told, and whether what follows them is less probable than `least`."""
        import torch
        from transformers import StoppingCriteriaList

        ids, mask = self._left_padded([request.prompt])
        run = TellingUntilDoubt(telling, least)
        with torch.inference_mode(), self.answering([request.adapter]) as model:
            written = model.generate(
                ids,
                attention_mask=mask,
                streamer=run,
                logits_processor=[*self._rules([request], ids.shape[1]), run.watch],
                stopping_criteria=StoppingCriteriaList([run.stop]),
                **self._generation_options([request], beams=1),
            )
        doubted = run.doubt is not None and run.doubt < written.shape[1]  # not behind an end that was seen late
        return written[0, ids.shape[1] : run.doubt].tolist(), doubted

    def _rules(self, requests: Sequence[Request], prompt_end: int) -> list[ScoredByRules]:
        """The processor of scores for what the answers to these requests hardly say, if there are rules for any."""
        rules = [r.search.rules for r in requests]
        if not any(rules):
            return []
        penalties = [own.penalties(self.chat) if own is not None else None for own in rules]
        return [ScoredByRules(penalties, [prompt_end - r.begun for r in requests])]

    def _left_padded(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Ids and attention mask of a batch of prompts, which end together."""
        import torch

        longest, pad = max(map(len, prompts)), self.chat.end
        ids = [[pad] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        return torch.tensor(ids, device=self.model.device), torch.tensor(mask, device=self.model.device)

    def _generation_options(self, requests: Sequence[Request], beams: int) -> dict[str, Any]:
        first = requests[0]
        stops = sorted({s for r in requests for s in r.stop})
        options: dict[str, Any] = {
            "max_new_tokens": max(r.max_new_tokens for r in requests),
            "do_sample": first.temperature > 0,
            "pad_token_id": self.chat.end,
            "eos_token_id": self.stop_ids,
            **NO_SETTINGS_OF_THE_CHECKPOINT,
            **({"num_beams": beams, **_SEARCH} if beams > 1 else {}),
            "temperature": first.temperature or None,
            "top_p": first.top_p if first.temperature > 0 else None,
        }
        return {**options, "stop_strings": stops, "tokenizer": self.tokenizer} if stops else options

    def _answer(self, row: list[int], request: Request) -> list[int]:
        """What was written for a request, with the token that ends it; what stands behind a stop is padding."""
        row = row[: request.max_new_tokens]
        length = self.length(row)
        stopped = bool(request.stop) and cut_at_stop(text := self.chat.decode(row[:length]), request.stop) != text
        return row[: length if stopped else length + 1]

    def length(self, row: Sequence[int]) -> int:
        """How many tokens stand before the one that ends an answer."""
        return next((i for i, token in enumerate(row) if token in self.stop_ids), len(row))

    def _confidence(self, request: Request, answer: Sequence[int]) -> float:
        """See `Completion`. answer: with the token that ends it."""
        import torch

        from parametric_memory.language_model.answer_logits import answer_logits

        with self.answering([request.adapter]) as model:
            logits = answer_logits(model, [request.prompt], [answer], self.chat.end)
        ids = torch.tensor([[*request.prompt, *answer]])
        for scored in self._rules([request], len(request.prompt)):
            for place in range(len(answer)):
                logits[place : place + 1] = scored(ids[:, : len(request.prompt) + place], logits[place : place + 1])
        chosen = torch.tensor(answer, device=logits.device)[:, None]
        return logits.softmax(-1).gather(1, chosen).min().item()

    def _completion(
        self, row: list[int], request: Request, first: float, total: float, confidence: float | None
    ) -> Completion:
        ids = row[: self.length(row)]
        text = cut_at_stop(self.chat.decode(ids), request.stop)
        return Completion(text, ids, first, total, confidence)


@contextmanager
def _own_inputs(module: nn.Module | None) -> Iterator[None]:
    """Inside the block, a head reads the last position of a prompt as a tensor of its own.

    Of a view of all positions, PyTorch copies the head's weight before it multiplies: in bfloat16 on a CPU that takes
    longer than reading the prompt (PyTorch 2.13).
    """
    import torch

    def copied(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(x.clone(memory_format=torch.contiguous_format) for x in inputs)  # also where it seems contiguous

    handle = None if module is None else module.register_forward_pre_hook(copied)
    try:
        yield
    finally:
        if handle is not None:
            handle.remove()


class _Likeliest:
    """A processor of scores that changes none and keeps the probability of each greedy token."""

    def __init__(self) -> None:
        self.steps: list[Tensor] = []

    def __call__(self, _ids: Tensor, scores: Tensor) -> Tensor:
        self.steps.append(scores.float().softmax(-1).amax(-1))
        return scores

    def of_answers(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """The least of each answer's probabilities."""
        import torch

        by_answer = torch.stack(self.steps, dim=1).tolist()
        return [min(probabilities[: len(row)]) for probabilities, row in zip(by_answer, rows, strict=True)]


class _Clock:
    """A streamer that keeps no text, only the time of the first new token."""

    def __init__(self) -> None:
        self.started, self.first, self.calls = time.perf_counter(), 0.0, 0

    def put(self, _value: Any) -> None:
        self.calls += 1
        if self.calls == 2:  # the first call brings the prompt
            self.first = self.elapsed()

    def end(self) -> None:
        pass

    def elapsed(self) -> float:
        return time.perf_counter() - self.started


def _is_unsure(request: Request, completion: Completion) -> bool:
    search, confidence = request.search, completion.confidence
    if search.beams == 1 or search.unless_sure is None or confidence is None:
        return False
    return confidence < search.unless_sure


def _ends_in_time(completion: Completion, limit: int, request: Request) -> bool:
    """Whether an answer of at most so many tokens is all that the request could have been answered with."""
    return len(completion.token_ids) < limit or limit == request.max_new_tokens
