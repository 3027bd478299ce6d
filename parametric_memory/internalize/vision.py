"""Documents with pictures as inputs of a decoder, in place of token ids.

Any `AutoModelForImageTextToText` fits the seam `Vision`, with its own processor and chat template. Knows nothing about
hypernetworks and memories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

from parametric_memory.errors import DocumentError
from parametric_memory.fetching.hub import loading
from parametric_memory.files import shown
from parametric_memory.hypernetworks.hypernetwork import Seen
from parametric_memory.language_model.hooks import adapter_hooks

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.internalize.pictures import PictureDocument

CAPTION = "What does the picture show? Answer in one sentence."
_CAPTION_TOKENS = 48


class Vision(Protocol):
    """A model that reads documents with pictures."""

    name: str
    reader: PreTrainedModel  # the model whose decoder reads

    def see(self, document: PictureDocument) -> Seen: ...

    def caption(self, document: PictureDocument) -> str:
        """A description of the document for the index."""
        ...


class VisionLanguageModel:
    """Any `AutoModelForImageTextToText` with its processor, frozen."""

    def __init__(self, model: PreTrainedModel, processor: Any, name: str):
        self.reader, self.processor, self.name = model.eval().requires_grad_(False), processor, name

    @torch.no_grad()
    def see(self, document: PictureDocument) -> Seen:
        """The document after an empty system turn if the template takes one, as in the reference.

        Raises DocumentError: the model's processor or its decoder does not take the document.
        """
        inputs = self._put(document.parts)
        ids = inputs["input_ids"][0]
        given = _given_to_decoder(self.reader, inputs)
        picture = getattr(self.reader.config, "image_token_id", getattr(self.reader.config, "image_token_index", None))
        return Seen(given, ids if picture is None else ids.masked_fill(ids == picture, -1))

    @torch.no_grad()
    def caption(self, document: PictureDocument) -> str:
        inputs = self._put([*document.parts, CAPTION])
        with adapter_hooks(self.reader, []):
            written = self.reader.generate(**inputs, max_new_tokens=_CAPTION_TOKENS, do_sample=False)
        text: str = self.processor.batch_decode(written[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)[0]
        return " ".join(text.split())

    def _put(self, parts: Sequence[Any]) -> dict[str, Tensor]:
        """The processor's tensors of a user turn."""
        from jinja2 import TemplateError

        content = [
            {"type": "text", "text": part} if isinstance(part, str) else {"type": "image", "image": part}
            for part in parts
        ]
        user = {"role": "user", "content": content}
        system = {"role": "system", "content": [{"type": "text", "text": ""}]}
        options = {"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"}
        try:
            try:
                put = self.processor.apply_chat_template([system, user], **options)
            except TemplateError:
                put = self.processor.apply_chat_template([user], **options)
        except (TemplateError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DocumentError(f"{self.name} does not take this document: {shown(error)}.") from error
        return {
            name: value.to(self.reader.device, self.reader.dtype if value.is_floating_point() else value.dtype)
            for name, value in put.items()
            if isinstance(value, Tensor)
        }


class _Caught(Exception):
    """Ends a forward pass before the decoder."""


def _given_to_decoder(model: PreTrainedModel, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that a vision-language model gives its decoder: embeddings of pictures and words.

    The pass ends there; other threads can use the model meanwhile.

    Raises DocumentError: the decoder gets no embeddings, or is not reached.
    """
    caught: dict[str, Any] = {}
    mine = get_ident()

    # While a hook is added or removed, torch may call it without the keyword arguments, in another thread's pass.
    def catch(_module: nn.Module, args: tuple[Any, ...], kwargs: Any = None) -> None:
        if get_ident() == mine:
            caught.update(kwargs)
            raise _Caught

    handle = model.get_decoder().register_forward_pre_hook(catch, with_kwargs=True)
    try:
        model(**inputs, use_cache=False)
    except _Caught:
        pass
    finally:
        handle.remove()
    if not isinstance(caught.get("inputs_embeds"), Tensor):
        raise DocumentError(
            f"{type(model).__name__} does not give its decoder embeddings: it cannot read pictures here."
        )
    dropped = ("input_ids", "use_cache", "cache", "past_key_values", "output_hidden_states", "output_attentions")
    return {name: value for name, value in caught.items() if name not in (*dropped, "return_dict")}


@lru_cache(1)
def load_vision_language_model(name_or_path: str) -> VisionLanguageModel:
    """A model of a folder or a hub, in its own precision. Raises ModelUnavailable: there is none, or it cannot see."""
    from transformers import AutoModelForImageTextToText

    device = "cuda" if torch.cuda.is_available() else "cpu"
    with _loading(name_or_path) as cached_only:
        model = AutoModelForImageTextToText.from_pretrained(name_or_path, dtype="auto", local_files_only=cached_only)
    return with_processor(model.to(device), name_or_path)


def sees(model: PreTrainedModel) -> bool:
    """Whether a loaded model is a vision-language model."""
    from transformers import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

    return type(model) is MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING.get(type(model.config), None)


def with_processor(model: PreTrainedModel, name_or_path: str) -> VisionLanguageModel:
    """A loaded vision-language model with the processor of its folder or hub. Raises ModelUnavailable."""
    from transformers import AutoProcessor

    with _loading(name_or_path) as cached_only:
        processor = AutoProcessor.from_pretrained(name_or_path, local_files_only=cached_only)
    return VisionLanguageModel(model, processor, name_or_path)


def _loading(name_or_path: str) -> AbstractContextManager[bool]:
    """A block that loads a model; yields whether to use only local files. Raises ModelUnavailable."""
    return loading(
        name_or_path,
        lambda reason: (
            f"{name_or_path} reads no pictures, or cannot be loaded ({reason}): name a vision-language model."
        ),
    )
