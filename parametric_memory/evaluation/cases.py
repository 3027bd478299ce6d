"""A question of an evaluation, and what its answer is measured by.

Pure data: knows nothing about models or memories.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One question.

    Attributes:
        document: the text that answers it; the control `in_prompt` puts it before the question.
        answers: each of them counts as right.
        others: values that a right answer does not hold.
        attached: the texts whose adapters a memory attaches; the document alone, unless given.
        searched: the texts that the control `rag` looks in; the document alone, unless given.
        kind: of the question, where an evaluation tells several apart.
        wording: what is asked in place of the question, which is what passages are looked for with.
    """

    document: str
    question: str
    answers: tuple[str, ...]
    others: tuple[str, ...] = ()
    attached: tuple[str, ...] | None = None
    searched: tuple[str, ...] | None = None
    kind: str = ""
    wording: str = ""

    @property
    def asked(self) -> str:
        """What the model is asked."""
        return self.wording or self.question

    @property
    def sources(self) -> tuple[str, ...]:
        """The texts whose adapters are attached."""
        return (self.document,) if self.attached is None else self.attached
