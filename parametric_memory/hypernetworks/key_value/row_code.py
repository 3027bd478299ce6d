"""Transform coding of key rows: a row of A of 1,536 numbers in 160 bytes.

What matters about an error e of a row is its effect on the row's answers to queries q: E[(e q)²] = eᵀ C e, where C is
the second moment of the inputs of `down_proj`. In the space scaled by C^½, rows concentrate in few directions, so their
principal components there are coded (the Karhunen-Loève transform): the leading ones with four bits, the next with two.

    encode:  x = T A,         T = diag(1/s) Pᵀ C^½
    decode:  A ≈ D x,         D = C^-½ P diag(s)

P and s² are the eigenvectors and eigenvalues of the second moment of C^½ A. Coordinates x have unit variance; each is
rounded by a uniform quantizer with the best step for a normal distribution (Max 1960). Without fitted directions, the
numbers of a row are quantized themselves, to eight bits. Knows nothing about tokens, models and files.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from parametric_memory.language_model.precision import bfloat16_is_faster

TIERS = ((128, 4), (384, 2))  # coordinates and the bits of each, leading ones first
_STEP = {2: 0.9957, 4: 0.3352, 8: 0.06}  # in standard deviations; of eight bits wider, for outliers
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
    weight: Tensor  # [layer, coordinate], s²: the share of a coordinate in a row's answers

    def __init__(self, layers: int, size: int, coordinates: int = 0):
        super().__init__()
        self.coordinates, first = coordinates, min(TIERS[0][0], coordinates)
        # Numbers of coordinates, and the bits of each.
        self.tiers = ((first, 4), (coordinates - first, 2)) if coordinates else ((size, 8),)
        self.bytes_a_row = sum(-(-count * bits // 8) for count, bits in self.tiers)
        if coordinates:
            for name in ("encode", "decode"):
                self.register_buffer(name, torch.zeros(layers, coordinates, size, dtype=torch.float8_e4m3fn))
            self.register_buffer("scales", torch.ones(2, layers, coordinates))
            self.register_buffer("weight", torch.ones(layers, coordinates))

    @classmethod
    @torch.no_grad()
    def fitted(cls, queries: Tensor, rows: Tensor, coordinates: int = sum(count for count, _ in TIERS)) -> RowCode:
        """The code for rows of these statistics.

        Args:
            queries: `[layer, d_ff, d_ff]`, second moment of the inputs of `down_proj`.
            rows: `[layer, d_ff, d_ff]`, second moment of rows of A.
            coordinates: of the code, at most.
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
            code.weight[layer] = (deviations.square() / deviations.square().sum()).float()
        return code

    def encoded(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """`[layer, row, d_ff]` -> codes `[layer, row, byte]`, uint8, and the size of each row, `[layer, row]`."""
        if self.coordinates:
            T = self._encode
            x = (rows.to(T.dtype) @ T.transpose(1, 2)).float() * self.scales[0][:, None]
            size = (x.square() @ self.weight[..., None])[..., 0].sqrt()
        else:
            x = rows.float()
            size = x.square().mean(-1).sqrt()
        x = x / size.clamp_min(1e-30)[..., None]
        packed = []
        for (_, bits), part in zip(self.tiers, x.split([count for count, _ in self.tiers], -1), strict=True):
            half = 2 ** (bits - 1)
            levels = torch.floor(part / _STEP[bits]).clamp(-half, half - 1) + half
            packed.append(_pack(levels.to(torch.uint8), bits))
        return torch.cat(packed, -1), size

    def decoded(self, codes: Tensor, size: Tensor) -> Tensor:
        """The inverse of `encoded`: rows of A, `[layer, row, d_ff]`, float32 or bfloat16."""
        parts = []
        num_bytes = [-(-count * bits // 8) for count, bits in self.tiers]
        for (count, bits), packed in zip(self.tiers, codes.split(num_bytes, -1), strict=True):
            levels = _unpack(packed, bits)[..., :count]
            parts.append((levels.float() - (2 ** (bits - 1) - 0.5)) * _STEP[bits])
        x = torch.cat(parts, -1) * size[..., None]
        return (x * self.scales[1][:, None]).to(self._decode.dtype) @ self._decode if self.coordinates else x

    @cached_property
    def _encode(self) -> Tensor:  # cached, as `_decode`: every document needs the one, every question the other
        return self._widened(self.encode)

    @cached_property
    def _decode(self) -> Tensor:
        return self._widened(self.decode)

    def _widened(self, short: Tensor) -> Tensor:
        """float8 in the dtype that the device multiplies fastest: both represent it exactly."""
        return short.to(torch.bfloat16 if bfloat16_is_faster(short.device.type) else torch.float32)


def _pack(levels: Tensor, bits: int) -> Tensor:
    """Numbers of `bits` bits, `[..., count]`, uint8, in bytes."""
    per_byte = 8 // bits
    levels = nn.functional.pad(levels, (0, -levels.shape[-1] % per_byte)).unflatten(-1, (-1, per_byte))
    packed = levels[..., 0]
    for place in range(1, per_byte):
        packed = packed | levels[..., place] << bits * place
    return packed


def _unpack(packed: Tensor, bits: int) -> Tensor:
    places = [packed >> bits * place & 2**bits - 1 for place in range(8 // bits)]
    return torch.stack(places, -1).flatten(-2)
