"""`eval pictures`: what a text-only model says of pictures that it cannot see, under adapters that were made of them.

Folders of pictures, one a class. Right is an answer in which the name of the class stands as whole words; an answer
that names none is wrong. Classes that the projection was never taught are a row of their own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner
from parametric_memory.evaluation.metrics import contained
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.training.vision import Labelled, labelled_pictures
from parametric_memory.vision.documents import read_picture_document

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

QUESTION = "What does the picture show?"


def evaluate_pictures(
    examiner: Examiner,
    folders: Sequence[Path],
    *,
    limit: int | None = None,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> list[EvalRow]:
    """Rows of classes that were taught and of others, beside no adapter and that of another class's picture.

    limit: pictures of each class, drawn with the seed; None: all.

    Raises:
        DocumentError: there are no pictures, or one cannot be read.
        SettingsError: the models read no pictures.
    """
    internalizer, vision = examiner.memory.models.internalizer, examiner.memory.models.vision
    if not isinstance(internalizer, HypernetworkInternalizer):
        raise SettingsError("Pictures are read by a hypernetwork: this memory has another internalizer.")
    taught = getattr(getattr(getattr(vision, "projection", None), "config", None), "labels", None)
    by_label: dict[str, list[Labelled]] = {}
    for picture in labelled_pictures(folders):
        by_label.setdefault(picture.label, []).append(picture)
    rng = random.Random(seed)
    chosen = {label: rng.sample(of, min(len(of), limit or len(of))) for label, of in by_label.items()}
    made: dict[str, Adapter] = {}

    def adapt(case: Case) -> Adapter:
        if case.document not in made:
            made[case.document] = internalizer.internalize_seen(vision, read_picture_document(case.document)).to_keep
        return made[case.document]

    rows = []
    for name, labels in _groups(chosen, taught).items():
        cases = [Case(str(p.path), QUESTION, (p.label,)) for label in labels for p in chosen[label]]
        report(f"{name}: {len(cases)} pictures of {len(labels)} classes")
        others = _of_other_classes(cases, rng)
        answers = {
            "memory": examiner.under(cases, adapt),
            "none": examiner.under(cases, None),
            "random_adapter": examiner.under(cases, _through(adapt, others)),
        }
        scores = {
            control: [float(contained(text, case.answers)) for case, text in zip(cases, texts, strict=True)]
            for control, texts in answers.items()
        }
        rows.append(EvalRow.of_scores(name, "class named", scores, "given"))
    return rows


def _groups(chosen: Mapping[str, Sequence[Labelled]], taught: Sequence[str] | None) -> dict[str, list[str]]:
    if taught is None:
        return {"pictures": list(chosen)}
    groups = {
        "classes that were taught": [label for label in chosen if label in taught],
        "classes never seen": [label for label in chosen if label not in taught],
    }
    return {name: labels for name, labels in groups.items() if labels}


def _through(adapt: Callable[[Case], Adapter], others: Mapping[Case, Case]) -> Callable[[Case], Adapter]:
    return lambda case: adapt(others[case])


def _of_other_classes(cases: Sequence[Case], rng: random.Random) -> dict[Case, Case]:
    """For each picture one of another class, or itself where there is none."""
    found = {}
    for case in cases:
        others = [other for other in cases if other.answers != case.answers]
        found[case] = rng.choice(others) if others else case
    return found
