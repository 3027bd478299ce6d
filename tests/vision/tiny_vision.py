"""A vision-language model, pictures and an image encoder small enough for a test, with random weights, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image

from parametric_memory.vision.reading import VisionLanguageModel
from tests.tiny_models import tiny_tokenizer

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
