"""`eval pictures`: what a text-only model says about pictures, under adapters made of them.

Folders of pictures, one a class. An answer is right if it contains the name of the class as whole words. Classes that
the projection was never taught are a row of their own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import Answered, Runner, Scores
from parametric_memory.evaluation.scores import contained
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.internalize.pictures import read_picture_document
from parametric_memory.training.vision import Labelled, labelled_pictures

QUESTION = "What does the picture show?"
PICTURE_SCORES: Scores = {"class named": lambda case, text: contained(text, case.answers)}


def evaluate_pictures(
    runner: Runner, folders: Sequence[Path], *, limit: int | None = None, seed: int = 0
) -> list[EvalRow]:
    """Rows of classes that were taught and of others, beside no adapter and that of another class's picture.

    limit: pictures of each class, drawn with the seed; None: all.

    Raises:
        DocumentError: there are no pictures, or one cannot be read.
        SettingsError: the models read no pictures.
    """
    internalizer, vision = runner.memory.models.internalizer, runner.memory.models.vision
    if not isinstance(internalizer, HypernetworkInternalizer):
        raise SettingsError("Pictures are read by a hypernetwork: this memory has another internalizer.")
    taught = getattr(getattr(getattr(vision, "projection", None), "config", None), "labels", None)
    by_label: dict[str, list[Labelled]] = {}
    for picture in labelled_pictures(folders):
        by_label.setdefault(picture.label, []).append(picture)
    rng = random.Random(seed)
    chosen = {label: rng.sample(of, min(len(of), limit or len(of))) for label, of in by_label.items()}
    groups = {"pictures": list(chosen)}
    if taught is not None:
        groups = {
            "classes that were taught": [label for label in chosen if label in taught],
            "classes never seen": [label for label in chosen if label not in taught],
        }

    @cache
    def adapter_of(path: str) -> Adapter:
        return internalizer.internalize_seen(vision, read_picture_document(path)).to_keep

    wrong: dict[str, str] = {}  # a picture of another class; the picture itself where there is none
    rows = []
    for name, labels in groups.items():
        if not labels:
            continue
        cases = [Case(str(p.path), QUESTION, (p.label,)) for label in labels for p in chosen[label]]
        runner.report(f"{name}: {len(cases)} pictures of {len(labels)} classes")
        for case in cases:
            others = [other.document for other in cases if other.answers != case.answers]
            wrong[case.document] = rng.choice(others) if others else case.document
        replies = {
            "memory": runner.under(cases, lambda case: adapter_of(case.document)),
            "none": runner.under(cases),
            "random_adapter": runner.under(cases, lambda case: adapter_of(wrong[case.document])),
        }
        rows += Answered(cases, replies, "given").rows(name, PICTURE_SCORES)
    return rows
