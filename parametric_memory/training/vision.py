"""Trains the layer that projects pictures into a text model's input space, on folders of pictures, one a class.

A picture's embeddings learn to lie where the text model's own head reads the name of its class. The image encoder and
the text model stay as they are. What `parametric-memory train vision` runs: minutes, so that nothing is resumed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.internalize.efficientnet_lite import EfficientNetLite0, as_input
from parametric_memory.internalize.pictures import is_picture, read_picture
from parametric_memory.internalize.projected import AFTER, Projection, ProjectionConfig, save_projection
from parametric_memory.progress import report_progress

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_PICTURES_AT_ONCE = 16
_OTHER_WORDS = 4000  # of the vocabulary, which a step compares with; all of it would take ten times as long
_SHARPNESS = 20.0  # of the cosine between an embedding and the words


@dataclass(frozen=True)
class VisionTraining:
    """How long, and how fast."""

    steps: int = 400
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    dropout: float = 0.2  # of features
    slots: int = 4
    seed: int = 0


@dataclass(frozen=True)
class Labelled:
    """A picture file and the name of its class."""

    path: Path
    label: str


def labelled_pictures(folders: Sequence[Path]) -> list[Labelled]:
    """The pictures of folders with a folder for each class, in the order of their names.

    Raises:
        DocumentError: there are none.
    """
    found = [
        Labelled(path, label_of(of_class.name))
        for folder in folders
        for of_class in sorted(folder.iterdir() if folder.is_dir() else ())
        if of_class.is_dir()
        for path in sorted(of_class.iterdir())
        if is_picture(path)
    ]
    if not found:
        raise DocumentError(
            f"{', '.join(map(str, folders))}: no pictures; a folder for each class, with its pictures in it, is needed."
        )
    return found


def label_of(name: str) -> str:
    """A class in words, in the singular, of the name of its folder."""
    label = name.replace("_", " ").strip().lower()
    return label[:-1] if label.endswith("s") and not label.endswith("ss") and len(label) > 3 else label


@torch.no_grad()
def grids(encoder: EfficientNetLite0, pictures: Sequence[Labelled], report: Callable[[str], None]) -> Tensor:
    """Features of each picture and of its mirror image, `[picture, 2, cell, feature]`.

    Raises:
        DocumentError: one cannot be read.
    """
    found: list[Tensor] = []
    for start in range(0, len(pictures), _PICTURES_AT_ONCE):
        pixels = torch.stack([as_input(read_picture(p.path)) for p in pictures[start : start + _PICTURES_AT_ONCE]])
        found.append(torch.stack([encoder(pixels), encoder(pixels.flip(-1))], dim=1))
        report(f"seen {min(start + _PICTURES_AT_ONCE, len(pictures))} of {len(pictures)} pictures")
    return torch.cat(found)


def train_vision(
    base: BaseModel,
    encoder: EfficientNetLite0,
    folders: Sequence[Path],
    output: Path,
    config: VisionTraining = VisionTraining(),
    report: Callable[[str], None] = print,
) -> Projection:
    """Trains a projection on folders of pictures and writes it to `output`.

    Raises:
        DocumentError: there are no pictures, or one cannot be read.
        SettingsError: a class has a longer name than a picture has places for words.
        StorageError: the disk refuses.
    """
    pictures = labelled_pictures(folders)
    labels = sorted({picture.label for picture in pictures})
    words = base.model.get_input_embeddings().weight.detach().float()
    end = base.chat.encode(AFTER)[:1]  # what ends the sentence fills the places that are left
    slots = {label: base.chat.encode(f" {label}") for label in labels}
    for label, ids in slots.items():
        if len(ids) > config.slots:
            raise SettingsError(
                f"{label!r} has {len(ids)} pieces, and a picture has places for {config.slots}: --slots."
            )
        ids += end * (config.slots - len(ids))
    settings = ProjectionConfig(words.shape[1], config.slots, base.fingerprint, tuple(labels))
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(config.seed)
        projection = Projection(settings, words.norm(dim=-1).mean().item())
        features = grids(encoder, pictures, report)
        targets = torch.tensor([slots[picture.label] for picture in pictures])
        _learn(projection, base, features, targets, config, report)
    save_projection(projection, output, {**asdict(config), "pictures": len(pictures)})
    return projection.eval()


def _learn(
    projection: Projection,
    base: BaseModel,
    features: Tensor,
    targets: Tensor,
    config: VisionTraining,
    report: Callable[[str], None],
) -> None:
    head = base.model.get_output_embeddings().weight.detach()
    others = torch.randperm(len(head), generator=torch.Generator().manual_seed(config.seed))[:_OTHER_WORDS]
    words = torch.cat([targets.flatten(), others]).unique()
    directions = F.normalize(head[words].float().cpu(), dim=-1)
    targets = torch.searchsorted(words, targets)
    optimizer = torch.optim.AdamW(
        projection.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.steps)
    rng = random.Random(config.seed)
    projection.train()
    for step in range(config.steps):
        chosen = [rng.randrange(len(features)) for _ in range(config.batch)]
        mirrored = [rng.randrange(2) for _ in chosen]
        seen = F.dropout(features[chosen, mirrored], config.dropout)
        embedded = F.normalize(projection(seen), dim=-1)
        logits = _SHARPNESS * embedded @ directions.T  # [picture, slot, word]
        loss = F.cross_entropy(logits.flatten(0, 1), targets[chosen].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        report_progress("steps", step + 1, config.steps)
        if (step + 1) % 50 == 0 or step + 1 == config.steps:
            right = (logits.argmax(-1) == targets[chosen]).all(-1).float().mean().item()
            report(f"step {step + 1}/{config.steps}: loss {loss.item():.3f}, names right {right:.0%}")
