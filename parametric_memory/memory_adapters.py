"""What `memory.adapters` and `memory.skills` do: the adapters of entries, and adapters that say how to answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from parametric_memory.documents.cleaning import clean
from parametric_memory.errors import DocumentError
from parametric_memory.files import shown
from parametric_memory.internalize.deriving import Draft
from parametric_memory.language_model.requests import Request
from parametric_memory.recall.recaller import Recaller
from parametric_memory.records import Entry, KeptToken, Skill
from parametric_memory.storage.memory_storage import MemoryStorage
from parametric_memory.storage.skills import check_name
from parametric_memory.writer import StoreOptions, Writer

if TYPE_CHECKING:
    from parametric_memory.training.lora import SkillTraining

SAMPLE_INPUTS = ("What is the capital of France?", "The food was wonderful.", "apple, pear, plum")
_MOST_WORDS = 5  # of a description, in the name of its skill


class Adapters:
    """The adapters of a memory's entries: add one that was trained elsewhere, explain or export one."""

    def __init__(self, writer: Writer, recaller: Recaller) -> None:
        self._writer, self._recaller = writer, recaller
        self._storage, self._models = writer.storage, writer.models

    def add(
        self,
        folder: str | Path,
        description: str,
        *,
        id: str | None = None,
        title: str | None = None,
        **options: Unpack[StoreOptions],
    ) -> Entry:
        """Adds a PEFT LoRA that was trained elsewhere, for this memory's base model, as an entry.

        Args:
            folder: the PEFT adapter's folder.
            description: what it knows or does. The index finds it by these words.
            options: metadata, namespace, scope and times, see `ParametricMemory.add`.

        Raises AdapterError, CheckpointError: it is no plain LoRA, is damaged or not finite, or does not fit the base
        model.
        """
        from parametric_memory.adapters.peft_folder import load_peft
        from parametric_memory.language_model.hooks import check_fits

        description = clean(description)
        stored = self._writer.options(**options)
        self._storage.check_models()
        adapter = load_peft(Path(folder))
        check_fits(self._models.base.model, adapter)
        return self._writer.write_adapter(adapter, Draft(description, title, str(folder), id=id, **stored))

    def explain(self, id: str, *, namespace: str | None = None) -> Mapping[str, Sequence[KeptToken]]:
        """The tokens whose rows an entry's adapter has, by module, in document order.

        Empty where rows do not stand for tokens. namespace: see `ParametricMemory.update`.
        """
        found = self._writer.found(id, namespace)
        if found.entry.store != "adapter":
            self._storage.check_models()
        return self._recaller.adapters.words(found)

    def export(
        self, id: str | Sequence[str], folder: str | Path, *, skills: Sequence[str] = (), namespace: str | None = None
    ) -> None:
        """Writes an entry's adapter, shared rows included, as a folder that PEFT and vLLM load.

        PEFT files in the folder are replaced.

        Args:
            id: one id, several or none. Their updates are added up, and shared rows count once.
            skills: names of skills whose updates are added.
            namespace: where they are; when not given, the memory's own, or else the only one that has an id.

        Raises AdapterError: neither an entry nor a skill is named; EntryNotFound, SkillNotFound: there is none of this
        id or name; MemoryMismatch: the memory, or a skill, was made with other models; StorageError: the disk refuses.
        """
        from parametric_memory.adapters.merging import merge
        from parametric_memory.adapters.peft_folder import save_peft

        self._storage.check_models()
        ids = [id] if isinstance(id, str) else list(id)
        found = [self._writer.found(each, namespace) for each in ids]
        documents = [self._recaller.adapters.whole(each) for each in found]
        adapters = [*documents, *self._storage.skills.adapters(skills, self._models)]
        whole = adapters[0] if len(adapters) == 1 else merge(adapters)
        save_peft(whole, Path(folder), self._models.base.name)


def name_of(description: str) -> str:
    """A name for the skill of a description: its first words."""
    words = re.findall("[a-z0-9]+", description.lower())[:_MOST_WORDS]
    return "-".join(words)[:40].strip("-") or "skill"


class Skills:
    """The skills of a memory: adapters that say how to answer, for `ask(..., skills=[name])`."""

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage, self._models = storage, storage.models

    def add(
        self,
        description: str | None = None,
        *,
        name: str | None = None,
        examples: Iterable[Any] | None = None,
        folder: str | Path | None = None,
        hypernetwork: str | Path | None = None,
        training: SkillTraining | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> Skill:
        """Adds a skill; one of the same name is replaced.

        A Text-to-LoRA hypernetwork makes it from the description, training makes it from examples, or it is a PEFT LoRA
        that was trained elsewhere. No question recalls a skill, and it does not count as one of the attached documents.
        `Skill.expectation` says what the skill of a description can be expected to do, where that was measured.

        Args:
            description: the task, in a sentence or a few. Training on examples starts from its skill, if there is one;
                with a folder it only informs people.
            name: lower-case letters, digits, hyphens and dots; the first words of the description when not given.
            examples: mappings of `input` and `output`, or `outputs`.
            folder: the PEFT adapter's folder.
            hypernetwork: a folder, in place of the one shipped for the base model; only for a description.
            training: how a skill is trained on examples.
            on_progress: receives progress messages.

        Raises:
            AdapterError, CheckpointError: the folder is no plain LoRA or does not fit the base model, or the
                hypernetwork was trained for another one.
            DocumentError: there is nothing to make a skill from, or more than one thing; an example lacks a field; the
                description is empty, too long or in another language; or the name is not allowed.
            MemoryMismatch: the memory was made with another base model.
            ModelUnavailable: no hypernetwork is shipped for this base model, or the model that embeds descriptions
                cannot be loaded: `ModelSettings.trust_remote_code` lets it run code of its own.
            StorageError, MemoryLocked: it cannot be written.
        """
        from parametric_memory.training.lora import skill_of

        if examples is None and folder is None and not (description or "").strip():
            wanted = f"the skill {shown(name)!r}" if name else "a skill"
            raise DocumentError(f"There is nothing to make {wanted} of: give a description, examples or a folder.")
        name = check_name(name if name is not None else name_of(description or (Path(folder).name if folder else "")))
        self._storage.check_models()
        adapter, made = skill_of(self._models, description, examples, folder, hypernetwork, training, on_progress)
        base = self._models.base
        skill = Skill(
            name=name,
            description=(description or "").strip(),
            base_model=base.name,
            base_fingerprint=base.fingerprint,
            **made,
        )
        return self._storage.skills.write(skill, adapter)

    def samples(self, name: str, *inputs: str, max_new_tokens: int = 24) -> dict[str, str]:
        """Answers to inputs, by input, under a skill alone: nothing is recalled.

        inputs: three fixed ones when none is given: a question, a sentence and a list.

        Raises as `ParametricMemory.ask`.
        """
        [adapter] = self._storage.skills.adapters([name], self._models)
        base, asked = self._models.base, inputs or SAMPLE_INPUTS
        requests = [Request(base.chat.question(text), adapter, max_new_tokens) for text in asked]
        return {text: found.text.strip() for text, found in zip(asked, base.generate(requests), strict=True)}

    def get(self, name: str) -> Skill:
        """The record of a skill. Raises SkillNotFound."""
        return self._storage.skills.read(name)

    def delete(self, *names: str) -> None:
        """Deletes skills, damaged ones too. Raises SkillNotFound, and deletes none, if a name is unknown."""
        self._storage.delete(skills=names)

    def list(self) -> Sequence[Skill]:
        """The records of all skills, by name."""
        return self._storage.skills.list()
