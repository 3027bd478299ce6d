"""How a memory behaves as it grows: seconds, megabytes of main memory, and bytes of the disk that an entry takes.

    python benchmarks/growth.py [--entries 1000 10000 100000] [--repeats 20] [--tokens 20 1000] [--corpus FILE] [--json]

Of time, what a memory does itself is measured, not what models do. No model is loaded: adapters are of two numbers, and
a text's vector is drawn by a random generator that the text seeds. Seconds are medians over the repeats, those of `add`
over a thousand, of all sizes in turn; what is done once an instance, or with all entries, is measured once. A memory is
filled with entries that are kept as text, and indexed by `reindex`; one entry of a hundred is in a namespace of its
own. Megabytes are those of main memory that the process takes meanwhile, at most, beyond those of before. The 100,000
entries take about twenty minutes of one core, and 3 GB of the disk for temporary files (`TMPDIR`).

With `--tokens`, a text of about so many tokens is added to a memory of each store with the embedded models: the bytes
by which the database grows, and the seconds that `add` took, once.

With `--corpus`, the sentences of a text, one in a hundred left out, are embedded by the embedded embedder and put into
an index: how often what its graph finds for those left out is what is nearest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from zlib import crc32

import numpy as np
import torch
from langchain_core.embeddings import Embeddings

from benchmarks.running import seconds
from parametric_memory import Maintenance, ModelSettings, ParametricMemory, RecallSettings
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.commands.doctor import memory_of
from parametric_memory.documents.cleaning import content_hash
from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.results import command_line, result_of
from parametric_memory.evaluation.rows import EvalRow, as_table
from parametric_memory.index.chroma import ChromaIndex
from parametric_memory.index.exact import Stored
from parametric_memory.internalize.deriving import Derived, Draft
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.internalize.selection import Models
from parametric_memory.memory import reopen
from parametric_memory.settings import STORES
from parametric_memory.storage.location import Location

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

DIMENSION = 384
_A_PAGE = 50
# Entries, after which Chroma writes its graph to the disk: the more were added since, the more one costs.
_A_ROUND = 1000
_LEFT_OUT = 100  # one of so many sentences
_ROUNDING = 1e-5  # of similarities


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


def namespace(number: int) -> str:
    return "rare" if number % 100 == 99 else "default"


def filled(folder: Path, entries: int) -> None:
    """A memory of that many entries, which are kept as text, in a folder that is yet to be made."""
    with opened(folder) as memory:
        first = memory.add(text(0))
        storage, embeddings = memory.storage, DrawnVectors()
        with storage.database.writing():
            for number in range(1, entries):
                said = text(number)
                own = {"id": f"copy-{number}", "content_hash": content_hash(said), "summary": said}
                own["created_at"] = first.created_at + timedelta(milliseconds=number)
                entry = first.model_copy(update={**own, "namespace": namespace(number)})
                derived = Derived(len(said.split()), 1, None, [said], said, [embeddings.embed_query(said)], [-1])
                storage.entries.write(entry, said, (), derived)
        Maintenance(memory).reindex()


def measure(sizes: Sequence[int], repeats: int, adds: int = _A_ROUND) -> Iterator[EvalRow]:
    """What takes how long, and how much room, by the number of entries that are there.

    Near the end some are added, to the memories in turn: what else the machine does meanwhile weighs on all alike.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folders = {entries: Path(made, str(entries), "memory") for entries in sizes}
        for entries, folder in folders.items():
            folder.parent.mkdir()
            filled(folder, entries)
            index = sum(path.stat().st_size for path in folder.glob("chroma*/**/*") if path.is_file())
            yield _row(entries, "index", "bytes for each entry", index / entries, entries)
            for name, figures in _timed(folder, entries, repeats):
                yield _row(entries, name, "seconds", median(figures), len(figures))
            for name, action in _of_all(folder).items():
                yield from _costs(entries, name, action)
            for name, bytes_ in _sizes(folder):
                yield _row(entries, f"an entry {name}", "bytes", bytes_ / entries)
        for entries, figures in _added_in_turn(folders, adds).items():
            yield _row(entries, "add", "seconds", median(figures), adds)
        for entries, folder in folders.items():  # after which this process makes no index of a small memory
            delete = _in_memory(folder, lambda memory: memory.delete(namespace="rare"))
            yield from _costs(entries, "delete of a namespace of few", delete)


def _added_in_turn(folders: Mapping[int, Path], adds: int) -> dict[int, list[float]]:
    """Seconds of each add, by how many entries were there at first."""
    with ExitStack() as stack:
        memories = {entries: stack.enter_context(opened(folder)) for entries, folder in folders.items()}
        for memory in memories.values():
            memory.add(text("one more instance"))
        added = [
            {entries: seconds(partial(memory.add, text(f"new {number}"))) for entries, memory in memories.items()}
            for number in range(adds)
        ]
    return {entries: [took[entries] for took in added] for entries in folders}


def _row(entries: int, name: str, metric: str, figure: float, n: int = 1) -> EvalRow:
    return EvalRow(case=f"{entries} entries, {name}", metric=metric, memory=figure, n=n, unit="number")


