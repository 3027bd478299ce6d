"""Chunk splits, metrics and prompts against what the reference implementation produced: exactly equal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from parametric_memory.evaluation.scores import normalize_answer, rouge_l, truncate_middle, word_f1
from parametric_memory.hypernetworks.chunking import split_evenly
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PUBLISHED_TEMPLATES
from tests.golden.doc_to_lora import FOLDER, needs_golden

PATH = FOLDER / "protocol_goldens.json"
GOLDENS: dict[str, Any] = json.loads(PATH.read_text()) if PATH.exists() else {}
pytestmark = needs_golden


def test_there_are_cases() -> None:
    assert GOLDENS, f"{PATH} is missing"


def cases(name: str) -> list[Any]:
    return GOLDENS.get(name, [])


@pytest.mark.parametrize("case", cases("chunk_split_eval"), ids=lambda c: f"{c['ctx_len']}/{c['max_ctx_chunk_len']}")
def test_even_split(case: dict[str, Any]) -> None:
    template = PUBLISHED_TEMPLATES[case["model"]]
    ids = range(case["first_id"], case["first_id"] + case["ctx_len"])
    chunks = split_evenly(ids, case["max_ctx_chunk_len"], template.prefix, template.suffix)
    assert chunks == case["chunks"]
    assert len(chunks) == case["n_ctx_chunks"]


@pytest.mark.parametrize("case", cases("qa"), ids=lambda c: repr(c["pred"]))
def test_word_f1(case: dict[str, Any]) -> None:
    assert normalize_answer(case["pred"]) == case["norm_pred"]
    assert [normalize_answer(answer) for answer in case["answers"]] == case["norm_answers"]
    assert word_f1(case["pred"], case["answers"]) == case["f1"]


@pytest.mark.parametrize("case", cases("rougeL_f1"), ids=lambda c: repr(c["pred"]))
def test_rouge_l(case: dict[str, Any]) -> None:
    assert rouge_l(case["pred"], case["label"]) == case["rougeL_f1"]


@pytest.mark.parametrize("case", cases("truncate_middle"), ids=lambda c: f"{c['n']}/{c['max_length']}")
def test_truncation(case: dict[str, Any]) -> None:
    assert truncate_middle(range(case["n"]), case["max_length"], case["max_new_tokens"]) == case["out"]


@pytest.mark.parametrize("model", GOLDENS.get("chat_render", {}))
def test_prompts_of_published_models(model: str) -> None:
    rendered, template = GOLDENS["chat_render"][model], PUBLISHED_TEMPLATES[model]
    assert template.before + "CTX" + template.after == rendered["context"]
    assert rendered["query_eval_full"].startswith(template.before + "Q" + template.after)
