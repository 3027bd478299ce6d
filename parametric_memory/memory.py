"""ParametricMemory: what a user of the library meets.

Documents go in and become adapters; questions are answered from the weights of the adapters that the index finds. The
prompt never holds a document, unless a hybrid answer is asked for.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from parametric_memory.adapters.focus import fits
from parametric_memory.errors import AdapterError, SettingsError
from parametric_memory.index.filters import matches
from parametric_memory.models.selection import DISTILLATION, HYPERNETWORK, Models, Report, is_distilled
from parametric_memory.recall.recaller import Attachment, Recaller, RecallSettings
from parametric_memory.recall.refinement import refined
from parametric_memory.records import Answer, Entry, KeptToken, Recall, now
from parametric_memory.settings import default_memory_folder
from parametric_memory.storage.folder import KEPT_WORDS, PASSAGE_ROWS, PASSAGES, MemoryFolder
from parametric_memory.storage.identity import read_identity
from parametric_memory.storage.metadata import kept_metadata
from parametric_memory.text.cleaning import clean, content_hash, title_of
from parametric_memory.text.documents import Document, find_documents, read_document

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from transformers import PreTrainedModel

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.index.chroma import MemoryIndex
    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.language_model.requests import Request
    from parametric_memory.storage.entry_store import EntryStore

Metadata = Mapping[str, Any]

DEFAULT_REFINE_SECONDS = 60.0


class ParametricMemory:
    """A memory in a folder. Nothing is loaded, and no folder made, before it is needed.

    Threads may share one instance. Any number of processes may read a memory; one at a time writes.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        base_model: str | Path | BaseModel | None = None,
        hypernetwork: str | Path | None = None,
        internalizer: Internalizer | str | None = None,
        embeddings: Embeddings | None = None,
        summarizer: Callable[[str], str] | None = None,
        max_adapters: int | None = None,
        max_passages: int | None = None,
        threshold: float | None = None,
        rank: int | None = None,
        max_rank: int | None = None,
        even_chunks: bool = False,
        distill_seconds: float | None = None,
        namespace: str = "default",
        progress: bool = True,
        trust_remote_code: bool = False,
    ):
        """
        Args:
            folder: where the memory lives; `<home>/memory` when not given.
            base_model: a transformers folder, a hub id, or a loaded `BaseModel`; the embedded one when not given.
            hypernetwork: a hypernetwork folder; the shipped one for the base model when not given, and untrained rows
                where there is none.
            internalizer: takes the place of a hypernetwork. "distillation" trains an adapter for each document, which
                is slow and strong; "hypernetwork" is the default, but for a memory that was made by distillation.
            embeddings: any LangChain embeddings; all-MiniLM-L6-v2 when not given.
            summarizer: text -> the summary that the index embeds; the central sentences when not given.
            max_adapters: how many adapters an answer merges at most. This, the next two: as the hypernetwork was
                calibrated when not given, see `Calibration`.
            max_passages: of a document with more sentences, only the rows of so many are attached: those nearest to
                the question.
            threshold: score, see `Recall`, below which nothing is attached.
            rank: rows of an adapter in each layer for every 100 tokens, with more for short sentences, see
                `KeyValueHypernetwork.chunk_factors`; the hypernetwork's own when not given.
            max_rank: the largest rank of an adapter and of what an answer attaches. Of a new adapter's rows that stand
                for words the strongest are kept; all else is compressed by SVD.
            even_chunks: cut documents into pieces of one length, as Doc-to-LoRA does, not into sentences.
            distill_seconds: for each document, at most, where adapters are made by distillation; 60 when not given.
            namespace: where entries go and are looked for, unless a call names another.
            progress: tell on stderr when a model is fetched or an adapter distilled.
            trust_remote_code: let a base model's repository run its own code.

        Raises:
            SettingsError: a number is too small, or two settings contradict each other.
            MemoryFolderError: the folder is no memory, or one of a later release.
            StorageError: it cannot be read.
        """
        for setting, value in {
            "max_adapters": max_adapters,
            "max_passages": max_passages,
            "rank": rank,
            "max_rank": max_rank,
        }.items():
            if value is not None and value < 1:
                raise SettingsError(f"{setting} must be at least 1, not {value}.")
        if threshold is not None and math.isnan(threshold):
            raise SettingsError(f"threshold must be a number, not {threshold}.")
        if distill_seconds is not None and not distill_seconds > 0:
            raise SettingsError(f"distill_seconds must be more than 0, not {distill_seconds:g}.")
        location = Path(folder) if folder is not None else default_memory_folder()
        made_with = read_identity(location)
        if base_model is None and made_with is not None:
            base_model = made_with.base_model
            if internalizer in (None, HYPERNETWORK) and hypernetwork is None:
                hypernetwork = made_with.named_hypernetwork
        if internalizer is None and hypernetwork is None and is_distilled(made_with):
            internalizer = DISTILLATION
        self.models = Models(
            base_model,
            hypernetwork,
            internalizer,
            embeddings,
            rank,
            progress,
            trust_remote_code,
            max_rank=max_rank,
            even_chunks=even_chunks,
            distill_seconds=distill_seconds,
        )
        self.namespace = namespace
        self._settings = RecallSettings(max_adapters, max_passages, threshold, max_rank)
        self._keep(MemoryFolder(location, self.models, summarizer))

    def _keep(self, kept: MemoryFolder) -> None:
        self._kept, self._recaller = kept, Recaller(kept, self._settings)

    @property
    def folder(self) -> Path:
        return self._kept.folder

    @property
    def store(self) -> EntryStore:
        """The entries on disk."""
        return self._kept.store

    @property
    def index(self) -> MemoryIndex:
        """The vectors that find them."""
        return self._kept.index

    # Adding and changing

    def add(
        self,
        text: str,
        *,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
    ) -> Entry:
        """Internalise a text.

        A text that the namespace already holds is not internalised again: its entry is returned, with the metadata
        given added to its own and, if one is given, a new ttl. A known id with another text is replaced, and its
        version goes up by one; its metadata stays in the same way, and so does its ttl until it is over.

        Args:
            ttl: how long the entry is recalled, from now on.

        Raises:
            DocumentError: the text is empty, the metadata is not flat, or the id is that of an entry of another
                namespace.
            SettingsError: a name in the metadata is not allowed, or the time reaches past the year 9999.
            MemoryMismatch: the memory was made with another base model, hypernetwork or embedder.
            StorageError, MemoryLocked: it cannot be written; nothing half-written is left.
        """
        text, namespace = clean(text), namespace or self.namespace
        self._kept.replaced(id, namespace)  # before anything is made of a text
        return self._remember(
            text,
            id=id,
            title=title,
            source=source,
            metadata=metadata,
            namespace=namespace,
            expires_at=_moment_after(ttl),
        )

    def _remember(
        self,
        text: str,
        *,
        id: str | None,
        metadata: Metadata | None,
        namespace: str,
        expires_at: datetime | None,
        **record: Any,
    ) -> Entry:
        """The entry of a cleaned text: the one that is there, or a new one. record: more of what it is written with."""
        given = kept_metadata(metadata)
        digest = content_hash(text)
        known = self._kept.known(digest, namespace, id)
        if known is None:
            self._kept.check_models()
            result = self.models.internalizer.internalize(text)
            known = self._kept.write(
                text, digest, result, id=id, metadata=given, namespace=namespace, expires_at=expires_at, **record
            )  # or one that somebody else wrote meanwhile
        changes = {} if expires_at in (None, known.expires_at) else {"expires_at": expires_at}
        if not changes and given.items() <= known.metadata.items():
            return known
        self._kept.check_embedder()
        return self._kept.change(known, merged=given, **changes)

    def add_adapter(
        self,
        folder: str | Path,
        description: str,
        *,
        id: str | None = None,
        title: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
    ) -> Entry:
        """Remember a PEFT LoRA that was made elsewhere, for this memory's base model.

        Args:
            folder: the PEFT adapter's folder.
            description: what it knows or does, in words: the index finds it by them.

        Raises:
            AdapterError, CheckpointError: it is no plain LoRA, is damaged, or does not fit the base model.
        """
        from parametric_memory.adapters.peft_folder import load_peft
        from parametric_memory.language_model.hooks import adapter_hooks

        description = clean(description)
        metadata = kept_metadata(metadata)
        self._kept.check_models()
        adapter = load_peft(Path(folder))
        with adapter_hooks(self.models.base.model, [adapter]):
            pass  # it fits, or this raises
        return self._keep_adapter(
            adapter,
            description,
            id=id,
            title=title,
            source=str(folder),
            metadata=metadata,
            namespace=namespace or self.namespace,
            expires_at=_moment_after(ttl),
        )

    def add_files(
        self,
        *paths: str | Path,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        on_progress: Callable[[Path, Entry | None], None] | None = None,
    ) -> list[Entry]:
        """Internalise files and folders: text, Markdown, HTML, PDF.

        Every file is read before the first is added, so that one that cannot be read leaves the memory as it was.

        Args:
            on_progress: called before and after each file, with its path, and its entry when there is one.

        Raises:
            DocumentError: a file cannot be read, or there is none.
        """
        found = find_documents(paths)
        documents: list[tuple[Path, Document]] = [(path, read_document(path)) for path in found]
        entries = []
        for path, document in documents:
            if on_progress:
                on_progress(path, None)
            entry = self.add(
                document.text, title=document.title, source=document.source, metadata=metadata, namespace=namespace
            )
            entries.append(entry)
            if on_progress:
                on_progress(path, entry)
        return entries

    def update(
        self,
        id: str,
        *,
        text: str | None = None,
        title: str | None = None,
        source: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
    ) -> Entry:
        """Give an entry another text, title, source or namespace, other metadata in place of its own, or another time
        to be recalled from now on.

        What is not given stays; an empty title is made from the text, and an empty source is none.

        A title that was made from the text is made anew with it. Of an entry that was added as an adapter the text is
        its description, and the adapter stays.

        Raises:
            EntryNotFound: no entry has this id.
            DocumentError, SettingsError: the text, the metadata or the time cannot be kept.
        """
        entry = self.get(id)
        kept = kept_metadata(metadata)
        expires_at = _moment_after(ttl)
        text = None if text is None else clean(text)
        if text is not None and content_hash(text) != entry.content_hash:
            record: dict[str, Any] = {
                "id": id,
                "title": entry.title if title is None and entry.title != title_of(self.text(id)) else title,
                "source": entry.source if source is None else source or None,
                "metadata": kept,
                "namespace": namespace or entry.namespace,
                "expires_at": expires_at,
                "merged": metadata is None,
                "updates": True,
                "moves": bool(namespace),
            }
            if entry.chunks:
                return self._remember(text, **record)
            self._kept.check_models()
            return self._keep_adapter(self.store.adapter(id), text, **record)
        changes: dict[str, Any] = {
            **({} if metadata is None else {"metadata": kept}),
            **({} if title is None else {"title": title or title_of(self.text(id))}),
            **({} if source is None else {"source": source or None}),
            **({"namespace": namespace} if namespace else {}),
            **({} if expires_at is None else {"expires_at": expires_at}),
        }
        self._kept.check_embedder()
        return self._kept.change(entry, **changes)

    def _keep_adapter(self, adapter: Adapter, description: str, **record: Any) -> Entry:
        """An entry of an adapter that was made elsewhere. record: more of what it is written with."""
        from parametric_memory.internalize.internalizer import Internalized

        made = Internalized(adapter, tokens=0, chunks=0)
        return self._kept.write(description, content_hash(description), made, **record)

    @overload
    def refine(self, id: str, *, seconds: float = ..., on_progress: Report | None = ...) -> Entry: ...

    @overload
    def refine(
        self, id: str, *, seconds: float = ..., on_progress: Report | None = ..., background: Literal[True]
    ) -> Future[Entry]: ...

    def refine(
        self,
        id: str,
        *,
        seconds: float = DEFAULT_REFINE_SECONDS,
        on_progress: Report | None = None,
        background: bool = False,
    ) -> Entry | Future[Entry]:
        """Make an entry's adapter better by context distillation, which starts from the adapter as it is.

        The entry answers from its earlier adapter until the new one takes its place, whole.

        Args:
            seconds: how long it takes, about. Calls add up: see `Entry.refined`.
            on_progress: is told in words what is going on, every few seconds; stderr is when not given.
            background: return at once. The refinements of a memory wait for each other, in a thread that the process
                ends after; answers can be had meanwhile. The future gives the entry, or raises what this method would.

        Raises:
            EntryNotFound: no entry has this id.
            SettingsError: no time is given.
            AdapterError: the entry was added as an adapter, without a document; or was changed meanwhile, and stays
                as it was changed.
            MemoryMismatch: the memory was made with another base model or hypernetwork.
        """
        if not seconds > 0:
            raise SettingsError(f"seconds must be more than 0, not {seconds:g}.")
        entry = self.get(id)
        if not entry.chunks:
            raise AdapterError(f"Entry {id} was added as an adapter: there is no document to refine it by.")
        if background:
            return self._background.submit(self._refine, entry, seconds, on_progress)
        return self._refine(entry, seconds, on_progress)

    def _refine(self, asked: Entry, seconds: float, on_progress: Report | None) -> Entry:
        entry = self.get(asked.id)  # refined since by what had to be waited for, perhaps
        if entry.content_hash != asked.content_hash:
            raise AdapterError(f"Entry {asked.id} was changed before it was refined: refine it again.")
        self._kept.check_models()
        adapter, text, extra = self.store.adapter(entry.id), self.text(entry.id), self.store.extra(entry.id)
        passages, rows = extra.get(PASSAGES, ()), extra.get(PASSAGE_ROWS, {})
        if not fits(adapter, rows, range(len(passages))):
            passages = ()
        most = self._recaller.max_passages
        better = refined(self.models, adapter, text, seconds, passages, rows, most, on_progress)
        return self._kept.refined(entry, better, seconds)

    @cached_property
    def _background(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, "parametric-memory-refine")

    def delete(self, id: str) -> None:
        """Forget an entry.

        Raises:
            EntryNotFound: no entry has this id.
        """
        self._kept.delete(id)

    # Looking

    def get(self, id: str) -> Entry:
        """The record of an entry. Raises EntryNotFound."""
        return self.store.read(id)

    def text(self, id: str) -> str:
        """The text an entry was made from. Raises EntryNotFound."""
        return self.store.text(id)

    def list(self, *, namespace: str | None = None, filter: Metadata | None = None) -> list[Entry]:
        """Records of all entries, oldest first; of one namespace, or with metadata that fits a filter, if given."""
        entries = [
            e
            for e in self.store.iter()
            if (namespace is None or e.namespace == namespace) and matches(e.metadata, filter)
        ]
        return sorted(entries, key=lambda e: (e.created_at, e.id))

    def recall(
        self, query: str, k: int | None = None, *, filter: Metadata | None = None, namespace: str | None = None
    ) -> Sequence[Recall]:
        """The entries nearest to a query, best first, and which of them an answer would attach. No language model runs.

        Args:
            k: how many entries to return, at most; as many as an answer lists when not given.
            filter: equality or Chroma's operators on metadata.

        Raises:
            DocumentError: the query is empty.
            SettingsError: k is less than 1, or the filter is not understood.
            MemoryMismatch: the memory was made with another embedder.
        """
        return self._recaller.recall(query, k, filter=filter, namespace=namespace or self.namespace)

    def nearest(
        self,
        vector: Sequence[float],
        k: int = 4,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
    ) -> Sequence[tuple[str, float]]:
        """Ids of the entries nearest to a vector of the memory's embedder, with their cosine similarities, best first.

        Args:
            vector: `[dimension]`.
            namespace: all of them when not given.

        Raises:
            SettingsError: the filter is not understood.
            MemoryMismatch: the vectors of the memory have another length.
            MemoryFolderError: the index is gone or damaged.
        """
        return self._kept.nearest(vector, k, namespace=namespace, filter=filter)

    def explain(self, id: str) -> Mapping[str, Sequence[KeptToken]]:
        """The tokens whose rows an entry's adapter keeps, by module, in the document's order.

        Empty where rows do not stand for tokens. Of a refined adapter: what its rows stood for in the beginning.
        """
        return {
            module: [KeptToken(position=position, word=word, strength=strength) for position, word, strength in rows]
            for module, rows in self.store.extra(id).get(KEPT_WORDS, {}).items()
        }

    @property
    def threshold(self) -> float:
        """Similarity below which nothing is attached: the caller's, the hypernetwork's, or a default."""
        return self._recaller.threshold

    @property
    def max_adapters(self) -> int:
        """How many adapters an answer merges at most: the caller's, the hypernetwork's, or one."""
        return self._recaller.max_adapters

    @property
    def max_passages(self) -> int:
        """Of how many sentences of a document the rows are attached: the caller's, the hypernetwork's, or three."""
        return self._recaller.max_passages

    # Answering

    def ask(
        self,
        question: str,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        max_new_tokens: int = 64,
        hybrid: bool = False,
        beams: int | None = None,
    ) -> Answer:
        """Answer from the adapters that the question recalls; without memory, and saying so, where it recalls none.

        Args:
            hybrid: also put what is attached into the prompt, as text; see `passage`.
            beams: how many beginnings of an answer are followed side by side. Of several the most probable answer is
                given, which is more often right, and comes later; 1: greedy. When not given, an answer is greedy; one
                from memory that holds an improbable token is looked for again, in as many beams as the hypernetwork's
                calibration names, if it names any. However it is looked for, one from memory seldom says a name in the
                question twice, where the calibration has a `name_penalty`.

        Raises:
            DocumentError: the question is empty, or longer than the model's window.
            SettingsError: beams or max_new_tokens is less than 1.
            MemoryMismatch: the memory was made with other models.
        """
        started = time.perf_counter()
        recalls, request, timings = self._prepare(question, filter, namespace, max_new_tokens, hybrid)
        [completion] = self.models.base.generate([replace(request, search=request.search.from_the_start(beams))])
        timings["first_token"] = time.perf_counter() - started - completion.total + completion.first_token
        timings["total"] = time.perf_counter() - started
        remembered = any(r.attached for r in recalls)
        return Answer(
            text=completion.text.strip(),
            recalls=list(recalls),
            timings=timings,
            remembered=remembered,
            confidence=completion.confidence,
        )

    def stream(
        self,
        question: str,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        max_new_tokens: int = 64,
        hybrid: bool = False,
    ) -> tuple[Sequence[Recall], Iterator[str]]:
        """As `ask`, but the recalls at once and the answer piece by piece.

        What was told stays: of an answer with an improbable token, only what follows is looked for again. Raises what
        `ask` does, before the first piece comes.
        """
        recalls, request, _ = self._prepare(question, filter, namespace, max_new_tokens, hybrid)
        return recalls, self.models.base.stream(request)

    @contextmanager
    def attached(
        self, query: str, *, filter: Metadata | None = None, namespace: str | None = None
    ) -> Iterator[PreTrainedModel]:
        """The memory's base model, answering under what the query recalls inside the block, in this thread.

        Raises what `recall` does, and MemoryMismatch where the memory was made with other models.
        """
        with self.attach_to(self.models.base.model, query, filter=filter, namespace=namespace):
            yield self.models.base.model

    @contextmanager
    def attach_to(
        self, model: Any, query: str, *, filter: Metadata | None = None, namespace: str | None = None
    ) -> Iterator[Sequence[Recall]]:
        """Put what the query recalls on a transformers or PEFT model of the caller's, inside the block, in this thread.

        The model must be the memory's base model; afterwards it is bit for bit what it was.

        Raises:
            AdapterError: the model has other modules or sizes than the base model.
            MemoryMismatch: the memory was made with other models. Also what `recall` raises.
        """
        from parametric_memory.language_model.attach import attached

        found = self.attachment(query, filter=filter, namespace=namespace)
        with attached(model, found.adapter):
            yield found.recalls

    def attachment(
        self,
        query: str,
        k: int | None = None,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        with_texts: bool = False,
    ) -> Attachment:
        """What `recall` finds, with the merged adapter, and the texts if asked for, of what is attached.

        Raises what `recall` does, and MemoryMismatch where the memory was made with other models.
        """
        return self._recaller.attachment(
            query, k, filter=filter, namespace=namespace or self.namespace, with_texts=with_texts
        )

    def adapter_for(self, recalls: Sequence[Recall]) -> Adapter | None:
        """The merged adapter of the recalls that are attached; None for none."""
        return self._recaller.adapter_for(recalls)

    def passage(self, recall: Recall) -> str:
        """What a recall attaches, as text: all of an entry, or the recalled passages of its text, in their order.

        Raises EntryNotFound.
        """
        return self._recaller.passage(recall)

    def _prepare(
        self, question: str, filter: Metadata | None, namespace: str | None, max_new_tokens: int, hybrid: bool
    ) -> tuple[Sequence[Recall], Request, dict[str, float]]:
        from parametric_memory.language_model.requests import Request

        question = clean(question, "The question", "say what you want to know")
        found = self.attachment(question, filter=filter, namespace=namespace, with_texts=hybrid)
        ask = self.models.base.chat.question if found.adapter is None else self.models.question
        prompt = ask("\n\n".join([*found.texts, question]))
        if found.texts:
            self.models.base.check_fits(prompt, "Question and recalled text", "ask without hybrid")
        self.models.base.check_fits(prompt, "The question", "shorten it")
        request = Request(prompt, found.adapter, max_new_tokens, search=found.search)
        return found.recalls, request, dict(found.seconds)

    # Async twins

    async def aadd(self, text: str, **options: Any) -> Entry:
        """`add`, in a thread."""
        return await asyncio.to_thread(self.add, text, **options)

    async def aask(self, question: str, **options: Any) -> Answer:
        """`ask`, in a thread."""
        return await asyncio.to_thread(self.ask, question, **options)

    async def arecall(self, query: str, k: int | None = None, **options: Any) -> Sequence[Recall]:
        """`recall`, in a thread."""
        return await asyncio.to_thread(self.recall, query, k, **options)

    # Care

    def reindex(self) -> int:
        """Build the index anew from the entries, with the embedder this memory is opened with; how many there are."""
        return self._kept.reindex()

    def upgrade(self, on_progress: Callable[[Entry], None] | None = None) -> int:
        """Internalise every text again, with the base model and hypernetwork this memory is opened with.

        What was refined is refined again, for as long. Adapters that were added as such have no document to start
        from: they stay as they are.

        Raises:
            AdapterError: there are such adapters, and the base model is another one.
            MemoryFolderError: the memory holds nothing.
        """
        return self._kept.upgrade(on_progress)

    def export(self, path: str | Path) -> int:
        """Write every entry to one file; how many there were.

        Raises:
            MemoryFolderError: the memory holds nothing, or the file is there and is no exported memory.
            StorageError: the disk refuses.
        """
        return self._kept.export(Path(path))

    def import_(self, path: str | Path) -> int:
        """Take over every entry of an exported file; entries of the same id are replaced. How many there were.

        Raises:
            MemoryFolderError: the file is not an exported memory.
            MemoryMismatch: it was made with another base model or hypernetwork.
        """
        return self._kept.import_(Path(path))

    def sibling(self, folder: str | Path, **settings: Any) -> ParametricMemory:
        """Another memory, in another folder, that shares the models of this one.

        settings: of recall, where they are to be others than this memory's.
        """
        own = {**asdict(self._settings), "namespace": self.namespace}
        other = ParametricMemory(folder, **{**own, **settings})
        other.models = self.models
        other._keep(MemoryFolder(Path(folder), self.models, self._kept.summarizer))
        return other

    def close(self) -> None:
        """Let go of the index's files; the next call opens them again."""
        self._kept.close()

    def __enter__(self) -> ParametricMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _moment_after(ttl: timedelta | None) -> datetime | None:
    try:
        return None if ttl is None else now() + ttl
    except OverflowError as error:
        raise SettingsError(f"ttl reaches past the year {datetime.max.year}: give less than {ttl}, or none.") from error
