"""Compresses key rows: a row of A of 1,536 numbers takes 256 bytes.

What matters about an error e of a row is its effect on the row's answers to queries q: E[(e q)²] = eᵀ C e, where C is
the second moment of the inputs of `down_proj`. In the space scaled by C^½, rows concentrate in few directions, so their
leading principal components there are coded with four bits each (the Karhunen-Loève transform):

    encode:  x = T A,         T = diag(1/s) Pᵀ C^½
    decode:  A ≈ D x,         D = C^-½ P diag(s)

P and s² are the leading eigenvectors and eigenvalues of the second moment of C^½ A. Few rows have much outside of these
directions, but there lies what tells a row's own query from others. So the residual is coded too: rotated, so that its
error is alike in all directions, and one bit each number (RaBitQ, arXiv 2405.12497). Every part has the size at which
the coded row answers to itself as the row does: the best approximation would be shorter, and a short row loses against
what the model knows. A code without directions rotates the row itself and takes four bits a number.

Knows nothing about tokens, models and files.
"""

from __future__ import annotations

import math
import random
from functools import cache, cached_property

import torch
from torch import Tensor, nn

from parametric_memory.language_model.precision import bfloat16_is_faster

COORDINATES = 128  # leading ones
_BITS, _BITS_OF_REST = 4, 1
_STEP = 0.3352  # in standard deviations: the best of 16 levels for a normal distribution (Max 1960)
_LEAST_SHARE = 1e-4  # of the mean eigenvalue of C: directions with less are treated as this rare


