"""How `add` and `recall` slow down as a memory grows, and how much of the disk its entries take.

    python benchmarks/growth.py [--entries 1000 10000] [--repeats 20] [--tokens 20 1000] [--json]

Of time, what they do themselves is measured, not what models do. No model is loaded: adapters are of two numbers, and
a text's vector is drawn by a random generator that the text seeds. Seconds are medians over the repeats; the first
`add` in an instance opens the memory, and is measured once. A memory is filled by copying the folder of one entry, and
indexed by `reindex`.

With `--tokens`, a text of about so many tokens is added to a memory of each store with the embedded models: the bytes
of its entry's folder, and the seconds that `add` took, once.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from zlib import crc32

import numpy as np
import torch
from langchain_core.embeddings import Embeddings

from parametric_memory import ModelSettings, ParametricMemory, RecallSettings
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.evaluation.results import command_line, result_of
from parametric_memory.evaluation.rows import EvalRow, as_table
from parametric_memory.evaluation.timing import seconds
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.models.selection import Models
from parametric_memory.settings import STORES
from parametric_memory.text.cleaning import content_hash

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

DIMENSION = 384


class DrawnVectors(Embeddings):
    """A vector for each text, `[DIMENSION]`, that says nothing about it but tells it from others."""

    fingerprint = "drawn"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = np.random.default_rng(crc32(text.encode())).standard_normal(DIMENSION).tolist()
        return vector


class OneNumber:
    """Makes the same adapter of every text."""

    fingerprint = "one number"

    def internalize(self, text: str) -> Internalized:
        factors = Factors(torch.ones(1, 1), torch.ones(1, 1))
        return Internalized(Adapter({"model.layers.0.mlp.down_proj": factors}), tokens=len(text.split()), chunks=1)


class NoModels(Models):
    """What a memory needs of models where none is loaded."""

    def __init__(self) -> None:
        super().__init__(ModelSettings(internalizer=OneNumber(), embeddings=DrawnVectors()), progress=False)

    @property
    def base(self) -> BaseModel:
        return cast("BaseModel", SimpleNamespace(name="none", fingerprint="none", model=torch.ones(1)))


def text(number: int | str) -> str:
    return f"Crate {number} stands behind the loading bay of the north warehouse."


def opened(folder: Path) -> ParametricMemory:
    return ParametricMemory(folder, models=NoModels(), recall=RecallSettings(scorer="vectors", threshold=0.5))


def filled(folder: Path, entries: int) -> None:
    """A memory of that many entries in a folder that is yet to be made."""
    with opened(folder) as memory:
        first = memory.add(text(0))
        place = folder / "entries" / first.id
        record = json.loads((place / "entry.json").read_text(encoding="utf-8"))
        for number in range(1, entries):
            copy = place.with_name(f"copy-{number}")
            shutil.copytree(place, copy)
            own = {"id": copy.name, "content_hash": content_hash(text(number)), "summary": text(number)}
            (copy / "entry.json").write_text(json.dumps(record | own), encoding="utf-8")
            (copy / "text.txt").write_text(text(number), encoding="utf-8")
        memory.reindex()


def measure(sizes: Sequence[int], repeats: int) -> Iterator[EvalRow]:
    """Seconds, by the number of entries that are there."""
    for entries in sizes:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
            folder = Path(made, "memory")
            filled(folder, entries)
            index = sum(path.stat().st_size for path in folder.glob("chroma*/**/*") if path.is_file())
            yield EvalRow(
                case=f"{entries} entries, index",
                metric="bytes for each entry",
                memory=index / entries,
                n=entries,
                unit="number",
            )
            for name, figures in _timed(folder, entries, repeats):
                yield EvalRow(
                    case=f"{entries} entries, {name}",
                    metric="seconds",
                    memory=median(figures),
                    n=len(figures),
                    unit="number",
                )


def _timed(folder: Path, entries: int, repeats: int) -> Iterator[tuple[str, list[float]]]:
    with opened(folder) as memory:
        yield "first add of an instance", [seconds(partial(memory.add, text("of before")))]
    with opened(folder) as memory:
        yield "first add of the next instance", [seconds(partial(memory.add, text("of an instance")))]
        yield "add", [seconds(partial(memory.add, text(f"new {number}"))) for number in range(repeats)]
        known = [text(number * entries // repeats) for number in range(repeats)]
        yield "add of a known text", [seconds(partial(memory.add, of_one)) for of_one in known]
        yield "recall", [seconds(partial(memory.recall, of_one)) for of_one in known]
        kept = memory.kept
        assert all(kept.known(content_hash(of_one), "default", None) for of_one in known)


def of_tokens(tokens: int, count: Callable[[str], int]) -> str:
    """A text of a little more tokens than that. count: of a text."""
    each = count(text(0))
    return " ".join(text(number) for number in range(-(-tokens // each)))


def measure_stores(opened_as: Callable[[Path, str], ParametricMemory], lengths: Sequence[int]) -> Iterator[EvalRow]:
    """Bytes on disk of an entry, and seconds to add it, in a memory of each store.

    Args:
        opened_as: opens a memory in a folder, of a store.
        lengths: of the texts, in tokens.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        for store in STORES:
            with opened_as(Path(made, store), store) as memory:
                memory.add("Nothing is measured while a model warms up.")
                for length in lengths:
                    document = of_tokens(length, lambda of_one: len(memory.models.base.chat.encode(of_one)))
                    took = seconds(partial(memory.add, document, id=f"of-{length}"))
                    entry = memory.get(f"of-{length}")
                    files = (memory.folder / "entries" / entry.id).rglob("*")
                    kept = {"bytes": sum(path.stat().st_size for path in files if path.is_file()), "seconds": took}
                    for metric, figure in kept.items():
                        case = f"{entry.tokens} tokens, kept as {store}"
                        yield EvalRow(case=case, metric=metric, memory=figure, n=1, unit="number")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, nargs="+", default=[1000, 10000], metavar="N")
    parser.add_argument("--repeats", type=int, default=20, metavar="N")
    parser.add_argument(
        "--tokens", type=int, nargs="+", default=[], metavar="N", help="texts that are kept in each store"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    chosen = parser.parse_args()
    command = command_line(f"python benchmarks/{Path(sys.argv[0]).name}", sys.argv[1:])
    with (
        tempfile.TemporaryDirectory() as folder,
        ParametricMemory(folder) if chosen.tokens else opened(Path(folder)) as memory,
    ):

        def measured() -> list[EvalRow]:
            stores = measure_stores(lambda at, store: memory.with_recall(at, store=store), chosen.tokens)
            return [*measure(chosen.entries, chosen.repeats), *(stores if chosen.tokens else ())]

        result = result_of("growth", command, 0, memory, measured)
    if chosen.json:
        print(result.model_dump_json(indent=2))
    else:
        print(f"{as_table(result.rows)}\n\n`{command}`: {result.origin}")


if __name__ == "__main__":
    main()
