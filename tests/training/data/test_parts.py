from __future__ import annotations

from pathlib import Path

import pytest
import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.training.data.examples import Distribution, Example, Question
from parametric_memory.training.data.parts import begin, counts_of, describe, load_taught, part_path, save_taught

LINA = "Lina lives in Bergen."
HOME = Question("Where does Lina live?", "Lina lives in", "Bergen", support=LINA)
SO = Question("Does she?", "", "Yes", support=LINA)


def known(tokens: int) -> Distribution:
    ids = torch.arange(tokens * 2, dtype=torch.int32).view(tokens, 2)
    return Distribution(ids, torch.linspace(-1, -9, tokens * 2).half().view(tokens, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    begin(tmp_path / "taught", {"base_fingerprint": "f1"})
    home = Question(**{**vars(HOME), "taught": known(5)})
    first = [Example(LINA, (home,), "extractive"), Example(LINA, (SO,), "yesno")]
    save_taught(part_path(tmp_path / "taught", 0), first, 4)
    save_taught(
        part_path(tmp_path / "taught", 2),
        [Example("It rained.", (Question("Why?", "", "x", taught=known(2)),), "yesno")],
        1,
    )
    return tmp_path / "taught"


def test_questions_come_back_with_their_teacher_by_document_and_kind(folder: Path) -> None:
    home, so, why = load_taught(folder, "f1")
    assert (home.document, home.source, home.questions) == (LINA, "extractive", (HOME,))
    assert (so.document, so.source, so.questions) == (LINA, "yesno", (SO,))
    torch.testing.assert_close(home.questions[0].taught.log_probs, known(5).log_probs)
    assert torch.equal(why.questions[0].taught.ids, known(2).ids)
    assert so.questions[0].taught is None


def test_parts_are_counted(folder: Path) -> None:
    assert [counts_of(part_path(folder, number)) for number in range(3)] == [(4, 2), (0, 0), (1, 1)]


def test_a_part_of_no_question_is_a_part(folder: Path) -> None:
    save_taught(part_path(folder, 1), [], 3)
    assert counts_of(part_path(folder, 1)) == (3, 0)
    assert len(load_taught(folder, "f1")) == 3


def test_a_folder_is_for_one_set_of_questions_and_one_model(folder: Path) -> None:
    begin(folder, {"base_fingerprint": "f1"})
    with pytest.raises(CheckpointError, match="name another folder"):
        begin(folder, {"base_fingerprint": "f2"})
    with pytest.raises(CheckpointError, match="another base model"):
        load_taught(folder, "f2")


def test_what_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="train teach"):
        load_taught(tmp_path, "f1")
    part = folder / "part-00002.safetensors"
    part.write_bytes(part.read_bytes()[:-2])
    with pytest.raises(CheckpointError, match=r"part-00002\.safetensors is damaged"):
        load_taught(folder, "f1")
    (folder / "taught.json").write_text('{"format": 99}')
    with pytest.raises(CheckpointError, match="another format"):
        describe(folder)


def test_a_folder_without_parts_says_how_to_go_on(tmp_path: Path) -> None:
    begin(tmp_path, {"base_fingerprint": "f1"})
    with pytest.raises(CheckpointError, match="resumes"):
        load_taught(tmp_path, "f1")
