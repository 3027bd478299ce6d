from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.run_pictures import QUESTION, evaluate_pictures

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner
    from parametric_memory.language_model.base_model import BaseModel


def test_each_picture_is_asked_about_beside_no_adapter_and_that_of_another_class(
    examine: Callable[..., Runner], base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("PIL")
    from tests.internalize.tiny_vision import Sees, save_pictures

    runner = examine()
    vision = Sees(base)
    monkeypatch.setitem(vars(runner.memory.models), "vision", vision)
    asked: list[str] = []
    question = runner.question
    monkeypatch.setattr(runner, "question", lambda case, *a, **o: asked.append(case.asked) or question(case, *a, **o))
    [row] = evaluate_pictures(runner, [save_pictures(tmp_path / "photos", "museum", "cello")], limit=1, seed=1)
    assert (row.case, row.metric, row.n, row.route) == ("pictures", "class named", 2, "given")
    assert row.none is not None and row.random_adapter is not None
    assert set(asked) == {QUESTION} and len(vision.seen) == 2


def test_models_that_read_no_pictures_are_refused(examine: Callable[..., Runner], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="read no pictures"):
        evaluate_pictures(examine(), [tmp_path])
