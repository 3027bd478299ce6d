"""Our Text-to-LoRA says what the reference implementation said, for every variant there are tensors of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import yaml
from torch import Tensor
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import load_peft, save_peft
from parametric_memory.hypernetworks.checkpoint import load_text_to_lora
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora
from parametric_memory.hypernetworks.text_to_lora.published import convert_published, load_published
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.training.skill_trainer import factor_penalty, token_losses
from parametric_memory.training.t2l import reconstruction_loss
from tests.close import assert_close, assert_close_adapters
from tests.golden.text_to_lora import FOLDER, NAMES, RUNS, GoldenCase, needs_golden

pytestmark = needs_golden


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest) -> GoldenCase:
    return GoldenCase(request.param)


@pytest.fixture(scope="module")
def network(case: GoldenCase, tmp_path_factory: pytest.TempPathFactory) -> TextToLora:
    """The case's network, from the published layout through our own folder."""
    folder = tmp_path_factory.mktemp(case.name)
    convert_published(case.publish(folder / "published"), folder / "ours")
    return load_text_to_lora(folder / "ours")


@pytest.fixture(scope="module")
def adapters(case: GoldenCase, network: TextToLora) -> list[Adapter]:
    return [network.adapter(embedding) for embedding in case.tensors["task_emb"]]


def test_there_are_cases() -> None:
    assert NAMES, f"{FOLDER} holds no cases"


def test_the_case_was_understood(case: GoldenCase, network: TextToLora) -> None:
    said = {"sft.logits"} if network.config.objective == "answers" else {"recon.loss"}
    assert said <= case.tensors.keys()
    assert network.config.scaling == pytest.approx(case.config["scaling"], rel=1e-12)
    order = [module.name for module in network.config.modules]
    assert order == sorted(order, key=case.config["module_to_int"].__getitem__)
    trained = (parameter for parameter in network.parameters() if parameter.requires_grad)
    assert sum(parameter.numel() for parameter in trained) == case.config["n_trainable"]


def test_encoded_tasks(case: GoldenCase, network: TextToLora) -> None:
    encoded = network.encode(case.tensors["task_emb"])
    assert_close(encoded, case.tensors["encoded_task_emb"])


def test_predicted_factors_and_products(case: GoldenCase, network: TextToLora) -> None:
    golden = case.tensors
    encoded = network.encode(golden["task_emb"])
    layers = torch.arange(network.config.layers)
    assert golden["batch_layer_indices"].tolist() == layers.repeat_interleave(len(encoded)).tolist()
    for module in network.config.modules:
        said = network.predict(module.name, encoded)
        A, B, products = (part.flatten(0, 1) for part in (said.A, said.B, said.products()))
        assert_close(A, golden[f"batch.{module.name}.A"])
        assert_close(B.transpose(1, 2), golden[f"batch.{module.name}.B"])
        assert_close(products, golden[f"batch.{module.name}.deltaW"])


def test_generated_adapters(case: GoldenCase, adapters: list[Adapter]) -> None:
    for task, adapter in enumerate(adapters):
        prefix = f"gen_lora.{task}.base_model.model."
        golden = {k.removeprefix(prefix): v for k, v in case.tensors.items() if k.startswith(prefix)}
        assert len(golden) == 2 * len(adapter.factors)
        for name, factors in adapter.factors.items():
            assert_close(factors.A, golden[f"{name}.lora_A.weight"])
            assert_close(factors.B.T, golden[f"{name}.lora_B.weight"])


def test_generated_adapters_are_the_peft_folders_of_the_reference(case: GoldenCase, adapters: list[Adapter]) -> None:
    for task, adapter in enumerate(adapters):
        golden = load_peft(case.folder / f"peft_adapter_{task}")
        assert adapter.factors.keys() == golden.factors.keys()
        for name, factors in adapter.factors.items():
            assert factors.scaling == golden.factors[name].scaling
            assert_close(factors.A, golden.factors[name].A)
            assert_close(factors.B, golden.factors[name].B)


