"""How many answers a second one model gives to several users at once, and how long each waits for the first token.

    python benchmarks/serving.py [--users 1 4 8 16] [--questions 24] [--json]
    python benchmarks/serving.py --soak 3600 [--rate 1] [--json]

Every user asks the next question as soon as the last one is answered. `memory` are answers that share forward passes,
each under its own adapter; `one_at_a_time` the same answers one behind the other; `in_prompt` the base model without
adapters, sharing passes, with the recalled sentences in the prompt; `transformers` the same prompts through
`generate` of transformers, one behind the other, as a plain server has it. `of` rows are ratios to `one_at_a_time`. All
in one run, on one memory.

With `--soak`, a server is started in a process of its own, and gets requests at a steady rate for so many seconds; see
`soaking.py`.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles

from benchmarks.running import Report, run_benchmark
from benchmarks.soaking import served, soak
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.language_model.requests import Request, Search
from parametric_memory.language_model.shared_passes import SharedPasses

PEOPLE = ("Lina Okafor", "Tomas Reyes", "Ada Brandt", "Marco Ilves", "Yuki Sand", "Piet Moor", "Rosa Lind", "Emil Dahl")
CITIES = ("Bergen", "Valparaiso", "Turin", "Tartu", "Sapporo", "Ghent", "Malmo", "Aarhus")
TOKENS = 24  # of every answer; the end of one is not waited for

Tell = Callable[[Request], Iterator[object]]


def requests(memory: ParametricMemory, count: int, *, in_prompt: bool = False) -> list[Request]:
    """Questions with what they recall; in the prompt, and not in an adapter, if wanted."""
    made = []
    for number in range(count):
        question = f"Which city did {PEOPLE[number % len(PEOPLE)]} move to?"
        found = memory.attachment(question, with_texts=in_prompt)
        prompt = memory.models.base.chat.question("\n\n".join([*found.texts, question]))
        made.append(Request(prompt, None if in_prompt else found.adapter, TOKENS, search=Search()))
    return made


def timed(tell: Tell, asked: Sequence[Request], users: int) -> tuple[float, list[float]]:
    """Answers a second, and the seconds to each first token."""
    first: list[float] = []

    def ask(request: Request) -> None:
        started = time.perf_counter()
        pieces = iter(tell(request))
        next(pieces)
        first.append(time.perf_counter() - started)
        for _ in pieces:
            pass

    started = time.perf_counter()
    with ThreadPoolExecutor(users) as threads:
        list(threads.map(ask, asked))
    return len(asked) / (time.perf_counter() - started), first


class InTurn:
    """A lock that whoever waits longest gets next, as a server's queue would have it."""

    def __init__(self) -> None:
        self._waiting: deque[threading.Event] = deque()
        self._guard = threading.Lock()

    def __enter__(self) -> None:
        with self._guard:
            mine = threading.Event()
            if not self._waiting:
                mine.set()
            self._waiting.append(mine)
        mine.wait()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._waiting.popleft()
            if self._waiting:
                self._waiting[0].set()


def by_transformers(memory: ParametricMemory) -> Tell:
    """Greedy answers of `generate`, one at a time, piece by piece."""
    from transformers import TextIteratorStreamer

    base, turn = memory.models.base, InTurn()

    def tell(request: Request) -> Iterator[object]:
        import torch

        with turn:
            streamer = TextIteratorStreamer(base.tokenizer, skip_prompt=True)
            ids = torch.tensor([request.prompt], device=base.model.device)
            options = {"max_new_tokens": request.max_new_tokens, "min_new_tokens": request.max_new_tokens}
            asked = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "do_sample": False, **options}
            writing = threading.Thread(target=base.model.generate, kwargs={**asked, "streamer": streamer})
            writing.start()
            yield from streamer
            writing.join()

    return tell


def measure(memory: ParametricMemory, users: Sequence[int], questions: int, report: Report) -> list[EvalRow]:
    """Answers a second and seconds to the first token, by how many ask.

    Args:
        memory: an empty one, which is filled.
    """
    for person, city in zip(PEOPLE, CITIES, strict=True):
        memory.add(f"{person} moved to {city} in 2021.")
    remembered = requests(memory, questions)
    told = requests(memory, questions, in_prompt=True)
    rows = []
    turn = InTurn()
    passes, single = (SharedPasses(memory.models.base, most) for most in (max(users), 1))
    plain = by_transformers(memory)

    def alone(request: Request) -> Iterator[object]:
        with turn:
            yield from single.pieces(request)

    for asking in users:
        report(f"{asking} users")
        columns: dict[str, tuple[float, list[float]]] = {
            "memory": timed(passes.pieces, remembered, asking),
            "one_at_a_time": timed(alone, remembered, asking),
            "in_prompt": timed(passes.pieces, told, asking),
            "transformers": timed(plain, told, asking),
        }
        figures: dict[str, dict[str, float]] = {
            "answers a second": {name: rate for name, (rate, _) in columns.items()},
            "seconds to the first token, p50": {name: median(first) for name, (_, first) in columns.items()},
            "seconds to the first token, p95": {name: quantiles(f, n=20)[-1] for name, (_, f) in columns.items()},
        }
        rows += [
            EvalRow(case=f"{asking} users", metric=metric, n=questions, unit="number", **by_name)
            for metric, by_name in figures.items()
        ]
        by_itself = {metric: by_name["one_at_a_time"] for metric, by_name in figures.items()}
        rows += [
            EvalRow(
                case=f"{asking} users",
                metric=f"{metric}, of one_at_a_time",
                n=questions,
                unit="number",
                **{name: figure / by_itself[metric] for name, figure in by_name.items()},
            )
            for metric, by_name in figures.items()
        ]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="+", default=[1, 4, 8, 16], metavar="N")
    parser.add_argument("--questions", type=int, default=24, metavar="N")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="requests at a steady rate, for so long")
    parser.add_argument("--rate", type=float, default=1.0, metavar="X", help="of a soak: requests a second")

    def measured(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> list[EvalRow]:
        if chosen.soak is None:
            return measure(memory, chosen.users, chosen.questions, report)
        with served(memory) as (url, process):
            return soak(url, process, chosen.soak, chosen.rate, report)

    run_benchmark("soak" if "--soak" in sys.argv else "serving", parser, measured)


if __name__ == "__main__":
    main()
