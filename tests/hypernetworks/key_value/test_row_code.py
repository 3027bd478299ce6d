from __future__ import annotations

import pytest
import torch
from torch import Tensor

from parametric_memory.hypernetworks.key_value.row_code import RowCode, _pack, _unpack

LAYERS, SIZE = 2, 96


def moment(seed: int, decay: float) -> Tensor:
    """Second moments `[layer, size, size]` whose eigenvalues decay."""
    basis, _ = torch.linalg.qr(torch.randn(LAYERS, SIZE, SIZE, generator=torch.Generator().manual_seed(seed)))
    return (basis * decay ** torch.arange(SIZE)) @ basis.transpose(1, 2)


def rows_of(of: Tensor, count: int, seed: int = 5) -> Tensor:
    noise = torch.randn(LAYERS, count, SIZE, generator=torch.Generator().manual_seed(seed))
    return noise @ torch.linalg.cholesky(of + 1e-9 * torch.eye(SIZE)).transpose(1, 2)


def error(code: RowCode, rows: Tensor, queries: Tensor) -> float:
    """Of the rows' answers to queries, relative to the answers."""
    off = code.decoded(*code.encoded(rows)) - rows
    return (
        torch.einsum("lri,lij,lrj->", off, queries, off) / torch.einsum("lri,lij,lrj->", rows, queries, rows)
    ).item()


@pytest.mark.parametrize("bits", [2, 4])
def test_numbers_of_few_bits_come_back_from_bytes(bits: int) -> None:
    levels = torch.randint(0, 2**bits, (3, 2, 13), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    packed = _pack(levels, bits)
    assert packed.shape == (3, 2, -(-13 * bits // 8)) and torch.equal(_unpack(packed, bits)[..., :13], levels)


def test_a_code_without_directions_keeps_eight_bits_of_every_number() -> None:
    code, rows = RowCode(LAYERS, SIZE), rows_of(torch.eye(SIZE).expand(LAYERS, -1, -1), 50)
    codes, sizes = code.encoded(rows)
    assert codes.dtype == torch.uint8 and codes.shape == (LAYERS, 50, code.bytes_a_row) and code.bytes_a_row == SIZE
    assert sizes.shape == (LAYERS, 50) and error(code, rows, torch.eye(SIZE).expand(LAYERS, -1, -1)) < 0.001


def test_a_fitted_code_takes_fewer_bytes_where_rows_and_queries_concentrate() -> None:
    queries, of_rows = moment(0, 0.9), moment(1, 0.9)
    code, rows = RowCode.fitted(queries, of_rows, 32), rows_of(of_rows, 200)
    assert code.bytes_a_row == 16
    assert error(code, rows, queries) < 0.03


def test_answers_count_and_not_numbers() -> None:
    """What no query asks for is not kept."""
    queries, rows = torch.eye(SIZE).repeat(LAYERS, 1, 1), rows_of(torch.eye(SIZE).expand(LAYERS, -1, -1), 200)
    queries[:, SIZE // 4 :] *= 1e-3
    code = RowCode.fitted(queries, torch.eye(SIZE).repeat(LAYERS, 1, 1), SIZE // 4)
    assert error(code, rows, queries) < 0.1 < error(code, rows, torch.eye(SIZE).repeat(LAYERS, 1, 1))


def test_a_row_is_coded_alike_whatever_its_size() -> None:
    code, rows = RowCode.fitted(moment(0, 0.9), moment(1, 0.9), 32), rows_of(moment(1, 0.9), 4)
    (codes, sizes), (large, large_sizes) = code.encoded(rows), code.encoded(1024 * rows)
    assert torch.equal(codes, large)
    torch.testing.assert_close(1024 * sizes, large_sizes)
    assert torch.equal(code.decoded(codes, 0 * sizes), torch.zeros_like(rows))