def test_logits_in_plain_peft_and_losses(
    case: GoldenCase, network: TextToLora, adapters: list[Adapter], tmp_path: Path
) -> None:
    if network.config.objective != "answers":
        return  # Reconstruction never runs the base model: its losses are the next test's.
    golden = case.tensors
    logits = _logits_in_peft(case, adapters, tmp_path)
    assert_close(logits, golden["sft.logits"])

    encoded = network.encode(golden["task_emb"])
    penalty = factor_penalty(network.predict(module.name, encoded) for module in network.config.modules)
    row, position = torch.nonzero(golden["sft.labels"][:, 1:] != -100, as_tuple=True)
    losses, smoothed = token_losses(logits[row, position], golden["sft.labels"][row, position + 1], smoothing=0.1)
    for of_tokens, expected in ((smoothed, "sft.train.sft_loss"), (losses, "sft.val.sft_loss")):
        of_answers = [of_tokens[row == i].mean() for i in range(len(logits))]
        assert_close(torch.stack(of_answers).mean().view(1), golden[expected])
    assert_close(penalty.view(1), golden["sft.train.l2"])


@torch.no_grad()
def test_logits_under_adapters_of_requests(case: GoldenCase, network: TextToLora, adapters: list[Adapter]) -> None:
    if network.config.objective != "answers":
        return  # Reconstruction never runs the base model.
    golden, base = case.tensors, _base_model(case)
    inputs = {"input_ids": golden["sft.input_ids"], "attention_mask": golden["sft.attention_mask"]}
    with adapter_hooks(base, adapters):
        assert_close(base(**inputs).logits, golden["sft.logits"])
    assert_close(base(**inputs).logits, golden["base.logits"])


def test_reconstruction_loss_and_gradient(case: GoldenCase, network: TextToLora) -> None:
    if network.config.objective == "answers":
        return  # The previous test's.
    golden = case.tensors
    tasks = sorted({name.split(".")[1] for name in golden if name.startswith("recon.t")})
    embeddings = torch.stack([golden[f"recon.{task}.task_embs"] for task in tasks])
    targets = {}
    for module in network.config.modules:
        A = torch.stack([golden[f"recon.{task}.A.{module.name}"] for task in tasks], dim=1)
        B = torch.stack([golden[f"recon.{task}.B.{module.name}"] for task in tasks], dim=1)
        targets[module.name] = BatchedFactors(A, B.transpose(-1, -2))

    network.zero_grad()
    loss, error = reconstruction_loss(network, embeddings, targets)
    loss.backward()

    assert_close(loss.detach().view(1), golden["recon.loss"])
    assert error.item() == pytest.approx(case.config["recon_unnorm_err"], rel=1e-5)
    gradients = [p.grad.norm() for p in network.parameters() if p.grad is not None]
    assert torch.stack(gradients).norm().item() == pytest.approx(case.config["recon_grad_norm"], rel=1e-4)


@pytest.mark.parametrize("name", RUNS)
def test_a_published_training_run_as_it_is(name: str, tmp_path: Path) -> None:
    source = FOLDER / name
    config = convert_published(source, tmp_path)
    saved = yaml.safe_load((source / "args.yaml").read_text())
    names = [module["name"] for module in json.loads((tmp_path / "config.json").read_text())["modules"]]
    assert sorted(names) == sorted(saved["target_modules"])
    assert config.embedding_model == (saved["emb_model"] or None)
    embedding = torch.randn(config.embedding_size)
    assert_close_adapters(load_text_to_lora(tmp_path).adapter(embedding), load_published(source).adapter(embedding))


def _logits_in_peft(case: GoldenCase, adapters: list[Adapter], folder: Path) -> Tensor:
    """Logits `[task, position, vocabulary]` of the case's examples, one a task, each under its adapter."""
    from peft import PeftModel

    model = None
    logits = []
    for task, adapter in enumerate(adapters):
        name = f"task {task}"
        save_peft(adapter, folder / name, str(case.base_model))
        if model is None:
            model = PeftModel.from_pretrained(_base_model(case), folder / name, adapter_name=name).eval()
        else:
            model.load_adapter(folder / name, adapter_name=name)
        model.set_adapter(name)
        example = slice(task, task + 1)
        with torch.no_grad():
            output = model(
                input_ids=case.tensors["sft.input_ids"][example],
                attention_mask=case.tensors["sft.attention_mask"][example],
            )
        logits.append(output.logits)
    return torch.cat(logits)


def _base_model(case: GoldenCase) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(case.base_model, dtype=torch.float32).eval()