def _timed(folder: Path, entries: int, repeats: int) -> Iterator[tuple[str, list[float]]]:
    known = [number * entries // repeats for number in range(repeats)]
    with opened(folder) as memory:
        yield "first add of an instance", [seconds(partial(memory.add, text("of before")))]
    with opened(folder) as memory:
        yield "first recall of an instance", [seconds(partial(memory.recall, text(0)))]
    with opened(folder) as memory:
        yield "first add of the next instance", [seconds(partial(memory.add, text("of an instance")))]
        of_known = [partial(memory.add, text(number), namespace=namespace(number)) for number in known]
        yield "add of a known text", [seconds(add) for add in of_known]
        yield "recall", [seconds(partial(memory.recall, text(number))) for number in known]
        rare = [partial(memory.recall, text(number), namespace="rare") for number in known]
        yield "recall in a namespace of few", [seconds(recall) for recall in rare]
        page = partial(memory.list, limit=_A_PAGE)
        yield "list of a page", [seconds(page) for _ in range(min(repeats, 3))]
        assert all(memory.storage.known(Draft(text(number), namespace=namespace(number))) for number in known)
        replaced = [partial(memory.update, f"copy-{number}", metadata={"year": 2024}) for number in known if number]
        yield "update", [seconds(update) for update in replaced] or [0.0]


def _of_all(folder: Path) -> dict[str, Callable[[], object]]:
    """What has to do with all entries, by its name."""
    return {
        "doctor": lambda: memory_of(Location(folder), None),
        "export": _in_memory(folder, lambda memory: Maintenance(memory).export(folder.with_name("exported.zip"))),
        "reindex": _in_memory(folder, lambda memory: Maintenance(memory).reindex()),
    }


def _in_memory(folder: Path, action: Callable[[ParametricMemory], object]) -> Callable[[], None]:
    """The action in an instance of its own."""

    def act() -> None:
        with opened(folder) as memory:
            action(memory)

    return act


def _costs(entries: int, name: str, action: Callable[[], object]) -> Iterator[EvalRow]:
    """Seconds, and how many megabytes of main memory the process takes meanwhile, at most, beyond those of before,
    where the system tells."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most is counted anew from here on
    before, took, most = _resident("VmRSS"), seconds(action), _resident("VmHWM")
    yield _row(entries, name, "seconds", took)
    if before is not None and most is not None:
        yield _row(entries, name, "megabytes", max(most - before, 0.0))


def _resident(field: str) -> float | None:
    """Megabytes of main memory, as Linux tells."""
    with suppress(OSError):
        told = Path("/proc/self/status").read_text(encoding="ascii")
        return int(next(line.split()[1] for line in told.splitlines() if line.startswith(f"{field}:"))) / 1e3
    return None


def _sizes(folder: Path) -> Iterator[tuple[str, int]]:
    """Bytes of files, in all, by what they are of."""
    for name, place in (("in the database", "memory.db*"), ("in the index", "chroma*/**/*")):
        yield name, sum(path.stat().st_size for path in folder.glob(place) if path.is_file())


def measure_nearest(embeddings: Embeddings, texts: Sequence[str]) -> Iterator[EvalRow]:
    """How often what an index of texts finds for others is what is nearest to them."""
    asked, kept = texts[::_LEFT_OUT], [text for number, text in enumerate(texts) if number % _LEFT_OUT]
    vectors = np.asarray(embeddings.embed_documents(kept), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made,
        closing(ChromaIndex(Path(made, "index"), "index")) as index,
    ):
        numbers = np.arange(len(vectors))
        stored = Stored(numbers, np.zeros_like(numbers), np.full_like(numbers, -1), vectors)
        index.put([stored], dict.fromkeys(numbers.tolist(), "default"))
        right = []
        for vector in embeddings.embed_documents(list(asked)):
            found, _ = index.nearest(vector, 1)
            nearest = float((vectors @ np.asarray(vector, np.float32)).max()) / float(np.linalg.norm(vector))
            right.append(found[0][1] > nearest - _ROUNDING)
        case = f"{len(kept)} sentences, a graph is searched"
        yield EvalRow(case=case, metric="nearest found", memory=sum(right) / len(right), n=len(right))


def bytes_of(memory: ParametricMemory) -> int:
    """Bytes of the pages that the memory's database uses."""
    with memory.storage.database.reading() as connection:
        [pages], [free], [size] = (
            connection.exec_driver_sql(f"PRAGMA {name}").one() for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


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
                    before = bytes_of(memory)
                    document = of_tokens(length, lambda of_one: len(memory.models.base.chat.encode(of_one)))
                    took = seconds(partial(memory.add, document, id=f"of-{length}"))
                    entry = memory.get(f"of-{length}")
                    kept = {"bytes": bytes_of(memory) - before, "seconds": took}
                    for metric, figure in kept.items():
                        case = f"{entry.tokens} tokens, kept as {store}"
                        yield EvalRow(case=case, metric=metric, memory=figure, n=1, unit="number")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, nargs="+", default=[1000, 10000], metavar="N")
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="a text whose sentences are looked for")
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
            stores = measure_stores(lambda at, store: reopen(memory, at, store=store), chosen.tokens)
            found = [*measure(chosen.entries, chosen.repeats), *(stores if chosen.tokens else ())]
            if chosen.corpus:
                texts = list(dict.fromkeys(sentences(chosen.corpus.read_text(encoding="utf-8"))))
                found += measure_nearest(MiniLMEmbeddings(), texts)
            return found

        result = result_of("growth", command, 0, memory, measured)
    if chosen.json:
        print(result.model_dump_json(indent=2))
    else:
        print(f"{as_table(result.rows)}\n\n`{command}`: {result.origin}")


if __name__ == "__main__":
    main()
