"""The form of one relation: how a fact is stated, and how it is asked for and answered.

Pure data. `{s}` is the subject and `{v}` the value.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """One kind of fact about one kind of subject.

    `statements` each say the fact in full, some with the value before the subject. `pronoun` says it of a subject
    named just before, with `{They}`, `{they}`, `{their}`, `{Their}`, `{them}`, and `{s3}`, the verb's ending ("s" after
    he, she or it, "" after they). `questions` are pairs of a question and the opening of its answer: a restatement
    of that question that names the subject again and ends right before the value. Where the subject is the `user`,
    statements speak in the first person (or of "the user"), questions ask about "my", openings say "your".
    """

    subject: str
    value: str
    statements: tuple[str, ...]
    pronoun: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
