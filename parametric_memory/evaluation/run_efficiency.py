"""`eval efficiency`: what internalizing a document costs once, and what it saves each time it is asked about.

Sizes are computed from shapes, for lengths that this machine could not run too. Times to a first token are medians;
others are of one run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from parametric_memory.evaluation.columns import COLUMNS, COSTLY, Case, cache_bytes_per_token
from parametric_memory.evaluation.held_out import Filler, unrelated_texts
from parametric_memory.evaluation.results import seconds
from parametric_memory.evaluation.rows import EvalRow, Route
from parametric_memory.evaluation.runner import Runner
from parametric_memory.language_model.requests import Request, Search

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

GEMMA_LAYERS = 26  # of gemma-2-2b
GEMMA_CACHE = 2 * GEMMA_LAYERS * 4 * 256 * 2  # bytes a token: keys and values of 4 heads, in bfloat16
LENGTHS = (1024, 4096, 8192)
_TIMED = ("hybrid", "none", "in_prompt", "rag")  # the columns whose answers take different times

_LEAST_SIZED = 1024  # tokens of the text that sizes are computed from: the fewer, the more a single sentence weighs
_SIZED_LENGTHS = (1024, 8192, 32_768, 131_072)
_REPEATS = 3
_QUESTIONS = 16  # asked at once


def evaluate_efficiency(runner: Runner, seed: int = 0, lengths: Sequence[int] = LENGTHS) -> list[EvalRow]:
    """Seconds to internalize and to the first token at each length, sizes at fixed lengths, answers a second.

    The costly columns internalize the shortest text only; lengths are in tokens of the base model.
    """
    filler, device = Filler(runner.base.tokenizer, seed), runner.base.model.device
    texts = {length: filler.text(length) for length in sorted(lengths)}
    shortest = min(texts)
    questions = unrelated_texts().questions[:_QUESTIONS]
    runner.adapters("memory").internalizer.internalize("Nothing is measured while a model warms up.")
    rows = []
    for length, text in texts.items():
        runner.report(f"seconds to internalize {length} tokens")
        costly = [column for column in runner.columns if column in COSTLY and length == shortest]
        ways = {column: runner.adapters(column).internalizer for column in ("memory", *costly)}
        times = {column: seconds(partial(way.internalize, text), device) for column, way in ways.items()}
        rows.append(_row(f"{length} tokens", "seconds to internalize", times, 1))
    rows += _sizes(runner, filler, max(shortest, _LEAST_SIZED))
    timed = ("memory", *(column for column in runner.columns if column in _TIMED))
    cases = [Case(text, questions[0], ()) for text in texts.values()]
    with runner.memory_of(cases, "given") as remembered:

        def request(column: str, case: Case) -> Request:
            """Greedy."""
            return replace(COLUMNS[column].request(runner, remembered, case, case), search=Search())

        for length, case in zip(texts, cases, strict=True):
            runner.report(f"seconds to the first token, {length} tokens")
            times = {column: _first_token(runner, request(column, case)) for column in timed}
            rows.append(_row(f"{length} tokens", "seconds to the first token", times, _REPEATS, "given"))
        runner.report(f"answers a second, {shortest} tokens")
        rates = {}
        for column in timed:
            requests = [request(column, Case(texts[shortest], question, ())) for question in questions]
            rates[column] = len(requests) / seconds(partial(runner.base.generate, requests), device)
        rows.append(_row(f"{shortest} tokens", "answers a second", rates, len(questions), "given"))
    return rows


def _row(case: str, metric: str, figures: dict[str, float], n: int, route: Route = "ask") -> EvalRow:
    return EvalRow(case=case, metric=metric, n=n, unit="number", route=route, **figures)


def _sizes(runner: Runner, filler: Filler, made_of: int) -> list[EvalRow]:
    """Megabytes of adapters, from that of a text of `made_of` tokens, beside those of the key-value cache."""
    from parametric_memory.internalize.internalizer import HypernetworkInternalizer

    internalizer = runner.adapters("memory").internalizer
    made = internalizer.internalize(filler.text(made_of))
    per_token = cache_bytes_per_token(runner.base)
    own, published = [], []
    for length in _SIZED_LENGTHS:
        times = 1.0  # context distillation has one rank at any length
        if made.kept:  # rows stand for words
            times = length / made.tokens
        elif isinstance(internalizer, HypernetworkInternalizer):
            chunks, _ = internalizer.hypernetwork.read(filler.text(length), internalizer.base.chat)
            times = len(chunks) / made.chunks
        sizes = {"memory": adapter_bytes(made.to_keep, times) / 1e6, "in_prompt": per_token * length / 1e6}
        own.append(_row(f"{length} tokens", "MB", sizes, 1))
        cache = GEMMA_CACHE * length / 1e6
        sizes = {"memory": published_adapter_bytes(length) / 1e6, "in_prompt": cache}
        published.append(_row(f"{length} tokens, gemma-2-2b with Doc-to-LoRA", "MB", sizes, 1))
    return own + published


def published_adapter_bytes(tokens: int) -> int:
    """The size of what the published Doc-to-LoRA makes for gemma-2-2b, in bfloat16: rank 8 on every down_proj for each
    8,192 tokens; the shared bias takes eight rows more, once."""
    rows = 8 * math.ceil(tokens / 8192) + 8
    return GEMMA_LAYERS * rows * (9216 + 2304) * 2


def adapter_bytes(adapter: Adapter, times: float) -> int:
    """The size of an adapter with `times` as many rows of its own; shared rows stay as they are."""
    shared = sum(f.shared * (f.A[0].nbytes + f.B[0].nbytes) for f in adapter.factors.values() if f.rank)
    return shared + round((adapter.num_bytes - shared) * times)


def _first_token(runner: Runner, request: Request) -> float:
    """Median seconds from a prompt to the first token of its answer. Adapters and passages are ready."""
    short = replace(request, max_new_tokens=1)
    times = [runner.base.generate([short])[0].first_token for _ in range(_REPEATS + 1)]
    return median(times[1:])
