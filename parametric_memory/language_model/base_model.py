"""The base model: a frozen decoder with its tokenizer, answering requests that each carry their own adapter or none.

Adapters travel with the request: nothing of them stays in the model's modules. One forward pass at a time runs on a
model; requests of other threads wait. Knows nothing about memories, indexes or where adapters come from.
"""

from __future__ import annotations

import hashlib
import inspect
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import ConversationTooLong, ModelUnavailable, SettingsError
from parametric_memory.language_model.decoding import (
    Answer,
    Batch,
    Rescore,
    better,
    first_look,
    keeps_every_token,
    second_look,
)
from parametric_memory.language_model.requests import Completion, Request

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.language_model.chat import ChatFormat
    from parametric_memory.language_model.hooks import RequestAdapters
    from parametric_memory.language_model.merged import SharedRows


_SIZES = ("model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "vocab_size")
_ATTENTION = ("num_attention_heads", "num_key_value_heads", "head_dim")
_SAMPLE = 512  # numbers of a tensor
_PEFT_PREFIX = "base_model.model."
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
        from parametric_memory.language_model.precision import bfloat16_is_slow
        from parametric_memory.language_model.small_weights import has_kernels, make_lean

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

    @cached_property
    def takes_positions(self) -> bool:
        """Whether the model's forward pass takes the tokens' positions."""
        return "position_ids" in inspect.signature(self.model.forward).parameters

    @cached_property
    def keeps_every_token(self) -> bool:
        """Whether its cache does, so that answers of different lengths can share one: see `decoding`."""
        return keeps_every_token(self.model)

    @cached_property
    def grammar_tokens(self) -> Any:
        """The tokenizer as llguidance reads it. Raises SettingsError: it is not of the `tokenizers` library."""
        from llguidance.hf import from_tokenizer

        try:
            return from_tokenizer(self.tokenizer, self.model.config.get_text_config().vocab_size, self.stop_ids)
        except ValueError as error:
            raise SettingsError("The base model's tokenizer is too slow for answers that fit a schema.") from error

    @property
    def _configured_ends(self) -> list[int]:
        """Tokens that end an answer, as the model's own configuration says."""
        configured = self.model.generation_config.eos_token_id
        return [i for i in (configured if isinstance(configured, list) else [configured]) if i is not None]

    def generate(
        self, requests: Sequence[Request], rescore: Rescore | None = None, abandoned: threading.Event | None = None
    ) -> list[Completion]:
        """Answer a batch; each request under its own adapter and settings.

        Args:
            rescore: scores of the next tokens `[request, vocabulary]` -> other scores, of the requests that are not
                over. Changes them in place, or not.
            abandoned: set, from another thread, where nobody wants the answers any more; they end as they are.
        """
        found = self._generate([first_look(request) for request in requests], rescore, abandoned)
        unsure = [(i, again) for i, r in enumerate(requests) if not rescore and (again := second_look(r, found[i]))]
        others = self._generate([again for _, again in unsure], abandoned=abandoned)
        for (i, again), other in zip(unsure, others, strict=True):
            found[i] = better(requests[i], found[i], again, other)
        return found

    def _generate(
        self, requests: Sequence[Request], rescore: Rescore | None = None, abandoned: threading.Event | None = None
    ) -> list[Completion]:
        import torch

        answers = [Answer(self, request, abandoned=abandoned) for request in requests]
        batch = Batch(self)
        with self.busy, torch.inference_mode():
            if answers:
                batch.join(answers, rescore)
            batch.leave()
            while batch.answers:
                batch.step(rescore)
                batch.leave()
        return [answer.completion for answer in answers]

    def length(self, row: Sequence[int]) -> int:
        """How many tokens stand before the one that ends an answer."""
        return next((i for i, token in enumerate(row) if token in self.stop_ids), len(row))

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

    def stream(self, request: Request, abandoned: threading.Event | None = None) -> Generator[str, None, Completion]:
        """The answer that `generate` gives, piece by piece; returns the whole. Other threads get the model between two
        tokens.

        Args:
            abandoned: as of `generate`; nothing more is told then.
        """
        import torch

        pieces: list[str | None] = []
        answer, batch = Answer(self, request, pieces.append, abandoned), Batch(self)
        while not answer.done.is_set():
            while not self.busy.acquire(timeout=_WAITED):
                if answer.is_unwanted:
                    return answer.completion
            try:
                with torch.inference_mode():
                    if batch.answers:
                        batch.step()
                    else:
                        batch.join([answer])
                    batch.leave()
            finally:
                self.busy.release()
            yield from filter(None, pieces)
            pieces.clear()
        return answer.completion


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


def weights_fingerprint(model: nn.Module) -> str:
    """Tells this model's weights from any other's: sizes and a sample of its tensors, as 16 hex digits.

    Of a PEFT model: those of the model that it wraps, whose fingerprint it has too.
    """
    import torch

    digest = hashlib.sha256(_described(model, _SIZES))
    for name, tensor in sorted(_own_tensors(model)):
        sample = tensor.detach().flatten()[:_SAMPLE].to("cpu", torch.bfloat16)
        digest.update(name.encode())
        digest.update(sample.view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:16]


def architecture(model: nn.Module) -> str:
    """The name of a model's architecture and its sizes."""
    return _described(model, (*_SIZES, *_ATTENTION)).decode()


def signature(model: nn.Module, chat: ChatFormat) -> str:
    """Tells what a model is, whatever its weights, as 16 hex digits: architecture, sizes, vocabulary, chat format."""
    digest = hashlib.sha256(architecture(model).encode())
    for token, number in sorted(chat.tokenizer.get_vocab().items()):
        digest.update(f"{number}={token};".encode("utf-8", "surrogatepass"))
    digest.update(repr((chat.before, chat.after, chat.end)).encode())
    return digest.hexdigest()[:16]


def _described(model: nn.Module, fields: tuple[str, ...]) -> bytes:
    config: Any = model.config
    text = config.get_text_config()
    return "".join(f"{name}={getattr(text, name, None)};" for name in fields).encode()


def _own_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """A model's tensors by name, without what PEFT put around them."""
    wrapped = tuple(f"{name}." for name, module in model.named_modules() if hasattr(module, "base_layer"))
    for name, tensor in model.state_dict().items():
        if name.startswith(wrapped):
            if ".base_layer." not in name:
                continue
            name = name.replace(".base_layer.", ".")
        yield name.removeprefix(_PEFT_PREFIX), tensor
