"""Documents with pictures as inputs of a model, in place of token ids.

Any `AutoModelForImageTextToText` fits the seam `Vision`, with its own processor and chat template. Knows nothing about
hypernetworks and memories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from parametric_memory.errors import DocumentError
from parametric_memory.fetching.hub import loading
from parametric_memory.files import shown
from parametric_memory.language_model.hooks import adapter_hooks

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.internalize.pictures import PictureDocument

CAPTION = "What does the picture show? Answer in one sentence."
_CAPTION_TOKENS = 48


class Vision(Protocol):
    """A model that reads documents with pictures."""

    name: str
    reader: PreTrainedModel  # the model that reads

    def see(self, document: PictureDocument) -> Mapping[str, Tensor]:
        """The reader's arguments: `input_ids` or `inputs_embeds`, and what it needs beside them."""
        ...

    def caption(self, document: PictureDocument) -> str:
        """A description of the document for the index."""
        ...


class VisionLanguageModel:
    """Any `AutoModelForImageTextToText` with its processor, frozen."""

    def __init__(self, model: PreTrainedModel, processor: Any, name: str):
        self.reader, self.processor, self.name = model.eval().requires_grad_(False), processor, name

    def see(self, document: PictureDocument) -> dict[str, Tensor]:
        """The document after an empty system turn if the template takes one, as in the reference.

        Raises DocumentError: the model's processor does not take the document.
        """
        return self._put(document.parts)

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
