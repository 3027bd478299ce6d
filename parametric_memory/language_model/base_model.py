"""The base model: a frozen decoder with its tokenizer, answering requests that each carry their own adapter or none.

Adapters travel with the request: nothing of them stays in the model's modules. One forward pass at a time runs on a
model; requests of other threads wait. Knows nothing about memories, indexes or where adapters come from.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import AdapterError, ConversationTooLong, SettingsError
from parametric_memory.fetching.hub import loading
from parametric_memory.language_model import precision, small_weights
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.language_model.decoding import Answer, Batch, empty_cache
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.language_model.requests import Completion, Request

logger = logging.getLogger(__name__)

_SIZES = ("model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "vocab_size")
_ATTENTION = ("num_attention_heads", "num_key_value_heads", "head_dim")
_SAMPLE = 512  # numbers of a tensor
_PEFT_PREFIX = "base_model.model."
_MOST_WIDENED = 1_000_000_000  # parameters of a model that may take twice the memory for speed
_compared: WeakKeyDictionary[nn.Module, str] = WeakKeyDictionary()  # with the fingerprint that a model was compared to


class BaseModel:
    """A model, which is put into evaluation mode, and its tokenizer. `load` reads them from a folder or a hub.

    Attributes:
        name: a name that `load` takes.
        title: its name in messages, which also says if it is a quantized copy.
        busy: held for each forward pass.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: Any, name: str, title: str | None = None):
        self.model, self.tokenizer, self.name, self.title = model.eval(), tokenizer, name, title or name
        self.busy = threading.RLock()

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

        dtype: of the weights, as transformers takes it. "auto": the checkpoint's own, or float32 for a small model
            on a processor that is slow in bfloat16, see `bfloat16_is_slow`. A Llama in 4 bits decodes from these
            where there are kernels, see `make_lean`.

        Raises ModelUnavailable: there is no such folder, or no such model on a hub that can be reached.
        """
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        options: dict[str, Any] = {"trust_remote_code": trust_remote_code}
        with loading(
            name_or_path,
            lambda reason: (
                f"Cannot load the base model {name_or_path}: {reason}. Name a folder with a transformers model, or a "
                "hub id where the hub can be reached."
            ),
        ) as options["local_files_only"]:
            tokenizer = AutoTokenizer.from_pretrained(name_or_path, **options)
            model = AutoModelForCausalLM.from_pretrained(name_or_path, dtype=dtype, **options)
        if dtype == "auto" and not getattr(model, "is_quantized", False):
            widen = precision.bfloat16_is_slow(device) and model.num_parameters() <= _MOST_WIDENED
            dtype_of_sums = torch.float32 if widen else model.dtype
            lean = small_weights.has_kernels(device) and small_weights.make_lean(model, dtype_of_sums)
            if widen and not lean:
                model.float()
        return cls(model.to(device).requires_grad_(False), tokenizer, str(name_or_path))

    @property
    def window(self) -> int | None:
        """The longest prompt and answer together, in tokens; None where the configuration does not say."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    def check_fits(self, prompt: Sequence[int], what: str, way_out: str) -> None:
        """Raises ConversationTooLong: the window has no room for an answer to the prompt.

        what, way_out: what is too long and how to make it shorter, for the message.
        """
        if self.window and len(prompt) >= self.window:
            raise ConversationTooLong(
                f"{what}: {len(prompt)} tokens, and the window of {self.name} has {self.window}: {way_out}."
            )

    @cached_property
    def chat(self) -> ChatFormat:
        return ChatFormat.of(self.tokenizer, next(iter(self._configured_ends), None))

    @cached_property
    def fingerprint(self) -> str:
        """Identifies this model's weights, as 16 hex digits."""
        return weights_fingerprint(self.model)

    @cached_property
    def signature(self) -> str:
        """Identifies architecture, sizes, vocabulary and chat format, but not the weights, as 16 hex digits."""
        digest = hashlib.sha256(architecture(self.model).encode())
        for token, number in sorted(self.tokenizer.get_vocab().items()):
            digest.update(f"{number}={token};".encode("utf-8", "surrogatepass"))
        digest.update(repr((self.chat.before, self.chat.after, self.chat.end)).encode())
        return digest.hexdigest()[:16]

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
        """Whether all layers cache the keys and values of all tokens in order, so that answers can share a cache."""
        [cache] = empty_cache(self.model).values()
        return bool(cache.layers) and all(type(layer) is DynamicLayer for layer in cache.layers)

    @cached_property
    def grammar_tokens(self) -> Any:
        """The tokenizer for llguidance. Raises SettingsError: it is not of the `tokenizers` library."""
        from llguidance.hf import from_tokenizer

        try:
            return from_tokenizer(self.tokenizer, self.model.config.get_text_config().vocab_size, self.stop_ids)
        except ValueError as error:
            raise SettingsError("The base model's tokenizer is too slow for answers that fit a schema.") from error

    @property
    def _configured_ends(self) -> list[int]:
        """Tokens that end an answer by the model's configuration."""
        configured = self.model.generation_config.eos_token_id
        return [i for i in (configured if isinstance(configured, list) else [configured]) if i is not None]

    def generate(self, requests: Sequence[Request], abandoned: threading.Event | None = None) -> list[Completion]:
        """Answer a batch; each request under its own adapter and settings.

        abandoned: another thread sets it when nobody wants the answers any more; they end as they are.
        """
        answers, batch = [Answer(self, request, abandoned=abandoned) for request in requests], Batch(self)
        with self.busy, torch.inference_mode():
            if answers:
                batch.join(answers)
            batch.leave()
            while batch.answers:
                batch.step()
                batch.leave()
        return [answer.completion for answer in answers]

    def length(self, row: Sequence[int]) -> int:
        """The number of tokens before the one that ends an answer."""
        return next((i for i, token in enumerate(row) if token in self.stop_ids), len(row))


