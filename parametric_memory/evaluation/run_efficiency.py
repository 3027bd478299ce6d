"""`eval efficiency`: what internalizing a document costs once, and what it saves each time it is asked about.

Sizes are computed from shapes, so that lengths can be had that no machine at hand could run. Times to a
first token are medians; others are of one run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import COSTLY, Adapting, Examiner, Hybrid
from parametric_memory.evaluation.filler import Filler
from parametric_memory.evaluation.indexed import indexed
from parametric_memory.evaluation.relations import unrelated_texts
from parametric_memory.evaluation.rows import EvalRow, Route
from parametric_memory.evaluation.sizes import GEMMA_2_2B, CacheShape, adapter_bytes, published_adapter_bytes
from parametric_memory.evaluation.timing import seconds
from parametric_memory.language_model.requests import Request, Search

if TYPE_CHECKING:
    from parametric_memory.internalize.internalizer import Internalized, Internalizer

LENGTHS = (1024, 4096, 8192)
_LEAST_SIZED = 1024  # tokens of the text that sizes are computed from: the fewer, the more a single sentence weighs
_SIZED_LENGTHS = (1024, 8192, 32_768, 131_072)
_REPEATS = 3
_QUESTIONS = 16  # asked at once


def evaluate_efficiency(
    examiner: Examiner, seed: int = 0, lengths: Sequence[int] = LENGTHS, report: Callable[[str], None] = print
) -> list[EvalRow]:
    """Seconds to internalize and to the first token at each length, sizes at fixed lengths, answers a second.

    The costly controls internalize the shortest text only.

    Args:
        lengths: of the texts, in tokens of the base model.
    """
    filler = Filler(examiner.base.tokenizer, seed)
    texts = {length: filler.text(length) for length in sorted(lengths)}
    shortest = min(texts)
    questions = unrelated_texts().questions[:_QUESTIONS]
    rows = []
    for length, text in texts.items():
        report(f"seconds to internalize {length} tokens")
        costly = [control for control in examiner.controls if control in COSTLY and length == shortest]
        times = {control: _internalizing_seconds(examiner, control, text) for control in ("memory", *costly)}
        rows.append(_row(f"{length} tokens", "seconds to internalize", times, 1))
    rows += _sizes(examiner, filler, max(shortest, _LEAST_SIZED))
    with indexed(examiner.memory, list(texts.values()), threshold=-1.0) as remembered:
        ask = partial(_requests, examiner, remembered.adapt_to_own, remembered.hybrid_of_own)
        for length, text in texts.items():
            report(f"seconds to the first token, {length} tokens")
            times = _first_tokens(examiner, ask(Case(text, questions[0], ())))
            rows.append(_row(f"{length} tokens", "seconds to the first token", times, _REPEATS, "given"))
        report(f"answers a second, {shortest} tokens")
        asked = [ask(Case(texts[shortest], question, ())) for question in questions]
        rows.append(_row(f"{shortest} tokens", "answers a second", _rates(examiner, asked), len(questions), "given"))
    return rows


def _row(case: str, metric: str, figures: dict[str, float], n: int, route: Route = "ask") -> EvalRow:
    return EvalRow(case=case, metric=metric, n=n, unit="number", route=route, **figures)


def _requests(examiner: Examiner, adapt: Adapting, hybrid: Hybrid, asked: Case) -> dict[str, Request]:
    """The controls that differ in the time an answer takes: adapters of one kind are as fast as another."""
    adapter = adapt(asked)
    budget = adapter.num_bytes if adapter else 0
    ways = {
        "hybrid": lambda: examiner.question(asked, *hybrid(asked)),
        "none": lambda: examiner.question(asked),
        "in_prompt": lambda: examiner.question(asked, text=asked.document),
        "rag": lambda: examiner.question(asked, text=examiner.retrieved(asked, budget)),
    }
    chosen = {control: ways[control]() for control in examiner.controls if control in ways}
    return {"memory": examiner.question(asked, adapter), **chosen}


def _internalizing_seconds(examiner: Examiner, control: str, text: str) -> float:
    internalize = examiner.adapters(control).internalizer.internalize
    if control == "memory":
        internalize("Nothing is measured while a model warms up.")
    return seconds(partial(internalize, text), examiner.base.model.device)


def _sizes(examiner: Examiner, filler: Filler, made_of: int) -> list[EvalRow]:
    """Megabytes of adapters, from that of a text of `made_of` tokens, beside those of the key-value cache."""
    internalizer = examiner.adapters("memory").internalizer
    internalized = internalizer.internalize(filler.text(made_of))
    adapter = internalized.to_keep
    per_token = CacheShape.of(examiner.base).bytes_per_token
    rows = []
    for length in _SIZED_LENGTHS:
        own = adapter_bytes(adapter, _times_the_rows(internalizer, internalized, filler, length))
        rows.append(_row(f"{length} tokens", "MB", {"memory": own / 1e6, "in_prompt": per_token * length / 1e6}, 1))
    for length in _SIZED_LENGTHS:
        published = {
            "memory": published_adapter_bytes(length) / 1e6,
            "in_prompt": GEMMA_2_2B.bytes_per_token * length / 1e6,
        }
        rows.append(_row(f"{length} tokens, gemma-2-2b with Doc-to-LoRA", "MB", published, 1))
    return rows


def _times_the_rows(internalizer: Internalizer, made: Internalized, filler: Filler, length: int) -> float:
    """How many times the own rows a text of this length has: by tokens where rows stand for words, else by chunks."""
    from parametric_memory.internalize.internalizer import HypernetworkInternalizer

    if made.kept:
        return length / made.tokens
    if not isinstance(internalizer, HypernetworkInternalizer):
        return 1.0  # context distillation has one rank whatever the length
    chunks, _ = internalizer.hypernetwork.read(filler.text(length), internalizer.base.chat)
    return len(chunks) / made.chunks


def _first_tokens(examiner: Examiner, asked: Mapping[str, Request]) -> dict[str, float]:
    """Median seconds from a prompt to its greedy answer's first token. Adapters and passages are at hand."""
    found = {}
    for control, request in asked.items():
        short = replace(request, max_new_tokens=1, search=Search())
        times = [examiner.base.generate([short])[0].first_token for _ in range(_REPEATS + 1)]
        found[control] = median(times[1:])
    return found


def _rates(examiner: Examiner, asked: Sequence[Mapping[str, Request]]) -> dict[str, float]:
    """Greedy answers a second, all questions asked in one batch."""
    rates = {}
    for control in asked[0]:
        requests = [replace(by_control[control], search=Search()) for by_control in asked]
        took = seconds(partial(examiner.base.generate, requests), examiner.base.model.device)
        rates[control] = len(requests) / took
    return rates
