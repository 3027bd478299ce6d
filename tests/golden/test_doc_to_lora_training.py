"""The training of Doc-to-LoRA against losses and gradients that the reference implementation's trainer produced."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from parametric_memory.hypernetworks.doc_to_lora.published import own_name
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.training.doc_to_lora import (
    ContextTrainer,
    ContextTrainingConfig,
    perceiver_optimizers,
    read_reference_rows,
)
from parametric_memory.training.loop import Run
from tests.close import assert_close
from tests.golden.doc_to_lora import DEEP, NAMES, Variant, load_variant, needs_golden
from tests.tiny_models import number_tokenizer

pytestmark = needs_golden
LOSS = re.compile(r"(?P<kind>kl|ce)_perctx_l1(?P<weight>[\d.]+)")
OBJECTIVES = {"kl": "distillation", "ce": "cross-entropy"}


def packed(values: Tensor, positions: Tensor) -> list[list[Any]]:
    """The sequences of a packed row."""
    starts = [*torch.nonzero(positions[0] == 0).flatten().tolist(), positions.shape[1]]
    return [values[0, start:end].tolist() for start, end in pairwise(starts)]


def write_rows(batch: dict[str, Tensor], spans: list[list[int]], path: Path) -> None:
    """The batch as the reference keeps rows: the ends of its answers are those of its labels."""
    chunks = iter(packed(batch["in.ctx_ids"], batch["in.ctx_position_ids"]))
    inputs = iter(packed(batch["in.input_ids"], batch["in.position_ids"]))
    labels = iter(packed(batch["in.labels"], batch["in.position_ids"]))
    logs, ids, first = batch["in.logprobs_vals"], batch["in.logprobs_indices"], 0
    rows = []
    for count, asked in zip(batch["in.n_ctx_chunks"].tolist(), batch["in.n_queries"].tolist(), strict=True):
        row: dict[str, Any] = {"ctx_ids": [next(chunks) for _ in range(count)]}
        for name in ("input_ids", "response_start_end", "logprobs_vals", "logprobs_indices"):
            row[name] = []
        for _ in range(asked):
            sequence, label = next(inputs), next(labels)
            answer = [i for i, token in enumerate(label) if token != -100]
            start, end = answer[0], answer[-1] + 1
            row["input_ids"].append(sequence)
            row["response_start_end"].append([start, end])
            row["logprobs_vals"].append(logs[first : first + end - start].tolist())
            row["logprobs_indices"].append(ids[first : first + end - start].tolist())
            first += end - start
        rows.append(row)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def trainer_of(variant: Variant, rows: Path, folder: Path, **options: Any) -> ContextTrainer:
    hypernetwork = deepcopy(variant.hypernetwork).requires_grad_(True)
    vocabulary = variant.base_model.config.vocab_size
    read = list(read_reference_rows(rows, vocabulary))
    chat = ChatFormat.of(number_tokenizer(vocabulary, end=0))
    config = ContextTrainingConfig(neftune=0.0, **options)
    run = Run(folder, report=lambda _line: None)
    base = SimpleNamespace(model=variant.base_model, chat=chat)
    return ContextTrainer(base, hypernetwork, read, run, config)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in NAMES if (load_variant(name).folder / "loss_goldens.json").exists()])
def test_losses_and_gradients_of_a_step_are_those_of_the_reference(name: str, tmp_path: Path) -> None:
    variant = load_variant(name)
    expected = json.loads((variant.folder / "loss_goldens.json").read_text())
    batch = load_file(variant.folder / "loss_goldens.safetensors")
    write_rows(batch, expected["response_spans"], tmp_path / "rows.jsonl")
    checked = 0
    for name, values in expected.items():
        match = LOSS.fullmatch(name)
        if match is None:
            continue
        options = {"objective": OBJECTIVES[match["kind"]], "penalty": float(match["weight"])}
        trainer = trainer_of(variant, tmp_path / "rows.jsonl", tmp_path / "run", **options)
        result = trainer.loss(trainer.rows)
        assert result.loss.item() == pytest.approx(values[f"{match['kind']}_loss"], rel=1e-5)
        assert result.penalty.item() == pytest.approx(values["gen_lora_l1_norm"], rel=1e-5)
        total = result.loss + trainer.config.penalty * result.penalty
        assert total.item() == pytest.approx(values["total"], rel=1e-5)
        total.backward()
        gradients = {n: p.grad for n, p in trainer.hypernetwork.network.named_parameters() if p.grad is not None}
        for key, norm in values.get("grad_norms", {}).items():
            assert gradients[own_name(key)].norm().item() == pytest.approx(norm, rel=1e-3, abs=1e-6), key
        for key in (key for key in batch if key.startswith(f"grad.{name}.")):
            actual = gradients[own_name(key.removeprefix(f"grad.{name}."))]
            assert_close(actual, batch[key], DEEP)
            checked += 1
    assert checked


def test_the_parameters_that_decay_are_those_of_the_reference(tmp_path: Path) -> None:
    variant = load_variant("llama_main_a")
    expected = json.loads((variant.folder / "loss_goldens.json").read_text())["weight_decayed_hypernet_params"]
    hypernetwork = deepcopy(variant.hypernetwork).requires_grad_(True)
    (optimizer,) = perceiver_optimizers(hypernetwork, ContextTrainingConfig())
    names = {id(p): name for name, p in hypernetwork.network.named_parameters()}
    decayed = {names[id(p)] for group in optimizer.param_groups if group["weight_decay"] for p in group["params"]}
    assert decayed == set(map(own_name, expected))
