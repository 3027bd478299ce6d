"""Variants that the reference implementation of Doc-to-LoRA produced, read through our conversion."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, PreTrainedModel

from parametric_memory.adapters.factors import Adapter
from parametric_memory.hypernetworks.checkpoint import load_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import target_names
from parametric_memory.hypernetworks.doc_to_lora.published import convert_published
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, whole_adapter
from parametric_memory.language_model.hooks import adapter_hooks
from tests.close import assert_close

ASKED_FOR = os.environ.get("PARAMETRIC_MEMORY_GOLDEN")
FOLDER = Path(ASKED_FOR or Path(__file__).resolve().parents[2] / "../shared/golden") / "d2l"
# Every folder is a variant, but for the base models they share.
NAMES = sorted(p.name for p in FOLDER.glob("*") if p.is_dir() and p.name != "base_models")
# Of the largest number of a tensor. Another implementation, on another machine: behind a reader, a Perceiver and its
# heads, states and factors differ by 2e-5 here, gradients by 3e-5.
DEEP = 1e-4
needs_golden = pytest.mark.skipif(not FOLDER.is_dir() and not ASKED_FOR, reason=f"no reference tensors in {FOLDER}")


@lru_cache
def load_model(name: str) -> PreTrainedModel:
    """Names are relative to the golden folder. Eager attention: what the tensors were made with."""
    return AutoModelForCausalLM.from_pretrained(FOLDER / name, dtype=torch.float32, attn_implementation="eager").eval()


@dataclass(frozen=True)
class Variant:
    folder: Path
    base_model: PreTrainedModel
    hypernetwork: PerceiverHypernetwork
    goldens: dict[str, Tensor]

    @property
    def groups(self) -> list[int]:
        return self.goldens["in.n_ctx_chunks"].tolist()

    def close(self, name: str, actual: Tensor, mask: Tensor | None = None) -> None:
        expected = self.goldens[name]
        if mask is not None:
            actual, expected = actual[mask], expected[mask]
        assert_close(actual, expected, DEEP, name)

    def close_factors(self, prefix: str, factors: dict[str, BatchedFactors]) -> None:
        wanted = {name for name in self.goldens if name.startswith(prefix + ".")}
        assert wanted == {f"{prefix}.{target}.{side}" for target in factors for side in "AB"}
        for target, both in factors.items():
            self.close(f"{prefix}.{target}.A", both.A)
            self.close(f"{prefix}.{target}.B", both.B)

    @torch.no_grad()
    def chunk_factors(self) -> dict[str, BatchedFactors]:
        ids, mask = self.goldens["in.ctx_ids"], self.goldens["in.ctx_attn_mask"]
        return self.hypernetwork.network(self.hypernetwork.features(self.base_model, ids, mask), mask)

    @property
    def chunks(self) -> list[list[int]]:
        """Those of all documents, in order."""
        mask = self.goldens["in.ctx_attn_mask"].bool()
        return [ids[own].tolist() for ids, own in zip(self.goldens["in.ctx_ids"], mask, strict=True)]

    @torch.no_grad()
    def adapters(self, groups: list[int] | None = None, *, scaled: bool = False) -> list[Adapter]:
        """One adapter a document.

        groups: how many chunks each has; as in the reference's batch when not given.
        scaled: by the reference's factors, one a chunk on its rows of A, one on both sides of the shared rows.
        """
        factors = self.hypernetwork.chunk_factors(self.base_model, self.chunks)
        if scaled:
            of_chunks, of_shared = self.goldens["in.scal.scalers"][:, None, None], self.goldens["in.scal.bias_scaler"]
            factors = replace(
                factors,
                rows={name: BatchedFactors(of.A * of_chunks, of.B) for name, of in factors.rows.items()},
                shared={n: BatchedFactors(of.A * of_shared, of.B * of_shared) for n, of in factors.shared.items()},
            )
        counts = groups or self.groups
        split = {
            name: [BatchedFactors(*sides) for sides in zip(of.A.split(counts), of.B.split(counts), strict=True)]
            for name, of in factors.rows.items()
        }
        return [
            whole_adapter([replace(factors, rows={name: of_documents[i] for name, of_documents in split.items()})])
            for i in range(len(counts))
        ]

    def close_combined(self, prefix: str, adapters: list[Adapter]) -> None:
        """The reference pads documents of fewer chunks with rows of zero."""
        for target, names in target_names(self.base_model, self.hypernetwork.config.target_modules).items():
            for side in "AB":
                found = [torch.stack([getattr(adapter.factors[name], side) for name in names]) for adapter in adapters]
                expected = self.goldens[f"{prefix}.{target}.{side}"]  # [document, layer, rank, size]
                padded = [F.pad(rows, (0, 0, 0, expected.shape[2] - rows.shape[1])) for rows in found]
                self.close(f"{prefix}.{target}.{side}", torch.stack(padded))

    @torch.no_grad()
    def logits(self, adapters: list[Adapter | None], ids: Tensor, mask: Tensor) -> Tensor:
        with adapter_hooks(self.base_model, adapters):
            return self.base_model(input_ids=ids, attention_mask=mask).logits

    def greedy(self, adapters: list[Adapter | None], length: int) -> Tensor:
        """Left-padded questions continued to `length` tokens."""
        ids, mask = self.goldens["in.q_ids_lpad"], self.goldens["in.q_mask_lpad"]
        with adapter_hooks(self.base_model, adapters):
            return self.base_model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=length - ids.shape[1],
                do_sample=False,
                eos_token_id=None,
                pad_token_id=0,
            )


@lru_cache
def load_variant(name: str) -> Variant:
    folder = FOLDER / name
    config = json.loads((folder / "config.json").read_text())
    base_model = load_model(config["base_model_name_or_path"])
    reader = config["ctx_encoder_args"]["ctx_encoder_model_name_or_path"]
    with tempfile.TemporaryDirectory() as converted:
        convert_published(folder, Path(converted))
        hypernetwork = load_perceiver(Path(converted), base_model, load_model(reader) if reader else None)
    return Variant(folder, base_model, hypernetwork, load_file(folder / "goldens.safetensors"))


def unpacked(values: Tensor, positions: Tensor, padding: int = 0) -> tuple[Tensor, Tensor]:
    """A packed row `[1, token, ...]` as right-padded rows, and the mask of their tokens."""
    starts = [*torch.nonzero(positions[0] == 0).flatten().tolist(), positions.shape[1]]
    lengths = [end - start for start, end in pairwise(starts)]
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    rows = values.new_full((*mask.shape, *values.shape[2:]), padding)
    rows[mask] = values[0]
    return rows, mask.long()


def repeated(adapters: list[Adapter], counts: list[int]) -> list[Adapter]:
    """Each document's adapter once for each of its questions."""
    return [adapter for adapter, count in zip(adapters, counts, strict=True) for _ in range(count)]
