"""Pictures in a text model's input space: a frozen image encoder, and a trained layer that projects its features.

The projected features stand in a document like words: "The picture shows a ... .". So the text model itself can read
them, and a hypernetwork that was trained on text alone. On disk: `config.json`, and `model.safetensors` with the layer.
Knows nothing about training.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from parametric_memory.errors import CheckpointError
from parametric_memory.fetching.embedded import fetch_image_encoder
from parametric_memory.files import read_object, replace_files, shown, storage_errors
from parametric_memory.hypernetworks.hypernetwork import Seen
from parametric_memory.internalize.efficientnet_lite import (
    FEATURES,
    EfficientNetLite0,
    as_input,
    load_efficientnet_lite0,
)

if TYPE_CHECKING:
    from PIL.Image import Image

    from parametric_memory.internalize.pictures import PictureDocument
    from parametric_memory.language_model.base_model import BaseModel

KIND = "projected-pictures"
FORMAT = 1
BEFORE, AFTER = "The picture shows a", "."  # text around a picture


@dataclass(frozen=True)
class ProjectionConfig:
    """The models and sizes of a projection.

    Attributes:
        hidden: size of the text model's input space.
        slots: input vectors of a picture.
        base_fingerprint: of the text model.
        labels: the words that it was trained with.
    """

    hidden: int
    slots: int = 4
    base_fingerprint: str = ""
    labels: tuple[str, ...] = ()


class Projection(nn.Module):
    """Features `[picture, cell, FEATURES]` -> embeddings `[picture, slot, hidden]` of one length.

    Every slot pools the cells by a query of its own; an untrained one by their mean.
    """

    def __init__(self, config: ProjectionConfig, length: float = 1.0) -> None:
        super().__init__()
        self.config = config
        self.query = nn.Parameter(torch.zeros(config.slots, FEATURES))
        self.norm = nn.LayerNorm(FEATURES)
        self.out = nn.Parameter(torch.empty(config.slots, FEATURES, config.hidden).normal_(std=FEATURES**-0.5))
        self.register_buffer("length", torch.tensor(length))

    def forward(self, features: Tensor) -> Tensor:
        cells = self.norm(features)
        weights = (cells @ self.query.T / FEATURES**0.5).softmax(1)  # [picture, cell, slot]
        pooled = torch.einsum("pcs,pcf->psf", weights, cells)
        projected = torch.einsum("psf,sfh->psh", pooled, self.out)
        length: Tensor = self.length  # type: ignore[assignment]
        return length * nn.functional.normalize(projected, dim=-1)


class ProjectedPictures:
    """Reads pictures by an encoder and a projection, for the base model to read on; see `vision.Vision`."""

    def __init__(self, base: BaseModel, encoder: EfficientNetLite0, projection: Projection, name: str = KIND):
        self.base, self.encoder, self.projection, self.name = base, encoder, projection.eval(), name
        self.reader = base.model

    @torch.no_grad()
    def embedded(self, pictures: Sequence[Image]) -> Tensor:
        """The input vectors of each picture, `[picture, slot, hidden]`."""
        pixels = torch.stack([as_input(picture) for picture in pictures])
        return self.projection(self.encoder(pixels)).to(self.base.model.device)

    @torch.no_grad()
    def see(self, document: PictureDocument) -> Seen:
        chat, words = self.base.chat, self.base.model.get_input_embeddings()
        pictures = iter(self.embedded(document.pictures))
        ids: list[int] = list(chat.before)
        places: list[tuple[int, Tensor]] = []
        for number, part in enumerate(document.parts):
            gap = "\n\n" if number else ""
            if isinstance(part, str):
                ids += chat.encode(gap + part)
                continue
            ids += chat.encode(gap + BEFORE)
            places.append((len(ids), next(pictures)))
            ids += [-1] * self.projection.config.slots + chat.encode(AFTER)
        positions = torch.tensor(ids, device=self.base.model.device)
        embeddings = words(positions.clamp_min(0))
        for start, embedded in places:
            embeddings[start : start + len(embedded)] = embedded.to(embeddings.dtype)
        mask = torch.ones_like(positions)[None]
        return Seen({"inputs_embeds": embeddings[None], "attention_mask": mask}, positions.cpu(), len(chat.before))

    @torch.no_grad()
    def caption(self, document: PictureDocument) -> str:
        """Every picture in the words that the base model's head scores highest for it."""
        head = self.base.model.get_output_embeddings()
        said = []
        for embedded in self.embedded(document.pictures):
            ids = head(embedded.to(head.weight.dtype)[None])[0].argmax(-1).tolist()
            said.append(self.base.chat.decode([*self.base.chat.encode(BEFORE), *ids]).rstrip(" .") + AFTER)
        return " ".join(["\n".join(part for part in document.parts if isinstance(part, str)), *said]).strip()


def is_projection(folder: Path) -> bool:
    try:
        return read_object(folder / "config.json").get("kind") == KIND
    except (CheckpointError, OSError):
        return False


def save_projection(projection: Projection, folder: Path, training: dict[str, Any]) -> None:
    """Writes the layer without the encoder. Raises StorageError."""
    config = {"kind": KIND, "format": FORMAT, "projection": asdict(projection.config), "training": training}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in projection.state_dict().items()}
    with storage_errors(f"write {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        content = (json.dumps(config, indent=2) + "\n").encode()
        replace_files(folder, {"model.safetensors": save(tensors), "config.json": content})


def load_projection(folder: Path, base: BaseModel, progress: bool = True) -> ProjectedPictures:
    """A projection with its encoder, which is downloaded the first time.

    Raises:
        CheckpointError: it is damaged, or was made for another base model.
        ModelUnavailable: the encoder cannot be downloaded.
    """
    content = read_object(folder / "config.json")
    try:
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']}")
        values = content["projection"]
        config = ProjectionConfig(**{**values, "labels": tuple(values["labels"])})
        projection = Projection(config)
        projection.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"{folder} holds no projection of pictures that can be read: {shown(error)}.") from error
    if config.base_fingerprint != base.fingerprint:
        raise CheckpointError(f"{folder} projects pictures for another base model: train one for this, or name that.")
    encoder = load_efficientnet_lite0(fetch_image_encoder(progress))
    return ProjectedPictures(base, encoder, projection.requires_grad_(False), folder.name)
