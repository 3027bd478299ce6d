"""A vision-language model and pictures small enough for a test, with random weights, offline."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from parametric_memory.internalize.vision import VisionLanguageModel
from tests.documents.test_files import pdf as text_pdf
from tests.tiny_models import tiny_tokenizer

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from parametric_memory.internalize.pictures import PictureDocument
    from parametric_memory.language_model.base_model import BaseModel

IMAGE_TOKEN = "<image>"
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for part in m.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def picture(color: str = "red", size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.new("RGB", size, color)


def save_pictures(folder: Path, *labels: str, count: int = 2) -> Path:
    """A folder for each class, with pictures of one color each."""
    colors = ("red", "green", "blue", "white", "black")
    for label, color in zip(labels, colors, strict=False):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            picture(color, (30 + number, 40)).save(folder / label / f"{number}.png")
    return folder


def pdf(path: Path, *parts: str | Image.Image) -> Path:
    """A PDF of texts and pictures; each text begins a page, and so does a picture that no text stands before."""
    from pypdf import PdfReader, PdfWriter

    made = PdfWriter()
    for part in parts:
        if isinstance(part, str):
            made.append(PdfReader(io.BytesIO(text_pdf(part))))
            continue
        data = io.BytesIO()
        part.save(data, "PDF")
        if made.pages:
            made.pages[-1].merge_page(PdfReader(data).pages[0])
        else:
            made.append(PdfReader(data))
    made.write(path)
    return path


def tiny_vision_language_model(layers: int = 4, hidden_size: int = 24) -> VisionLanguageModel:
    """A Llava of a tiny CLIP and a tiny Llama; every picture is four tokens."""
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    tokenizer = tiny_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": [IMAGE_TOKEN]})
    image_token: Any = tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = LlamaConfig(
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        vocab_size=image_token + 1,
        pad_token_id=0,
        initializer_range=0.2,
    )
    vision = CLIPVisionConfig(**sizes, image_size=28, patch_size=14)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlavaForConditionalGeneration(
            LlavaConfig(vision_config=vision, text_config=text, image_token_id=image_token)
        )
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        image_token=IMAGE_TOKEN,
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )
    return VisionLanguageModel(model, processor, "tiny-vision")


def save_vision_language_model(folder: Path) -> Path:
    """The tiny model as it is loaded by its folder."""
    vision = tiny_vision_language_model()
    vision.reader.save_pretrained(folder)
    vision.processor.save_pretrained(folder)
    return folder


class Sees:
    """Reads nothing but how many parts a document has, in the base model's own space, and keeps what it was given."""

    name = "sees"

    def __init__(self, base: BaseModel) -> None:
        self.reader, self.base, self.seen = base.model, base, list[list[str | tuple[int, int]]]()

    def see(self, document: PictureDocument) -> dict[str, Tensor]:
        self.seen.append([part if isinstance(part, str) else part.size for part in document.parts])
        ids = torch.tensor([*self.base.chat.before, *self.base.chat.encode(f"{len(document.parts)} parts.")])
        return {
            "inputs_embeds": self.reader.get_input_embeddings()(ids)[None],
            "attention_mask": torch.ones(1, len(ids)),
        }

    def caption(self, document: PictureDocument) -> str:
        return f"This is {Path(document.source or 'a page').name}."


SEEING = ("gemma3", "qwen2_5_vl", "qwen3_vl", "smolvlm")
_OPENS, _PICTURE, _CLOSES = 60, 61, 62  # tokens
_SIZES: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
_TEXT = _SIZES | {
    "num_hidden_layers": 4,
    "num_key_value_heads": 1,
    "vocab_size": 64,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": None,
    "initializer_range": 0.2,
}
_SQUARE = _SIZES | {"num_hidden_layers": 2, "image_size": 16, "patch_size": 4}
_PATCHES = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_heads": 2,
    "out_hidden_size": 16,
    "patch_size": 4,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}
_QWEN = {
    "image_token_id": _PICTURE,
    "vision_start_token_id": _OPENS,
    "vision_end_token_id": _CLOSES,
    "video_token_id": 63,
}
_OWN: dict[str, dict[str, Any]] = {
    "gemma3": {
        "text_config": _TEXT | {"head_dim": 8, "sliding_window": 4, "query_pre_attn_scalar": 8},
        "vision_config": _SQUARE,
        "mm_tokens_per_image": 4,
        "image_token_index": _PICTURE,
        "boi_token_index": _OPENS,
        "eoi_token_index": _CLOSES,
    },
    "qwen2_5_vl": _QWEN
    | {
        "text_config": _TEXT
        | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}},
        "vision_config": _PATCHES | {"depth": 2, "window_size": 16, "fullatt_block_indexes": [1]},
    },
    "qwen3_vl": _QWEN
    | {
        "text_config": _TEXT
        | {"head_dim": 8, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]}},
        "vision_config": _PATCHES | {"depth": 3, "deepstack_visual_indexes": [0, 1], "num_position_embeddings": 16},
    },
    "smolvlm": {
        "text_config": _TEXT | {"model_type": "llama"},
        "vision_config": _SQUARE,
        "scale_factor": 2,
        "image_token_id": _PICTURE,
    },
}
_PIXELS = {
    "gemma3": {"pixel_values": (1, 3, 16, 16)},
    "qwen2_5_vl": {"pixel_values": (16, 96)},
    "qwen3_vl": {"pixel_values": (16, 96)},
    "smolvlm": {"pixel_values": (1, 1, 3, 16, 16)},
}


def tiny_seeing_model(architecture: str) -> tuple[PreTrainedModel, dict[str, Tensor]]:
    """A published architecture of random weights, of four layers, and what its processor would make of one picture."""
    from transformers import AutoConfig, AutoModelForImageTextToText

    ids = torch.tensor([[3, 1, _OPENS, *[_PICTURE] * 4, _CLOSES, 4, 5]])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = AutoConfig.for_model(architecture, **_OWN[architecture])
        model = AutoModelForImageTextToText.from_config(config).eval().requires_grad_(False)
        seen = {name: torch.rand(shape) for name, shape in _PIXELS[architecture].items()}
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), **seen}
    if architecture == "gemma3":
        inputs["token_type_ids"] = (ids == _PICTURE).long()
    elif architecture.startswith("qwen"):
        inputs |= {"image_grid_thw": torch.tensor([[1, 4, 4]]), "mm_token_type_ids": (ids == _PICTURE).int()}
    return model, inputs
