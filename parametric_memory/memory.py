"""ParametricMemory: what a user of the library meets.

Documents go in and become adapters; questions are answered from the weights of the adapters that the index finds. The
prompt never holds a document, unless a hybrid answer is asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, Unpack, overload

from parametric_memory.cancellation import check_cancelled, committed, in_thread
from parametric_memory.errors import AdapterError, DocumentError, EntryNotFound, SettingsError
from parametric_memory.models.deriving import Draft
from parametric_memory.models.selection import Models, Report
from parametric_memory.recall.recaller import Attachment, Recaller, beside
from parametric_memory.recall.refinement import refined
from parametric_memory.recall.scorers import ChosenScorer
from parametric_memory.records import NOT_HELD, Answer, Entry, KeptToken, Neighbour, Recall, RunningTask, Skill, Version
from parametric_memory.scopes import Scope, labelled, namespace_of, within
from parametric_memory.settings import (
    STORES,
    ModelSettings,
    RecallSettings,
    default_memory_folder,
)
from parametric_memory.storage.archive import read_archived_identity, write_archive
from parametric_memory.storage.database import Database
from parametric_memory.storage.filters import kept_metadata
from parametric_memory.storage.filters import within as found_within
from parametric_memory.storage.identity import as_made, identity_in
from parametric_memory.storage.importing import import_archive
from parametric_memory.storage.location import Location
from parametric_memory.storage.memory_storage import MemoryStorage
from parametric_memory.storage.renewal import Renewal, reindex
from parametric_memory.storage.schema import entries as table
from parametric_memory.storage.schema import revisions
from parametric_memory.storage.skills import check_name, name_of
from parametric_memory.text.chat_messages import messages_of
from parametric_memory.text.cleaning import clean, content_hash, title_of
from parametric_memory.text.documents import Document, conversation_documents, find_documents, read_documents
from parametric_memory.text.times import Moment, moment, times_of

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from langchain_core.embeddings import Embeddings
    from torch import nn

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.bulk.workers import Workers
    from parametric_memory.engines.vllm import VllmEngine
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.language_model.requests import Request
    from parametric_memory.models.deriving import Derived
    from parametric_memory.training.lora import SkillTraining
    from parametric_memory.vision.documents import PictureDocument

Metadata = Mapping[str, Any]
_P = ParamSpec("_P")
_T = TypeVar("_T")
_Source = TypeVar("_Source", Path, bytes, Path | bytes)

DEFAULT_REFINE_SECONDS = 60.0


class ParametricMemory:
    """A memory in a folder, or in a PostgreSQL database. Nothing is loaded, and nothing made, before it is needed.

    Threads may share one instance, and processes one memory. Readers wait for nobody; one writes at a time.

    Attributes:
        models: the base model, internalizer and embedder in use.
        storage: the entries, their vectors and the index.
        recaller: decides what a question attaches.
        engine: what writes the answers in place of the base model that is loaded here; see `via`.
        namespace: where entries go and are looked for, unless a call names another.
    """

    def __init__(
        self,
        folder: str | Path | Location | None = None,
        *,
        index: str | None = None,
        base_model: str | Path | BaseModel | None = None,
        hypernetwork: str | Path | None = None,
        embeddings: Embeddings | None = None,
        namespace: str = "default",
        progress: bool = True,
        models: ModelSettings | Models | None = None,
        recall: RecallSettings | None = None,
        store: str | None = None,
        versions: int | None = None,
        storage: MemoryStorage | None = None,
    ):
        """
        Args:
            folder: where the memory lives; `<home>/memory` when not given. Or a database that several machines share,
                as `postgresql://host/database`.
            index: the address of a Chroma server that has the memory's index; the one that the memory names, or a
                folder beside its database, when not given.
            base_model, hypernetwork, embeddings: the first three of `ModelSettings`.
            namespace: where entries go and are looked for, unless a call names another.
            progress: tell on stderr when a model is fetched or an adapter distilled.
            models: all else that makes adapters and vectors; or the loaded models of another memory, to share them.
            recall: what a question attaches.
            store: what is kept of documents. "rows": their rows, made when a document is added, so that no question
                has the base model read it. "text": the text alone; rows are made of the sentences that a question
                recalls, again when they are wanted. As the memory was made when not given, and "rows" in a new one.
                What is not made sentence by sentence is kept as an adapter in either.
            versions: how many earlier versions of an entry are kept when its text is replaced, see `history`. The
                memory keeps to it from the next document on; as before when not given, and none in a new one.
            storage: that of another object for the same memory, whose connections and index are shared.

        Raises:
            SettingsError: two settings contradict each other, or there is no such store or number.
            MemoryFolderError: the folder is no memory, or one of another format.
            StorageError: it cannot be read.
        """
        location = Location.of(folder if folder is not None else default_memory_folder(), index)
        database = Database(location) if storage is None else storage.database
        made_with = identity_in(database.settings())
        given = {"base_model": base_model, "hypernetwork": hypernetwork, "embeddings": embeddings}
        named: dict[str, Any] = {setting: value for setting, value in given.items() if value is not None}
        if isinstance(models, Models):
            if named:
                raise SettingsError(f"Loaded models are given: {', '.join(named)} cannot be others.")
            self.models = models
        else:
            settings = replace(models or ModelSettings(), **named)
            self.models = Models(as_made(settings, made_with), progress=progress)
        self.namespace = namespace
        self._settings = recall or RecallSettings()
        self._scorer = ChosenScorer(self._settings, self.models, made_with)
        self.storage = MemoryStorage(database, self.models, self._scorer, store, versions, shares=storage)
        self.recaller = Recaller(self.storage, self._settings, self._scorer)
        self.engine: VllmEngine | None = None

    def with_recall(self, folder: str | Path | None = None, **settings: Any) -> ParametricMemory:
        """This memory, or one in another folder, under other settings of recall, with the same models.

        settings: fields of `RecallSettings`, `namespace`, `store` or `versions`.
        """
        versions = settings.pop("versions", self.storage.named_versions)
        namespace = settings.pop("namespace", self.namespace)
        store = settings.pop("store", self.storage.named_store)
        recall = replace(self._settings, **settings)
        if folder is not None and recall.scorer is None and not recall.without:
            recall = replace(recall, scorer=self._scorer)
        return ParametricMemory(
            folder or self.storage.location,
            storage=None if folder else self.storage,
            models=self.models,
            recall=recall,
            namespace=namespace,
            store=store,
            versions=versions,
        )

    def via(self, url: str, **settings: Any) -> ParametricMemory:
        """This memory, with answers that a vLLM server writes which runs the base model.

        What a question recalls is loaded into it as an adapter, by a name that its content has, and is unloaded when
        others need the place. Answers are greedy: beams and rules about answers are not followed.

        Args:
            url: of its OpenAI API, as `http://localhost:8000/v1`.
            settings: of `VllmEngine`: key, max_rank, most, folder, timeout.
        """
        from parametric_memory.engines.vllm import VllmEngine

        memory = self.with_recall()
        memory.engine = VllmEngine(url, lambda: self.models.base, **settings)
        return memory

    @property
    def folder(self) -> Path | None:
        """The memory's folder; None of one in PostgreSQL."""
        return self.storage.location.folder

    @property
    def place(self) -> str:
        """Where the memory is: a folder, or the URL of a database without its password."""
        return str(self.storage.location)

    def writing(self) -> AbstractContextManager[None]:
        """A block that is one transaction: nobody else writes, and all that it changes happens or nothing does.

        Raises MemoryLocked where somebody else has been writing for too long.
        """
        return self.storage.writing()

    @property
    def running(self) -> RunningTask | None:
        """The reindex or upgrade that is running, in whatever process. Until it ends, the memory answers as it was."""
        return self.storage.tasks.running()

    # Adding and changing

    def add(
        self,
        text: str | Document,
        *,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        **scope: Unpack[Scope],
    ) -> Entry:
        """Internalize a text.

        A text that the namespace already holds is not internalized again: its entry is returned, with the metadata
        given added to its own and those times that are given. A known id with another text is replaced, and its version
        goes up by one; its metadata stays in the same way, and so do its times until they are over.

        Args:
            text: or a document that was read, which has a title and a source of its own.
            ttl: how long the entry is recalled, from now on.
            valid_from, valid_until: from when until before when it holds what the text says; a day is whole, and a time
                without a time zone is of UTC. Outside these the entry is recalled only for a moment that `at` names.
            scope: `user`, `agent` and `run` that it belongs to. A user is a namespace; the others are metadata.

        Raises:
            DocumentError: the text is empty, the metadata is not flat, or the id is that of an entry of another
                namespace.
            SettingsError: a name in the metadata or the scope is not allowed, or a time is none, reaches past the year
                9999 or is before the one it should follow.
            MemoryMismatch: the memory was made with another base model, hypernetwork or embedder.
            StorageError, MemoryLocked: it cannot be written; nothing half-written is left.
        """
        text = text if isinstance(text, Document) else clean(text)
        place = self._placed(namespace, metadata, scope, ttl, valid_from, valid_until)
        if isinstance(text, Document):
            draft = Draft.of(text, id=id, **place)
            draft = replace(draft, title=title or draft.title, source=source or draft.source)
        else:
            draft = Draft(text, title, source, id=id, **place)
        self.storage.replaced(id, draft.namespace)  # refused before anything is made of a text
        return self._remember(draft)

    def _placed(self, namespace: str | None, metadata: Metadata | None, scope: Scope, *times: Any) -> dict[str, Any]:
        """Where an entry is put, with what, and for how long. times: as `times_of` takes them."""
        return {
            "namespace": namespace_of(namespace, scope) or self.namespace,
            "metadata": kept_metadata(labelled(metadata, scope)),
            "times": times_of(*times),
        }

    def add_messages(
        self,
        messages: Iterable[Any],
        *,
        when: date | str | None = None,
        speakers: Mapping[str, str] | None = None,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        **scope: Unpack[Scope],
    ) -> list[Entry]:
        """Internalize a conversation, without a language model that would read it first.

        Every sentence is remembered with who said it, and when: "I", "my" and "you" become names where it is clear who
        they are, "yesterday" and "next month" become dates, and answers stay with their questions. What is recalled
        tells its turn: see `RecalledPassage.said`. A conversation is one entry; after a pause of eight hours, and where
        it grows very long, another one begins. Instructions to a model, calls of tools and what these answer are left
        out.

        Args:
            messages: OpenAI's (dicts with a role and a content), LangChain's, or pairs of a speaker and a text. A time
                may stand in each, as `when`, `created_at` or `timestamp`.
            when: a day or moment of those that have none, also as ISO writes it. Without any, dates stay as they were
                said.
            speakers: names by role, such as `{"user": "Ana"}`, or by the name that a message has.
            id: of one entry for all messages, however many; one that is there is replaced.
            title: what the conversation was about.
            ttl, valid_from, valid_until, scope: see `add`.

        Raises:
            DocumentError: something is no message, or no time, or nothing was said. Else as `add` does.
        """
        place = self._placed(namespace, metadata, scope, ttl, valid_from, valid_until)
        found = messages_of(messages, when, speakers)
        if not found:
            raise DocumentError("The conversation is empty: nobody says anything in it.")
        documents = conversation_documents(found, title, source, whole=id is not None)
        for document in documents:
            self.check(document.text, id=id, metadata=metadata, namespace=place["namespace"])
        drafts = [Draft.of(document, id=id, **place) for document in documents]
        drafts = [draft if self._known(draft) else self.storage.derive(draft) for draft in drafts]
        with self.writing():
            return [self._remember(draft) for draft in drafts]

    def check(
        self, text: str, *, id: str | None = None, metadata: Metadata | None = None, namespace: str | None = None
    ) -> None:
        """Raise what `add` would raise for what is given, before anything is made of it.

        Raises:
            DocumentError, SettingsError: see `add`.
        """
        clean(text)
        kept_metadata(metadata)
        self.storage.replaced(id, namespace or self.namespace)

    def _known(self, draft: Draft) -> Entry | None:
        """An entry that holds the draft's text already. Raises MemoryMismatch where other models would make one."""
        with self.storage.database.reading():
            known = self.storage.known(draft)
            if known is None:
                self.storage.check_models()
        return known

    def _remember(self, draft: Draft, **how: Any) -> Entry:
        """The entry of a draft: the one that is there, or a new one. how: see `MemoryStorage.write`."""
        known = self._known(draft)
        if known is None:
            known = self.storage.write(self.storage.derive(draft), **how)  # or one that was written meanwhile
        return committed(self._as_given(known, draft))

    def _as_given(self, known: Entry, draft: Draft) -> Entry:
        """An entry that says what is to be remembered, with the metadata and times that are given of it."""
        changes = {name: moment for name, moment in draft.times.items() if moment != getattr(known, name)}
        if not changes and draft.metadata.items() <= known.metadata.items():
            return known
        return self.storage.change(known, merged=draft.metadata, **changes)

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
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        **scope: Unpack[Scope],
    ) -> Entry:
        """Remember a PEFT LoRA that was made elsewhere, for this memory's base model.

        Args:
            folder: the PEFT adapter's folder.
            description: what it knows or does, in words: the index finds it by them.
            ttl, valid_from, valid_until, scope: see `add`.

        Raises:
            AdapterError, CheckpointError: it is no plain LoRA, is damaged or not finite, or does not fit the base
                model.
        """
        from parametric_memory.adapters.peft_folder import load_peft
        from parametric_memory.language_model.hooks import check_fits

        description = clean(description)
        place = self._placed(namespace, metadata, scope, ttl, valid_from, valid_until)
        self.storage.check_models()
        adapter = load_peft(Path(folder))
        check_fits(self.models.base.model, adapter)
        return self._keep_adapter(adapter, Draft(description, title, str(folder), id=id, **place))

    def add_picture(
        self,
        source: str | Path | bytes | PictureDocument,
        *,
        description: str | None = None,
        id: str | None = None,
        title: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        **scope: Unpack[Scope],
    ) -> Entry:
        """Internalize a picture, or a document of texts and pictures. Its adapter is kept, not what it was made of.

        Args:
            source: a picture file or a PDF with pictures, or the bytes of one; or a document.
            description: the index finds it by these words; what the model that reads it says of it when not given.
            ttl, valid_from, valid_until, scope: see `add`.

        Raises:
            DocumentError: it is no picture that can be read, or the model that reads does not take it.
            SettingsError: the models of this memory read no pictures.
        """
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer
        from parametric_memory.vision.documents import PictureDocument, read_picture_document

        place = self._placed(namespace, metadata, scope, ttl, valid_from, valid_until)
        document = source if isinstance(source, PictureDocument) else read_picture_document(source)
        self.storage.check_models()
        internalizer = self.models.internalizer
        if not isinstance(internalizer, HypernetworkInternalizer):
            raise SettingsError("Pictures are read by a hypernetwork: this memory has another internalizer.")
        vision = self.models.vision
        made = internalizer.internalize_seen(vision, document)
        description = clean(description or vision.caption(document) or "A picture.")
        return self._keep_adapter(made.to_keep, Draft(description, title, document.source, id=id, **place))

    def read_pictures(self, *paths: str | Path) -> list[PictureDocument]:
        """Files with pictures as documents for `add_picture`: all are read, or none is added.

        Raises:
            DocumentError: one is no picture that can be read.
            SettingsError: the models of this memory read no pictures.
        """
        from parametric_memory.vision.documents import read_picture_document

        found = [read_picture_document(path) for path in paths]
        if found:
            _ = self.models.vision  # which is loaded, or refused, before anything is added
        return found

    def pictures_among(self, sources: Iterable[_Source]) -> list[_Source]:
        """Of some files, or the bytes of some, those for `add_picture`: pictures, by their names, and scans.

        Scans are PDFs without text of their own, where a model is named that reads pictures. All is checked that can be
        without decoding a picture, so that as many may be given as there are.

        Raises:
            DocumentError: a picture or a PDF cannot be read.
            SettingsError: the models of this memory read no pictures.
        """
        from parametric_memory.vision.documents import check_picture, is_picture, is_scan

        found = []
        for source in sources:
            if not isinstance(source, bytes) and is_picture(source):
                check_picture(source)
            elif not self.models.reads_pictures or not is_scan(source):
                continue
            found.append(source)
        if found:
            _ = self.models.vision  # which is loaded, or refused, before anything is added
        return found

    def add_files(
        self,
        *paths: str | Path,
        speakers: Mapping[str, str] | None = None,
        when: date | str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        workers: Workers | None = None,
        on_progress: Callable[[Path, Entry | None], None] | None = None,
        **scope: Unpack[Scope],
    ) -> list[Entry]:
        """Internalize files and folders: text, Markdown, HTML, PDF, exported chats, and pictures that are named.

        Every file is read before the first is added, so that one that cannot be read leaves the memory as it was; but
        pictures are decoded one at a time. A PDF without text, as of scanned pages, is added as `add_picture` does,
        where the models of this memory read pictures.

        Args:
            speakers: names of those who speak in chats, as `add_messages` takes them.
            when: when chats were held that bear no time, as `add_messages` takes it.
            ttl, valid_from, valid_until, scope: of all of them, see `add`.
            workers: prepare the texts, see `add_documents`; pictures are read here.
            on_progress: called before and after each document, with its file's path, and its entry when there is one.
                A file is one document, but for exported chats.

        Raises:
            DocumentError: a file cannot be read, or there is none.
        """
        from parametric_memory.vision.documents import is_picture

        self._placed(namespace, metadata, scope, ttl, valid_from, valid_until)  # refused before anything is read
        named = [Path(path) for path in paths if is_picture(path)]
        texts = [path for path in paths if not is_picture(path)]
        found = find_documents(texts) if texts else []
        pictures = self.pictures_among([*named, *found])
        shown = set(pictures)
        texts_of = (path for path in found if path not in shown)
        read = [(path, document) for path in texts_of for document in read_documents(path, None, speakers, when)]
        file_of = {id(document): path for path, document in read}
        entries = []
        times: dict[str, Any] = {"ttl": ttl, "valid_from": valid_from, "valid_until": valid_until}
        for path in pictures:
            check_cancelled()
            if on_progress:
                on_progress(path, None)
            entries.append(self.add_picture(path, metadata=metadata, namespace=namespace, **times, **scope))
            if on_progress:
                on_progress(path, entries[-1])
        return entries + self.add_documents(
            [document for _, document in read],
            metadata=metadata,
            namespace=namespace,
            workers=workers,
            **times,
            **scope,
            on_progress=on_progress and (lambda document, entry: on_progress(file_of[id(document)], entry)),
        )

    def add_documents(
        self,
        documents: Sequence[Document],
        *,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        workers: Workers | None = None,
        on_progress: Callable[[Document, Entry | None], None] | None = None,
        **scope: Unpack[Scope],
    ) -> list[Entry]:
        """Internalize documents that were read; their entries, in their order.

        Short ones are prepared together, which is faster than `add` of one after the other: vectors, and numbers of
        whole adapters, may differ in their last bits from what that makes.

        Args:
            ttl, valid_from, valid_until, scope: of all of them, see `add`.
            workers: prepare the texts in other processes, such as `bulk.ray_pool.RayPool`; what they made is written
                here, as it gets ready. What was written before an error stays.
            on_progress: called before and after each document, with its entry when there is one.

        Raises:
            SettingsError: a model that is loaded here is to be sent to the workers. Else as `add` does.
        """
        from parametric_memory.bulk.adding import Adder
        from parametric_memory.bulk.workers import Opened

        place = self._placed(namespace, metadata, scope, ttl, valid_from, valid_until)

        def write(drafts: Sequence[Draft]) -> list[Entry]:
            if len(drafts) == 1:
                return [self._remember(drafts[0])]
            self.storage.check_models()
            entries = self.storage.add_together(drafts)
            return [committed(self._as_given(*pair)) for pair in zip(entries, drafts, strict=True)]

        def is_known(draft: Draft) -> bool:
            return self.storage.known(draft) is not None

        adder = Adder(documents, lambda document: Draft.of(document, **place), write, is_known, on_progress)
        if workers is None:
            return adder.add_here(lambda drafts: self.storage.deriver.derive_together(drafts, self.storage.store))
        self.storage.check_models()
        opened = Opened(self.models.settings_elsewhere, self._settings, self.storage.identity)
        return adder.add_with(lambda drafts: workers.derived(drafts, opened))

    def update(
        self,
        id: str,
        *,
        text: str | None = None,
        title: str | None = None,
        source: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | Literal["never"] | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
    ) -> Entry:
        """Give an entry another text, title, source or namespace, other metadata in place of its own, another time to
        be recalled from now on, or other bounds of when it holds.

        What is not given stays; an empty title is made from the text, an empty source, `valid_from` or `valid_until` is
        none, and the ttl "never" ends an earlier one.

        A title that was made from the text is made anew with it. Of an entry that was added as an adapter the text is
        its description, and the adapter stays.

        Raises:
            EntryNotFound: no entry has this id.
            DocumentError, SettingsError: the text, the metadata or the time cannot be kept.
        """
        entry = self.get(id)
        kept = kept_metadata(metadata)
        times = times_of(ttl, valid_from, valid_until, changes=True)
        text = None if text is None else clean(text)
        if text is not None and content_hash(text) != entry.content_hash:
            draft = Draft(
                text,
                entry.title if title is None and entry.title != title_of(self.text(id)) else title,
                entry.source if source is None else source or None,
                id=id,
                namespace=namespace or entry.namespace,
                metadata=kept,
                times=times,
            )
            how: dict[str, Any] = {"merged": metadata is None, "updates": True, "moves": bool(namespace)}
            if entry.chunks:
                return self._remember(draft, **how)
            self.storage.check_models()
            return self._keep_adapter(self.storage.adapters.whole(id), draft, **how)
        changes: dict[str, Any] = {
            **({} if metadata is None else {"metadata": kept}),
            **({} if title is None else {"title": title or title_of(self.text(id))}),
            **({} if source is None else {"source": source or None}),
            **({"namespace": namespace} if namespace else {}),
            **times,
        }
        return self.storage.change(entry, **changes)

    def history(self, id: str) -> Sequence[Version]:
        """What an entry said before its text was replaced, newest first: as many versions as the memory keeps.

        They lie beside the entry, are forgotten with it, and are not exported.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: they are damaged.
        """
        return self.storage.entries.history(id)[::-1]

    def restore(self, id: str, version: int) -> Entry:
        """Have an entry say again what it said, with the title, source and metadata of then. That makes a new version;
        what it says now goes into its history.

        Raises:
            EntryNotFound: no entry has this id.
            SettingsError: this version is not kept.
        """
        while True:
            entry, earlier = self.get(id), self._earlier(id, version)
            draft = Draft(
                earlier.text,
                earlier.title,
                earlier.source,
                earlier.turns,
                id=id,
                namespace=entry.namespace,
                metadata=earlier.metadata,
            )
            if entry.chunks and entry.content_hash != draft.digest:
                self.storage.check_models()
                draft = self.storage.derive(draft)  # which takes long
            with self.writing():
                if self.get(id).state == entry.state and self._earlier(id, version) == earlier:
                    return self._restored(entry, draft)

    def _earlier(self, id: str, version: int) -> Version:
        """What an entry said. Raises SettingsError: that is not kept."""
        history = self.history(id)
        earlier = next((earlier for earlier in history if earlier.version == version), None)
        if earlier is None:
            kept = ", ".join(str(earlier.version) for earlier in history) or "none"
            raise SettingsError(f"Version {version} of entry {id} is not kept; these are: {kept}.")
        return earlier

    def _restored(self, entry: Entry, draft: Draft) -> Entry:
        """Within a transaction: an entry as it was."""
        if entry.content_hash == draft.digest:
            return self.update(entry.id, title=draft.title, source=draft.source or "", metadata=draft.metadata)
        how: dict[str, Any] = {"merged": False, "updates": True}
        if draft.derived is not None:
            return self._remember(draft, **how)
        self.storage.check_models()
        return self._keep_adapter(self.storage.adapters.whole(entry.id), draft, **how)

    def _keep_adapter(self, adapter: Adapter, draft: Draft, **how: Any) -> Entry:
        """An entry of an adapter that was made elsewhere. how: see `MemoryStorage.write`."""
        from parametric_memory.internalize.internalizer import Internalized

        made = Internalized(adapter, tokens=0, chunks=0)
        summary = self.storage.deriver.summary(draft.text, draft.full_title)
        derived = self.storage.deriver.with_vectors(made, draft.text, summary)
        return committed(self.storage.write(draft.with_derived(derived), **how))

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
        self.storage.check_models()
        made, text = self.storage.adapters.internalized(entry.id), self.text(entry.id)
        # What is an adapter already is as loud as it is meant to be.
        strength = self.recaller.strength if entry.store in STORES else 1.0
        better = refined(
            self.recaller, made.adapter, text, seconds, made.passages, made.passage_rows, strength, on_progress
        )
        made = replace(made, adapter=better)
        derived = self.storage.deriver.with_vectors(made, text, entry.summary, entry.refined + seconds)
        return self.storage.refined(entry, derived)

    @cached_property
    def _background(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(1, "parametric-memory-refine")

    def delete(self, id: str) -> None:
        """Forget an entry: afterwards nothing of it is in any file of the memory.

        A small index is removed with it, and the next process makes another; until then a search compares all vectors.
        Where the index has more than 2,000 vectors, `erase` makes it anew.

        Raises:
            EntryNotFound: no entry has this id.
        """
        self.storage.delete([id])

    def delete_all(self, *, namespace: str | None = None, **scope: Unpack[Scope]) -> Sequence[str]:
        """Forget all that belongs to a user, who is a namespace, to an agent or to a run, also what has expired, at
        once; the ids. Where neither a user nor a namespace is named, in all of them. See `delete`.

        Raises SettingsError: nothing is named.
        """
        if namespace is None and not any(scope.values()):
            raise SettingsError("Say whose entries are to be forgotten: name a user, an agent, a run or a namespace.")
        if not self.storage.database.exists:  # and it is not made for that
            return []
        with self.writing():
            ids = [entry.id for entry in self.list(namespace=namespace, **scope)]
            self.storage.delete(ids)
        return ids

    def erase(self) -> None:
        """Take off the disk what the index and the database's log still tell of entries that were deleted, and of what
        others were before they were changed. `delete` does so by itself where that is quick.

        Raises:
            MemoryLocked: a reindex or an upgrade is running, or somebody else writes.
            StorageError: the disk refuses.
        """
        self.storage.erase()

    # Looking

    def get(self, id: str) -> Entry:
        """The record of an entry. Raises EntryNotFound."""
        return self.storage.entries.read(id)

    def text(self, id: str) -> str:
        """The text an entry was made from. Raises EntryNotFound."""
        return self.storage.entries.text(id)

    def list(
        self,
        *,
        namespace: str | None = None,
        filter: Metadata | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int = 0,
        newest: bool = False,
        **scope: Unpack[Scope],
    ) -> Sequence[Entry]:
        """Records of all entries, oldest first; also of those that have expired, or are not valid by now.

        Args:
            namespace, filter, ids: only those of one namespace, with metadata that fits, or among these.
            scope: only those of a user, an agent or a run, see `add`.
            limit, offset: a page of them: how many at most, and how many before it.
            newest: the newest first.

        Raises:
            SettingsError: the filter is not understood, or the page is none.
        """
        if offset < 0 or (limit is not None and limit < 0):
            raise SettingsError(f"A page of entries begins at 0 or more and holds 0 or more, not {offset} and {limit}.")
        conditions = found_within(namespace_of(namespace, scope), within(filter, scope))
        if ids is not None:
            conditions.append(table.c.id.in_(list(dict.fromkeys(ids))))
        by_age = [table.c.created_at, table.c.id]
        order = [column.desc() for column in by_age] if newest else by_age
        found = self.storage.entries.select(*conditions, order=order, limit=limit, offset=offset or None)
        return [entry for entry, _, _ in found]

    def count(self, *, namespace: str | None = None, filter: Metadata | None = None, **scope: Unpack[Scope]) -> int:
        """How many entries `list` would give. Raises SettingsError: the filter is not understood."""
        return self.storage.entries.count(*found_within(namespace_of(namespace, scope), within(filter, scope)))

    def namespaces(self) -> dict[str, int]:
        """The namespaces that have entries, in the order of their names, and how many each has."""
        return self.storage.entries.counts()

    def recall(
        self,
        query: str,
        k: int | None = None,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        at: Moment | None = None,
        **scope: Unpack[Scope],
    ) -> Sequence[Recall]:
        """The entries nearest to a query, best first, and which of them an answer would attach. No language model runs.

        Args:
            k: how many entries to return, at most; as many as an answer lists when not given.
            filter: equality or Chroma's operators on metadata.
            at: a moment, or the beginning of a day: what held then is recalled in place of what holds now.
            scope: only what belongs to a `user`, an `agent` or a `run`, see `add`.

        Raises:
            DocumentError: the query is empty.
            SettingsError: k is less than 1, or the filter, the moment or the scope is not understood.
            MemoryMismatch: the memory was made with another embedder or scorer.
        """
        return self.recaller.recall(query, k, **self._looked(filter, namespace, at, scope))

    def _looked(
        self, filter: Metadata | None, namespace: str | None, at: Moment | None, scope: Scope
    ) -> dict[str, Any]:
        """Where a question looks."""
        return {
            "filter": within(filter, scope),
            "namespace": namespace_of(namespace, scope) or self.namespace,
            "at": None if at is None else moment(at, "at"),
        }

    def nearest(
        self,
        vector: Sequence[float],
        k: int = 4,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        at: Moment | None = None,
        with_vectors: bool = False,
        **scope: Unpack[Scope],
    ) -> Sequence[Neighbour]:
        """The entries nearest to a vector of the memory's embedder, by vectors alone, best first.

        Args:
            vector: `[dimension]`.
            namespace: all of them when neither it nor a user is given.
            at, scope: see `recall`.
            with_vectors: also give that vector of each entry which is nearest.

        Raises:
            SettingsError: the filter is not understood.
            MemoryMismatch: the vectors of the memory have another length.
        """
        looked = {**self._looked(filter, namespace, at, scope), "namespace": namespace_of(namespace, scope)}
        with self.storage.database.reading():
            near = self.storage.search.nearest(vector, k, **looked)
            revisions = [found.revision for found, _ in near] if with_vectors else []
            vectors = self.storage.search.nearest_vectors(vector, revisions) if revisions else {}
        return [Neighbour(of.entry.id, similarity, vectors.get(of.revision)) for of, similarity in near]

    def explain(self, id: str) -> Mapping[str, Sequence[KeptToken]]:
        """The tokens whose rows an entry's adapter has, by module, in the document's order.

        Empty where rows do not stand for tokens. Of a refined adapter: what its rows stood for in the beginning.
        """
        if self.get(id).store != "adapter":
            self.storage.check_models()
        return self.storage.adapters.internalized(id, self.recaller.rank).kept

    def export_adapter(self, id: str | Sequence[str], folder: str | Path, *, skills: Sequence[str] = ()) -> None:
        """Write an entry's adapter, shared rows included, as a PEFT folder that PEFT and vLLM load as it is.

        Files of PEFT's in the folder are replaced.

        Args:
            id: or several ids, or none: their updates are added up, and the shared rows count once.
            skills: names of skills whose updates are added, too.

        Raises:
            AdapterError: neither an entry nor a skill is named.
            EntryNotFound, SkillNotFound: there is none of this id or name.
            MemoryMismatch: the memory, or a skill, was made with other models.
            StorageError: the disk refuses.
        """
        from parametric_memory.adapters.merging import merge
        from parametric_memory.adapters.peft_folder import save_peft

        self.storage.check_models()
        ids = [id] if isinstance(id, str) else list(id)
        documents = [self.storage.adapters.whole(each, self.recaller.rank) for each in ids]
        adapters = [*documents, *self.storage.skills.adapters(skills, self.models)]
        whole = adapters[0] if len(adapters) == 1 else merge(adapters)
        save_peft(whole, Path(folder), self.models.base.name)

    # Skills

    def add_skill(
        self,
        description: str | None = None,
        *,
        name: str | None = None,
        examples: Iterable[Any] | None = None,
        folder: str | Path | None = None,
        hypernetwork: str | Path | None = None,
        training: SkillTraining | None = None,
        on_progress: Report | None = None,
    ) -> Skill:
        """Keep an adapter that says how to answer, for `ask(..., skills=[name])`.

        It is made of its description by a Text-to-LoRA hypernetwork; or of examples, by training; or it is a PEFT LoRA
        that was made elsewhere. No question finds it, and it takes no document's place: see `ask`. A skill of the same
        name is replaced.

        Args:
            description: what is to be done, in a sentence or a few; beside examples or a folder it is for people alone.
            name: lower-case letters, digits, hyphens and dots; of the first words of the description when not given.
            examples: mappings of `input` and `output`, or `outputs`.
            folder: the PEFT adapter's.
            hypernetwork: a folder in place of the one that comes along for the base model; of a description alone.
            training: how a skill of examples is trained.
            on_progress: is told in words how that goes.

        Raises:
            AdapterError, CheckpointError: the folder is no plain LoRA or does not fit the base model, or the
                hypernetwork was trained for another one.
            DocumentError: nothing is given that a skill can be made of, or two things are; an example lacks a field;
                the description is empty, too long or in another language; or the name cannot be one.
            MemoryMismatch: the memory was made with another base model.
            ModelUnavailable: no hypernetwork comes along for this base model, or what embeds descriptions cannot be
                loaded: `ModelSettings.trust_remote_code` lets it run code of its own.
            StorageError, MemoryLocked: it cannot be written.
        """
        from parametric_memory.training.lora import skill_of

        if examples is None and folder is None and not (description or "").strip():
            raise DocumentError("There is nothing to make a skill of: give a description, examples or a folder.")
        name = check_name(name if name is not None else name_of(description or (Path(folder).name if folder else "")))
        self.storage.check_models()
        adapter, made = skill_of(self.models, description, examples, folder, hypernetwork, training, on_progress)
        base = self.models.base
        skill = Skill(
            name=name,
            description=(description or "").strip(),
            base_model=base.name,
            base_fingerprint=base.fingerprint,
            **made,
        )
        return self.storage.skills.write(skill, adapter)

    def skills(self) -> Sequence[Skill]:
        """Records of all skills, by name."""
        return self.storage.skills.list()

    def skill(self, name: str) -> Skill:
        """The record of a skill. Raises SkillNotFound."""
        return self.storage.skills.read(name)

    def delete_skill(self, *names: str) -> None:
        """Forget skills, damaged ones too. Raises SkillNotFound where there is none of a name; then none is gone."""
        self.storage.delete(skills=names)

    # Answering

    def ask(
        self,
        question: str,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        at: Moment | None = None,
        max_new_tokens: int = 64,
        hybrid: bool | None = None,
        beams: int | None = None,
        abstain: bool = False,
        skills: Sequence[str] = (),
        **scope: Unpack[Scope],
    ) -> Answer:
        """Answer from the adapters that the question recalls; without memory, and saying so, where it recalls none.

        Args:
            filter, namespace, at, scope: what may be recalled, see `recall`.
            hybrid: also put what is attached into the prompt, as text; see `Recall.passages`. When not given, as the
                memory is opened, see `RecallSettings`. What it costs is in `Answer.prompt_tokens`.
            beams: how many beginnings of an answer are followed side by side. Of several the most probable answer is
                given, which is more often right, and comes later; 1: greedy. When not given, an answer is greedy; one
                from memory that holds an improbable token is looked for again, in as many beams as the hypernetwork's
                calibration names, if it names any. However it is looked for, one from memory seldom says a name in the
                question twice, where the calibration has weights for that.
            abstain: say `NOT_HELD`, and ask no model, where the memory holds nothing that answers.
            skills: names of skills to answer under, see `add_skill`. They stand beside what is recalled, each with its
                whole effect, and change nothing of what that is.

        Raises:
            DocumentError: the question is empty, or longer than the model's window.
            SettingsError: beams or max_new_tokens is less than 1, or what may be recalled is not understood.
            SkillNotFound: there is no skill of a name.
            MemoryMismatch: the memory, or a skill, was made with other models.
        """
        started = time.perf_counter()
        looked = self._looked(filter, namespace, at, scope)
        found, request = self._asked(question, looked, max_new_tokens, hybrid, skills)
        remembered = any(r.attached for r in found.recalls)
        if abstain and not remembered:
            timings = {**found.seconds, "total": time.perf_counter() - started}
            return Answer(text=NOT_HELD, recalls=[*found.recalls], timings=timings, remembered=False)
        writer = self.engine or self.models.base
        [completion] = writer.generate([replace(request, search=request.search.from_the_start(beams))])
        text = completion.text.strip()
        first_token = time.perf_counter() - started - completion.total + completion.first_token
        return Answer(
            text=text,
            recalls=[*found.recalls],
            timings={**found.seconds, "first_token": first_token, "total": time.perf_counter() - started},
            remembered=remembered,
            confidence=self.recaller.confidence(question, text, found.recalls, completion.confidence),
            prompt_tokens=len(request.prompt),
            skills=list(dict.fromkeys(skills)),
        )

    def stream(
        self,
        question: str,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        at: Moment | None = None,
        max_new_tokens: int = 64,
        hybrid: bool | None = None,
        skills: Sequence[str] = (),
        abandoned: threading.Event | None = None,
        **scope: Unpack[Scope],
    ) -> tuple[Sequence[Recall], Iterator[str]]:
        """As `ask`, but the recalls at once and the answer piece by piece.

        What was told stays: of an answer with an improbable token, only what follows is looked for again. Raises what
        `ask` does, before the first piece comes.

        abandoned: set, from another thread, where nobody wants it any more; it ends where it is.
        """
        looked = self._looked(filter, namespace, at, scope)
        found, request = self._asked(question, looked, max_new_tokens, hybrid, skills)
        return found.recalls, (self.engine or self.models.base).stream(request, abandoned)

    def _asked(
        self,
        question: str,
        looked: Mapping[str, Any],
        max_new_tokens: int,
        hybrid: bool | None,
        skills: Sequence[str],
    ) -> tuple[Attachment, Request]:
        """What a question attaches, and what the base model is asked. looked: where it looks, see `_looked`."""
        from parametric_memory.language_model.requests import Request

        question = clean(question, "The question", "say what you want to know")
        with_texts = self.hybrid if hybrid is None else hybrid
        found = self.attachment(question, **looked, with_texts=with_texts, skills=skills)
        ask = self.models.question if found.has_documents else self.models.base.chat.question
        prompt = ask("\n\n".join([*found.texts, question]))
        if found.texts:
            self.models.base.check_fits(prompt, "Question and recalled text", "ask without hybrid")
        self.models.base.check_fits(prompt, "The question", "shorten it")
        return found, Request(prompt, found.adapter, max_new_tokens, search=found.search)

    # What a question attaches, for an agent's own model

    @property
    def threshold(self) -> float:
        """Score below which nothing is attached: the caller's, the scorer's, the hypernetwork's, or a default."""
        return self.recaller.threshold

    @property
    def hybrid(self) -> bool:
        """Whether an answer also has what is attached in its prompt, as text, unless a call says otherwise."""
        return self.recaller.settings.hybrid

    @property
    def least_similarity(self) -> float:
        """Cosine similarity, as `nearest` tells it, from which on an entry is near whatever the scorer says."""
        return self.recaller.least_similarity

    def attachment(
        self,
        query: str,
        k: int | None = None,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        at: Moment | None = None,
        with_texts: bool = False,
        skills: Sequence[str] = (),
        **scope: Unpack[Scope],
    ) -> Attachment:
        """What `recall` finds, with the merged adapter, and the texts if asked for, of what is attached.

        skills: names of skills whose adapters are part of the merged one.

        Raises what `recall` does, SkillNotFound, and MemoryMismatch where the memory was made with other models.
        """
        chosen = self.storage.skills.adapters(skills, self.models)
        looked = self._looked(filter, namespace, at, scope)
        found = self.recaller.attachment(query, k, **looked, with_texts=with_texts)
        return found.beside(chosen)

    def under_skills(self, skills: Sequence[str]) -> Adapter | None:
        """The adapter of skills alone, as of a conversation that asks nothing; None for none. Raises as `ask` does."""
        return beside(None, self.storage.skills.adapters(skills, self.models))

    @contextmanager
    def attach_to(
        self,
        model: nn.Module,
        query: str,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        at: Moment | None = None,
        skills: Sequence[str] = (),
        **scope: Unpack[Scope],
    ) -> Iterator[Sequence[Recall]]:
        """Put what the query recalls on a transformers or PEFT model, inside the block, in this thread.

        Args:
            model: the caller's own copy of the memory's base model, or the memory's, `memory.models.base.model`;
                afterwards it is bit for bit what it was.
            skills: names of skills to put on it, too.

        Raises:
            AdapterError: the model has other modules or sizes than the base model. One that fits and has other
                weights, such as those that the authors of the embedded model publish, is told of in a warning.
            MemoryMismatch: the memory was made with other models. Also what `recall` raises.
        """
        from parametric_memory.language_model.attach import attached

        found = self.attachment(query, filter=filter, namespace=namespace, at=at, skills=skills, **scope)
        with attached(model, found.adapter, self.models.base if found.adapter is not None else None):
            yield found.recalls

    # Async twins

    # Where one that writes is cancelled, nothing is written afterwards. The CancelledError's first argument says what
    # happened, in words; its second is what the call would have returned, a list of what was written where only a part
    # was, or None.

    async def aadd(self, text: str | Document, **options: Any) -> Entry:
        """`add`, in a thread; all or nothing where it is cancelled."""
        return await _written("added", self.add, text, **options)

    async def aadd_messages(self, messages: Iterable[Any], **options: Any) -> Sequence[Entry]:
        """`add_messages`, in a thread; all or nothing where it is cancelled."""
        return await _written("added", self.add_messages, messages, **options)

    async def aadd_files(self, *paths: str | Path, **options: Any) -> Sequence[Entry]:
        """`add_files`, in a thread. Where it is cancelled, what was written before stays."""
        return await _written("added", self.add_files, *paths, **options)

    async def aadd_documents(self, documents: Sequence[Document], **options: Any) -> Sequence[Entry]:
        """`add_documents`, in a thread. Where it is cancelled, what was written before stays."""
        return await _written("added", self.add_documents, documents, **options)

    async def aupdate(self, id: str, **options: Any) -> Entry:
        """`update`, in a thread; all or nothing where it is cancelled."""
        return await _written("updated", self.update, id, **options)

    async def adelete(self, id: str) -> None:
        """`delete`, in a thread; all or nothing where it is cancelled. The CancelledError has the id, or None."""

        def deleted() -> str:
            self.delete(id)
            return id

        await _written("deleted", deleted)

    async def adelete_all(self, **options: Any) -> Sequence[str]:
        """`delete_all`, in a thread; all or nothing where it is cancelled."""
        return await _written("deleted", self.delete_all, **options)

    async def aget(self, id: str) -> Entry:
        """`get`, in a thread."""
        return await _in_thread(self.get, id)

    async def alist(self, **options: Any) -> Sequence[Entry]:
        """`list`, in a thread."""
        return await _in_thread(self.list, **options)

    async def aask(self, question: str, **options: Any) -> Answer:
        """`ask`, in a thread."""
        return await _in_thread(self.ask, question, **options)

    async def ahistory(self, id: str) -> Sequence[Version]:
        """`history`, in a thread."""
        return await _in_thread(self.history, id)

    async def arestore(self, id: str, version: int) -> Entry:
        """`restore`, in a thread; all or nothing where it is cancelled."""
        return await _written("restored", self.restore, id, version)

    async def arecall(self, query: str, k: int | None = None, **options: Any) -> Sequence[Recall]:
        """`recall`, in a thread."""
        return await _in_thread(self.recall, query, k, **options)

    # The memory as a whole

    def reindex(self, on_progress: Callable[[RunningTask], None] | None = None) -> int:
        """Make the index anew, and the vectors where the embedder or scorer in use is another one; how many entries
        there are.

        Until it is whole, the memory answers as it was. A reindex that was cut off goes on where it was.

        Args:
            on_progress: is told after every entry how far it is.

        Raises:
            MemoryFolderError: the memory holds nothing.
            MemoryLocked: another reindex or an upgrade is running.
        """
        return reindex(self.storage, on_progress)

    def upgrade(self, on_progress: Callable[[Entry], None] | None = None) -> int:
        """Internalize every text again, with the base model and hypernetwork this memory is opened with.

        Others read and write meanwhile, as the memory is; what was made takes the place of the old in one transaction.
        An upgrade that was cut off goes on where it was. What was refined is refined again, for as long. Adapters that
        were added as such have no document to start from: they stay as they are.

        Raises:
            AdapterError: there are such adapters, and the base model is another one.
            MemoryFolderError: the memory holds nothing.
            MemoryLocked: a reindex or another upgrade is running.
        """
        storage = self.storage
        other_base = (of := storage.made_with) and of.base_fingerprint != self.models.base.fingerprint
        settings = self.models.settings
        options = (settings.rank, settings.max_rank, settings.even_chunks, settings.distill_seconds)
        with Renewal(storage, "upgrade", storage.own_identity(), options) as renewal:
            added = [found.entry.id for found in storage.entries.select(revisions.c.chunks == 0)] if other_base else []
            if added:
                raise AdapterError(
                    f"{', '.join(added[:3])}{' and others' if len(added) > 3 else ''}: added as adapters for another "
                    f"base model than {self.models.base.name}, which cannot take them over: delete them first."
                )
            for batch in renewal.pending():
                for found in batch:
                    entry = found.entry
                    try:
                        text = self.text(entry.id)
                    except EntryNotFound:  # it was deleted meanwhile
                        continue
                    if entry.chunks:
                        renewal.replace(found, self._remade(entry, text))
                    else:
                        renewal.add_vectors(found, *storage.deriver.vectors(text, (), entry.summary))
                    if on_progress:
                        on_progress(entry)
        storage.search.index.follow()
        return storage.entries.count()

    def _remade(self, entry: Entry, text: str) -> Derived:
        """What the models make of an entry's text, refined for as long as it was."""
        deriver = self.storage.deriver
        if not entry.refined:
            made: Any = deriver.made([text], self.storage.store)[0]
        else:
            made = self.models.internalizer.internalize(text)
            strength = self.recaller.strength if self.models.adds_sentences else 1.0
            better = refined(
                self.recaller, made.to_keep, text, entry.refined, made.passages, made.passage_rows, strength
            )
            made = replace(made, adapter=better, stored_dtype=None)
        return deriver.with_vectors(made, text, entry.summary, entry.refined)

    def export(self, path: str | Path) -> int:
        """Write every entry, and every skill, to one file; how many entries there were. Warns of each entry that is
        damaged, and leaves it out.

        Raises:
            MemoryFolderError: the memory holds nothing, or the file is there and is no exported memory.
            CheckpointError: a skill is damaged.
            StorageError: the disk refuses.
        """
        return write_archive(self.storage, Path(path))

    def import_(self, path: str | Path) -> int:
        """Take over every entry and skill of an exported file; those of the same id or name are replaced, and what an
        entry said goes into its history. How many entries there were.

        Others may write meanwhile. Where it fails, some entries may have been taken over, which the error says; done
        again, it goes on.

        Raises:
            MemoryFolderError: the file is not an exported memory, is damaged, or holds what cannot be kept.
            MemoryLocked: another writer keeps the memory.
            MemoryMismatch: it was made with another base model or hypernetwork.
        """
        if self.storage.empty:  # its documents are embedded as they were
            self._scorer.choose(read_archived_identity(Path(path)))
        try:
            return import_archive(self.storage, Path(path))
        finally:
            self._scorer.choose(self.storage.made_with)

    def close(self) -> None:
        """Bring the index up and let go of all files; the next call opens them again."""
        self.storage.close()

    def __enter__(self) -> ParametricMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def _in_thread(function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    import asyncio  # takes a tenth of the time that importing the package takes

    return await asyncio.to_thread(function, *args, **kwargs)


async def _written(done: str, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Calls what writes, in a thread; see `cancellation.in_thread`."""
    return await in_thread(partial(function, *args, **kwargs), done, _names)


def _names(result: Entry | str | Sequence[Entry | str]) -> Iterator[str]:
    """Ids of what was written, of many the first and how many there are beside it."""
    found = [result] if isinstance(result, Entry | str) else list(result)
    yield from (each if isinstance(each, str) else each.id for each in found[:3])
    if len(found) > 3:
        yield f"and {len(found) - 3} more"