class RowCode(nn.Module):
    """Codes the rows of A of every memory layer. The buffers of a fitted code are float8, with scales.

    Args:
        size: of a row, d_ff.
        coordinates: of a fitted code; 0: not fitted.
    """

    encode: Tensor  # [layer, coordinate, d_ff], T
    decode: Tensor  # [layer, coordinate, d_ff], the transpose of D
    scales: Tensor  # [2, layer, coordinate], of encode and decode

    def __init__(self, layers: int, size: int, coordinates: int = 0):
        super().__init__()
        self.size, self.coordinates = size, coordinates
        # Of a row: leading coordinates, and what is left of it. How many numbers, and the bits of each.
        self.parts = ((coordinates, _BITS), (size, _BITS_OF_REST)) if coordinates else ((size, _BITS),)
        self.bytes_a_row = sum(-(-count * bits // 8) for count, bits in self.parts)
        if coordinates:
            for name in ("encode", "decode"):
                self.register_buffer(name, torch.zeros(layers, coordinates, size, dtype=torch.float8_e4m3fn))
            self.register_buffer("scales", torch.ones(2, layers, coordinates))

    @classmethod
    @torch.no_grad()
    def fitted(cls, queries: Tensor, rows: Tensor, coordinates: int = COORDINATES) -> RowCode:
        """The code for rows of these statistics.

        Args:
            queries: `[layer, d_ff, d_ff]`, second moment of the inputs of `down_proj`.
            rows: `[layer, d_ff, d_ff]`, second moment of rows of A.
            coordinates: leading ones, at most.
        """
        layers, size, _ = rows.shape
        code = cls(layers, size, min(coordinates, size))
        for layer in range(layers):
            values, vectors = torch.linalg.eigh(queries[layer].double())
            values = values.clamp_min(_LEAST_SHARE * values.mean())
            root, inverse = (vectors * values.sqrt()) @ vectors.T, (vectors * values.rsqrt()) @ vectors.T
            variances, directions = torch.linalg.eigh(root @ rows[layer].double() @ root)
            variances, directions = variances.flip(0)[: code.coordinates], directions.flip(1)[:, : code.coordinates]
            deviations = variances.clamp_min(1e-12 * variances[0]).sqrt()
            sides = (root @ directions / deviations).T, (inverse @ directions * deviations).T
            for side, short, scale in zip(sides, (code.encode, code.decode), code.scales, strict=True):
                scale[layer] = side.abs().amax(1) / torch.finfo(short.dtype).max
                short[layer] = (side / scale[layer][:, None]).to(short.dtype)
        return code

    def encoded(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """`[layer, row, d_ff]` -> codes `[layer, row, byte]`, uint8, and sizes of each part, `[layer, row, part]`."""
        rest, coded = rows.float(), []
        if self.coordinates:
            T = self._encode
            x = (rows.to(T.dtype) @ T.transpose(1, 2)).float() * self.scales[0][:, None]
            coded.append(_quantized(x, _BITS))
            rest = rest - self._along_leading(_values(*coded[0], *self.parts[0]))
        coded.append(_quantized(self._rotation.forward(rest), self.parts[-1][1]))
        return torch.cat([packed for packed, _ in coded], -1), torch.stack([size for _, size in coded], -1)

    def decoded(self, codes: Tensor, sizes: Tensor) -> Tensor:
        """The inverse of `encoded`: rows of A, `[layer, row, d_ff]`, float32."""
        # One layer after the other, whose numbers fit into the processor's cache: twice as fast.
        layers = enumerate(zip(codes, sizes.float(), strict=True))
        return torch.stack([self._decoded(layer, *of_layer) for layer, of_layer in layers])

    def _decoded(self, layer: int, codes: Tensor, sizes: Tensor) -> Tensor:
        num_bytes = [-(-count * bits // 8) for count, bits in self.parts]
        by_part = zip(codes.split(num_bytes, -1), sizes.unbind(-1), self.parts, strict=True)
        *leading, rest = (_values(packed, size, *part) for packed, size, part in by_part)
        rows = self._rotation.backward(rest)
        return rows + self._along_leading(leading[0], layer) if leading else rows

    def _along_leading(self, x: Tensor, layer: int | slice = slice(None)) -> Tensor:
        """Rows of A, of leading coordinates."""
        D = self._decode[layer]
        return ((x * self.scales[1][layer].unsqueeze(-2)).to(D.dtype) @ D).float()

    @cached_property
    def _encode(self) -> Tensor:  # cached, as `_decode`: every document needs the one, every question the other
        return self._widened(self.encode)

    @cached_property
    def _decode(self) -> Tensor:
        return self._widened(self.decode)

    @cached_property
    def _rotation(self) -> Rotation:
        return Rotation(self.size)

    def _widened(self, short: Tensor) -> Tensor:
        """float8 in the dtype that the device multiplies fastest: both represent it exactly."""
        return short.to(torch.bfloat16 if bfloat16_is_faster(short.device.type) else torch.float32)


class Rotation:
    """A fixed orthogonal transform: random signs, then a cosine transform along both sides of a rectangle of numbers.

    Every number of the result depends on all numbers, in n^1.5 steps instead of n².
    """

    def __init__(self, size: int):
        short = next(n for n in range(math.isqrt(size), 0, -1) if size % n == 0)
        drawn = random.Random(0)  # the same numbers in every version of Python
        self.signs = torch.tensor([1.0 if drawn.random() < 0.5 else -1.0 for _ in range(size)])
        self.rows, self.columns = _cosines(size // short), _cosines(short)

    def forward(self, x: Tensor) -> Tensor:
        """`[..., size]`, float32 -> the same shape."""
        signs, rows, columns = (of.to(x.device) for of in (self.signs, self.rows, self.columns))
        shaped = (x * signs).unflatten(-1, (len(rows), len(columns)))
        return (rows @ (shaped @ columns.T)).flatten(-2)

    def backward(self, x: Tensor) -> Tensor:
        """The inverse of `forward`."""
        signs, rows, columns = (of.to(x.device) for of in (self.signs, self.rows, self.columns))
        shaped = x.unflatten(-1, (len(rows), len(columns)))
        return (rows.T @ (shaped @ columns)).flatten(-2) * signs


def _cosines(size: int) -> Tensor:
    """The orthogonal matrix of the discrete cosine transform (DCT-II)."""
    at = torch.arange(size, dtype=torch.float64)
    cosines = (2 / size) ** 0.5 * torch.cos(math.pi / size * at[:, None] * (at + 0.5))
    cosines[0] /= 2**0.5
    return cosines.float()


def _quantized(x: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Numbers `[..., count]` in bytes, several in each, and the size of each row, `[...]`.

    The inner product of a row and its quantized row is that of the row and itself.
    """
    half, per_byte = 2 ** (bits - 1), 8 // bits
    deviation = x.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-30)
    levels = torch.floor(x / (_STEP * deviation)).clamp(-half, half - 1)
    size = x.square().sum(-1) / ((levels + 0.5) * x).sum(-1).clamp_min(1e-30)
    levels = nn.functional.pad((levels + half).to(torch.uint8), (0, -x.shape[-1] % per_byte)).unflatten(
        -1, (-1, per_byte)
    )
    packed = levels[..., 0]
    for place in range(1, per_byte):
        packed = packed | levels[..., place] << bits * place
    return packed, size


def _values(packed: Tensor, size: Tensor, count: int, bits: int) -> Tensor:
    """The inverse of `_quantized`, float32."""
    numbers = nn.functional.embedding(packed.int(), _numbers_of_bytes(bits).to(packed.device))
    return numbers.flatten(-2)[..., :count] * size[..., None]


@cache
def _numbers_of_bytes(bits: int) -> Tensor:
    """The numbers that each byte stands for, in units of a row's size, `[256, 8 // bits]`."""
    levels = torch.arange(256)[:, None] >> bits * torch.arange(8 // bits) & 2**bits - 1
    return levels.float() - (2 ** (bits - 1) - 0.5)
