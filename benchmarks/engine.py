"""Whether a vLLM server answers from memory as the library does.

    python benchmarks/engine.py http://127.0.0.1:8000/v1 [--questions 20] [--max-rank 128] [--json]

Questions about generated facts are asked through vLLM and of the library, and equal answers are counted: beside those
of `ask`, with its rules about answers, and beside greedy answers without rules, which is what vLLM
writes. What equals the second and not the first differs by rules; what equals neither, by rounding, or by a
rank that was cut. Every answer that differs is told on stderr. The server runs this benchmark's base model:

    VLLM_ALLOW_RUNTIME_LORA_UPDATING=True vllm serve MODEL --enable-lora --max-lora-rank 128
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from benchmarks.running import Report, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.answering.vllm import VllmEngine
from parametric_memory.evaluation.held_out import FactDocuments
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scores import contains
from parametric_memory.memory import reopen
from parametric_memory.recall.calibration import ANSWER_RULES

TOKENS = 32  # of an answer, at most
FACTS = 4  # of a document


def measure(
    memory: ParametricMemory, through: ParametricMemory, questions: int, seed: int, report: Report
) -> Iterator[EvalRow]:
    """Shares of equal answers, and of right ones.

    Args:
        memory: an empty one, which is filled.
        through: the same, with answers from vLLM.
    """
    made = FactDocuments(seed).documents([FACTS] * -(-questions // FACTS))
    for example in made:
        memory.add(example.document)
    plain = reopen(memory, without=ANSWER_RULES)
    asked = [fact for example in made for fact in example.questions][:questions]
    equal, as_plain, right_there, right_here = [], [], [], []
    for fact in asked:
        there = through.ask(fact.text, abstain=False, max_new_tokens=TOKENS).text
        here = memory.ask(fact.text, abstain=False, max_new_tokens=TOKENS).text
        greedy = plain.ask(fact.text, abstain=False, max_new_tokens=TOKENS).text
        equal.append(float(there == here))
        as_plain.append(float(there == greedy))
        right_there.append(float(contains(there, fact.value)))
        right_here.append(float(contains(here, fact.value)))
        if there != here:
            why = "rules" if there == greedy else f"greedy and without rules: {greedy!r}"
            report(f"{fact.text} vLLM: {there!r}; library: {here!r}; {why}")
    yield EvalRow.of_scores("vLLM", "answers equal to those of ask", {"memory": equal})
    yield EvalRow.of_scores("vLLM", "answers equal to greedy ones without rules", {"memory": as_plain})
    yield EvalRow.of_scores("vLLM", "right", {"memory": right_there})
    yield EvalRow.of_scores("the library", "right", {"memory": right_here})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of its OpenAI API")
    parser.add_argument("--questions", type=int, default=20, metavar="N")
    parser.add_argument("--max-rank", type=int, default=128, metavar="N", help="its --max-lora-rank")
    parser.add_argument("--timeout", type=float, default=600.0, metavar="SECONDS", help="until an answer has to come")

    def measured(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> Iterator[EvalRow]:
        through = reopen(
            memory,
            engine=VllmEngine(chosen.url, memory.models, max_rank=chosen.max_rank, timeout=chosen.timeout),
        )
        return measure(memory, through, chosen.questions, chosen.seed, report)

    run_benchmark("engine", parser, measured)


if __name__ == "__main__":
    main()