def weights_fingerprint(model: nn.Module) -> str:
    """Identifies a model's weights by its sizes and a sample of its tensors, as 16 hex digits.

    A PEFT model has the fingerprint of the model that it wraps.
    """
    digest = hashlib.sha256(_described(model, _SIZES).encode())
    for name, tensor in sorted(_own_tensors(model)):
        sample = tensor.detach().flatten()[:_SAMPLE].to("cpu", torch.bfloat16)
        digest.update(name.encode())
        digest.update(sample.view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:16]


def architecture(model: nn.Module) -> str:
    """A model's architecture and sizes, as text."""
    return _described(model, (*_SIZES, *_ATTENTION))


def _described(model: nn.Module, fields: tuple[str, ...]) -> str:
    config: Any = model.config
    text = config.get_text_config()
    return "".join(f"{name}={getattr(text, name, None)};" for name in fields)


def _own_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """A model's tensors under the names that they have without PEFT."""
    wrapped = tuple(f"{name}." for name, module in model.named_modules() if hasattr(module, "base_layer"))
    for name, tensor in model.state_dict().items():
        if name.startswith(wrapped):
            if ".base_layer." not in name:
                continue
            name = name.replace(".base_layer.", ".")
        yield name.removeprefix(_PEFT_PREFIX), tensor


@contextmanager
def attached(model: nn.Module, adapter: Adapter | None, made_for: BaseModel | None = None) -> Iterator[None]:
    """Inside the block, and in this thread, a model of the caller's answers under the adapter.

    The model is one of transformers or of PEFT, whose own adapters stay active. It is bit-identical afterwards.

    made_for: the base model that the adapter was made for. A model of other weights or another architecture that
        the adapter fits in names and sizes is used all the same, after one warning.

    Raises AdapterError: the model lacks one of the adapter's modules, or has one of another size.
    """
    if adapter is None:
        yield
        return
    modules = dict(model.named_modules())
    hooks = adapter_hooks(model, [Adapter({_name_in(modules, name): f for name, f in adapter.factors.items()})])
    if made_for is not None and model is not made_for.model:
        _warn_of_another_model(model, made_for)
    with hooks:
        yield


def _name_in(modules: dict[str, nn.Module], name: str) -> str:
    """A module's name in a model that may be wrapped. Where PEFT has wrapped the module, the name of PEFT's layer: DoRA
    scales the output of the module inside it. Raises AdapterError: there is none."""
    found = name if name in modules else next((n for n in modules if n.endswith(f".{name}")), None)
    if found is None:
        raise AdapterError(f"The model has no module {name}: the adapter was made for another base model.")
    return found


def _warn_of_another_model(model: nn.Module, made_for: BaseModel) -> None:
    """Warns once if a model is not the one that an adapter was made for."""
    if _compared.get(model) == made_for.fingerprint:
        return
    if not hasattr(getattr(model, "config", None), "get_text_config"):  # no model of transformers
        return
    _compared[model] = made_for.fingerprint
    if architecture(model) != architecture(made_for.model):
        told = "is another one, into which it only fits: what it answers under the adapter may mean nothing"
    else:
        with suppress(NotImplementedError, RuntimeError):  # packed weights or such on a disk, which no checkpoint has
            if weights_fingerprint(model) == made_for.fingerprint:
                return
        told = (
            "is of the same architecture and has other weights: how well it answers under the adapter was not measured"
        )
    logger.warning("The adapter was made for %s. This model %s.", made_for.title, told)
