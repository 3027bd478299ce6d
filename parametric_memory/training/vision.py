"""Trains the layer that projects pictures into a text model's input space, on folders of pictures, one a class.

A picture's embeddings learn to lie where the text model's own head reads the name of its class. The image encoder and
the text model stay as they are. What `parametric-memory train vision` runs.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.internalize.efficientnet_lite import EfficientNetLite0, as_input
from parametric_memory.internalize.pictures import is_picture, read_picture
from parametric_memory.internalize.projected import AFTER, Projection, ProjectionConfig, save_projection
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_PICTURES_AT_ONCE = 16
_OTHER_WORDS = 4000  # of the vocabulary, which a step compares with; all of it would take ten times as long
_SHARPNESS = 20.0  # of the cosine between an embedding and the words


@dataclass(frozen=True)
class VisionTraining(LoopConfig):
    """How long, and how fast. A batch counts pictures."""

    steps: int = 400
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    clip: float = 1e6
    log_every: int = 50
    dropout: float = 0.2  # of features
    slots: int = 4


@dataclass(frozen=True)
class Labelled:
    """A picture file and the name of its class."""

    path: Path
    label: str


def labelled_pictures(folders: Sequence[Path]) -> list[Labelled]:
    """The pictures of folders with a folder for each class, in the order of their names.

    Raises DocumentError: there are none.
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

    Raises DocumentError: one cannot be read.
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
    run: Run,
    config: VisionTraining = VisionTraining(),
) -> Projection:
    """Trains a projection on folders of pictures and writes it to the run's folder.

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
    identity = f"{settings} {config.seed} {[str(picture.path) for picture in pictures]}"
    tied_to = hashlib.sha256(identity.encode()).hexdigest()
    run = replace(run, base_fingerprint=base.fingerprint, started_from=tied_to)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(config.seed)
        projection = Projection(settings, words.norm(dim=-1).mean().item())
        features = grids(encoder, pictures, run.report)
        targets = torch.tensor([slots[picture.label] for picture in pictures])
        trainer = VisionTrainer(base, projection, features, targets, run, config)
        trainer.resume_and_run()
    save_projection(projection, run.folder, {**trainer.describe(), "pictures": len(pictures)})
    return projection.eval()


class VisionTrainer(TrainingLoop):
    """Trains a projection, whose embeddings learn to lie where the text model's head reads the name of a class."""

    hypernetwork: Projection
    config: VisionTraining

    def __init__(
        self,
        base: BaseModel,
        projection: Projection,
        features: Tensor,
        targets: Tensor,
        run: Run,
        config: VisionTraining,
    ):
        """
        Args:
            features: `[picture, 2, cell, feature]`, see `grids`.
            targets: `[picture, slot]`, the tokens of each picture's name.
        """
        rate, decay = config.learning_rate, config.weight_decay
        optimizer = torch.optim.AdamW(projection.parameters(), lr=rate, weight_decay=decay, betas=(0.9, 0.98))
        super().__init__(projection, run, config, (optimizer,))
        head = base.model.get_output_embeddings().weight.detach()
        others = torch.randperm(len(head), generator=torch.Generator().manual_seed(config.seed))[:_OTHER_WORDS]
        words = torch.cat([targets.flatten(), others]).unique()
        self.directions = F.normalize(head[words].float().cpu(), dim=-1)
        self.features, self.targets = features, torch.searchsorted(words, targets)

    def rate(self) -> float:
        return (1 + math.cos(math.pi * self.step / self.config.steps)) / 2

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[dict[str, float]]]:
        chosen = [rng.randrange(len(self.features)) for _ in range(self.config.batch)]
        mirrored = [rng.randrange(2) for _ in chosen]
        seen = F.dropout(self.features[chosen, mirrored], self.config.dropout)
        loss, accuracy = self._loss(seen, self.targets[chosen])
        loss.backward()
        return {"pictures": [{"loss": loss.item(), "accuracy": accuracy}]}

    def validate(self) -> dict[str, dict[str, float]]:
        """Of the pictures that are trained on, as they are."""
        loss, accuracy = self._loss(self.features[:, 0], self.targets)
        return {"pictures": {"loss": loss.item(), "accuracy": accuracy}}

    def _loss(self, features: Tensor, targets: Tensor) -> tuple[Tensor, float]:
        """The loss, and the share of pictures whose name is right."""
        embedded = F.normalize(self.hypernetwork(features), dim=-1)
        logits = _SHARPNESS * embedded @ self.directions.T  # [picture, slot, word]
        right = (logits.argmax(-1) == targets).all(-1).float().mean().item()
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), right
