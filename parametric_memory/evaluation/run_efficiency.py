"""`eval efficiency`: what internalizing a document costs once, and what it saves each time it is asked about.

Sizes are computed from shapes, so that lengths can be had that no machine at hand could run. Times to a first token are
medians; others are of one run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from parametric_memory.evaluation.columns import COLUMNS, COSTLY, Attaching, CacheShape, Case
from parametric_memory.evaluation.held_out import Filler, unrelated_texts
from parametric_memory.evaluation.memories import IndexedTexts
from parametric_memory.evaluation.results import seconds
from parametric_memory.evaluation.rows import EvalRow, Route
from parametric_memory.evaluation.runner import Runner
from parametric_memory.language_model.requests import Request, Search

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

GEMMA_2_2B = CacheShape(layers=26, key_value_heads=4, head_size=256)
LENGTHS = (1024, 4096, 8192)
_TIMED = ("hybrid", "none", "in_prompt", "rag")

_LEAST_SIZED = 1024  # tokens of the text that sizes are computed from: the fewer, the more a single sentence weighs
_SIZED_LENGTHS = (1024, 8192, 32_768, 131_072)
_REPEATS = 3
_QUESTIONS = 16  # asked at once


def evaluate_efficiency(runner: Runner, seed: int = 0, lengths: Sequence[int] = LENGTHS) -> list[EvalRow]:
    """Seconds to internalize and to the first token at each length, sizes at fixed lengths, answers a second.

    The costly columns internalize the shortest text only; lengths are in tokens of the base model.
    """
    filler = Filler(runner.base.tokenizer, seed)
    texts = {length: filler.text(length) for length in sorted(lengths)}
    shortest = min(texts)
    questions = unrelated_texts().questions[:_QUESTIONS]
    rows = []
    for length, text in texts.items():
        runner.report(f"seconds to internalize {length} tokens")
        costly = [column for column in runner.columns if column in COSTLY and length == shortest]
        times = {}
        for column in ("memory", *costly):
            internalize = runner.adapters(column).internalizer.internalize
            if column == "memory":
                internalize("Nothing is measured while a model warms up.")
            times[column] = seconds(partial(internalize, text), runner.base.model.device)
        rows.append(_row(f"{length} tokens", "seconds to internalize", times, 1))
    rows += _sizes(runner, filler, max(shortest, _LEAST_SIZED))
    cases = [Case(text, questions[0], ()) for text in texts.values()]
    with runner.memory_of(cases, own=True, threshold=-1.0) as remembered:
        for length, case in zip(texts, cases, strict=True):
            runner.report(f"seconds to the first token, {length} tokens")
            times = _first_tokens(runner, _requests(runner, remembered, case))
            rows.append(_row(f"{length} tokens", "seconds to the first token", times, _REPEATS, "given"))
        runner.report(f"answers a second, {shortest} tokens")
        asked = [_requests(runner, remembered, Case(texts[shortest], question, ())) for question in questions]
        rows.append(_row(f"{shortest} tokens", "answers a second", _rates(runner, asked), len(questions), "given"))
    return rows


def _row(case: str, metric: str, figures: dict[str, float], n: int, route: Route = "ask") -> EvalRow:
    return EvalRow(case=case, metric=metric, n=n, unit="number", route=route, **figures)


def _requests(runner: Runner, texts: IndexedTexts, case: Case) -> dict[str, Request]:
    """By column, of those that differ in the time an answer takes: adapters of one kind are as fast as another."""
    attaching = Attaching(texts.adapt, texts.hybrid)
    memory = runner.question(case, attaching.adapt(case))
    timed = [column for column in runner.columns if column in _TIMED]
    return {"memory": memory, **{column: COLUMNS[column].request(runner, case, attaching) for column in timed}}


def _sizes(runner: Runner, filler: Filler, made_of: int) -> list[EvalRow]:
    """Megabytes of adapters, from that of a text of `made_of` tokens, beside those of the key-value cache."""
    from parametric_memory.internalize.internalizer import HypernetworkInternalizer

    internalizer = runner.adapters("memory").internalizer
    made = internalizer.internalize(filler.text(made_of))
    per_token = CacheShape.of(runner.base).bytes_per_token
    rows = []
    for length in _SIZED_LENGTHS:
        if made.kept:  # rows stand for words
            times = length / made.tokens
        elif isinstance(internalizer, HypernetworkInternalizer):
            chunks, _ = internalizer.hypernetwork.read(filler.text(length), internalizer.base.chat)
            times = len(chunks) / made.chunks
        else:  # context distillation has one rank whatever the length
            times = 1.0
        sizes = {"memory": adapter_bytes(made.to_keep, times) / 1e6, "in_prompt": per_token * length / 1e6}
        rows.append(_row(f"{length} tokens", "MB", sizes, 1))
    for length in _SIZED_LENGTHS:
        cache = GEMMA_2_2B.bytes_per_token * length / 1e6
        sizes = {"memory": published_adapter_bytes(length) / 1e6, "in_prompt": cache}
        rows.append(_row(f"{length} tokens, gemma-2-2b with Doc-to-LoRA", "MB", sizes, 1))
    return rows


def published_adapter_bytes(tokens: int) -> int:
    """The size of what the published Doc-to-LoRA makes for gemma-2-2b, in bfloat16: rank 8 on every down_proj for each
    8,192 tokens; the shared bias takes eight rows more, once."""
    rows = 8 * math.ceil(tokens / 8192) + 8
    return GEMMA_2_2B.layers * rows * (9216 + 2304) * 2


def adapter_bytes(adapter: Adapter, times: float) -> int:
    """The size of an adapter with so many times the rows of its own; shared rows stay as they are."""
    shared = sum(f.shared * (f.A[0].nbytes + f.B[0].nbytes) for f in adapter.factors.values() if f.rank)
    return shared + round((adapter.num_bytes - shared) * times)


def _first_tokens(runner: Runner, asked: Mapping[str, Request]) -> dict[str, float]:
    """Median seconds from a prompt to its greedy answer's first token. Adapters and passages are at hand."""
    found = {}
    for column, request in asked.items():
        short = replace(request, max_new_tokens=1, search=Search())
        times = [runner.base.generate([short])[0].first_token for _ in range(_REPEATS + 1)]
        found[column] = median(times[1:])
    return found


def _rates(runner: Runner, asked: Sequence[Mapping[str, Request]]) -> dict[str, float]:
    """Greedy answers a second, all questions asked in one batch."""
    rates = {}
    for column in asked[0]:
        requests = [replace(by_column[column], search=Search()) for by_column in asked]
        took = seconds(partial(runner.base.generate, requests), runner.base.model.device)
        rates[column] = len(requests) / took
    return rates
