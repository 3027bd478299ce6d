"""EfficientNet-Lite0: a small frozen image encoder with its published weights for PyTorch.

The weights are read as plain tensors from a package; none of its code is run. Knows nothing about language.
"""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parametric_memory.errors import CheckpointError

if TYPE_CHECKING:
    from PIL.Image import Image

FEATURES = 1280
SIDE = 224  # pixels
_EPSILON = 1e-3  # of batch norms, as the weights were trained
# Blocks, kernel, stride, expansion, channels in and out of each stage.
_STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)


class EfficientNetLite0(nn.Module):
    """Pictures `[picture, 3, side, side]` -> features `[picture, cell, FEATURES]`, 49 cells of a picture of `SIDE`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn0 = _Conv(3, 32, 3, stride=2), nn.BatchNorm2d(32, _EPSILON)
        self.blocks = nn.ModuleList(
            _Block(kernel, stride if first else 1, expansion, before if first else after, after)
            for times, kernel, stride, expansion, before, after in _STAGES
            for first in [True] + [False] * (times - 1)
        )
        self.conv_head, self.bn1 = _Conv(320, FEATURES, 1), nn.BatchNorm2d(FEATURES, _EPSILON)

    def forward(self, pictures: Tensor) -> Tensor:
        x = F.relu6(self.bn0(self.conv_stem(pictures)))
        for block in self.blocks:
            x = block(x)
        return F.relu6(self.bn1(self.conv_head(x))).flatten(2).transpose(1, 2)


class _Conv(nn.Conv2d):
    """A convolution without bias, padded as in TensorFlow: the output's size is the input's over the stride."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(before, after, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        missing = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in x.shape[-2:]]
        (top, bottom), (left, right) = ((m // 2, m - m // 2) for m in missing)
        return super().forward(F.pad(x, (left, right, top, bottom)))


class _Block(nn.Module):
    def __init__(self, kernel: int, stride: int, expansion: int, before: int, after: int) -> None:
        super().__init__()
        inner = before * expansion
        self.expand_conv = _Conv(before, inner, 1) if expansion > 1 else None
        self.bn0 = nn.BatchNorm2d(inner, _EPSILON) if expansion > 1 else None
        self.depthwise_conv, self.bn1 = _Conv(inner, inner, kernel, stride, inner), nn.BatchNorm2d(inner, _EPSILON)
        self.project_conv, self.bn2 = _Conv(inner, after, 1), nn.BatchNorm2d(after, _EPSILON)
        self.adds = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        inner = x
        if self.expand_conv is not None and self.bn0 is not None:
            inner = F.relu6(self.bn0(self.expand_conv(inner)))
        inner = self.bn2(self.project_conv(F.relu6(self.bn1(self.depthwise_conv(inner)))))
        return x + inner if self.adds else inner


def load_efficientnet_lite0(path: Path) -> EfficientNetLite0:
    """The frozen encoder with published weights. Raises CheckpointError: it is another file, or damaged."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        own = {".".join(part.removeprefix("_") for part in name.split(".")): value for name, value in content.items()}
        network = EfficientNetLite0()
        network.load_state_dict({name: value for name, value in own.items() if not name.startswith("fc.")})
    except (OSError, RuntimeError, AttributeError, KeyError, EOFError, UnpicklingError) as error:
        raise CheckpointError(f"{path} holds no weights of EfficientNet-Lite0: fetch them again.") from error
    return network.eval().requires_grad_(False)


def as_input(picture: Image) -> Tensor:
    """The network's input for a picture, `[3, SIDE, SIDE]`: its middle square, numbers between -1 and 1."""
    from PIL.Image import Resampling

    width, height = picture.size
    short = min(width, height)
    left, top = (width - short) // 2, (height - short) // 2
    middle = picture.convert("RGB").resize((SIDE, SIDE), Resampling.BICUBIC, box=(left, top, left + short, top + short))
    pixels = torch.frombuffer(bytearray(middle.tobytes()), dtype=torch.uint8).view(SIDE, SIDE, 3)
    return (pixels.permute(2, 0, 1).float() - 127) / 128
