"""Questions that people ask any assistant, about things that need no document.

A memory that has been attached must not change what the base model says to them. None is asked in evaluation, but many
have the form of those that are: "What is the capital of ...?" They are in a text file, which holds no answers, and are
read when first needed. Knows nothing about models.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from parametric_memory.training.data.template_files import TEMPLATES, read_blocks


@cache
def everyday_questions() -> tuple[str, ...]:
    """All of them. Raises DocumentError for a template that cannot be used."""
    return read_everyday(TEMPLATES / "everyday.txt")


def read_everyday(path: Path) -> tuple[str, ...]:
    """The questions of a file: each header with each of its fillings in place of `{}`.

    Raises:
        DocumentError: names file and line of what is wrong.
    """
    questions: list[str] = []
    for block in read_blocks(path, named=True):
        template = block.header.with_placeholders(("",))
        fillings = (filling for line in block.by_mark("=")["="] for filling in line.items())
        questions += (template.format(filling) for filling in fillings)
    return tuple(questions)
