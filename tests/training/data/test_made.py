from __future__ import annotations

from pathlib import Path

import torch

from parametric_memory.training.data.examples import Distribution
from parametric_memory.training.data.made import begin, known, load_made, save_part
from parametric_memory.training.data.token_rows import TextQuestion, TextRow


def add_part(folder: Path, text: str) -> None:
    taught = Distribution(torch.zeros(1, 16).int(), torch.zeros(1, 16).half())
    save_part(folder, [TextRow(text, (TextQuestion("Where?", [3], taught),))], {0: ["there"]})


def test_a_part_that_is_made_after_one_was_deleted_takes_no_others_place(tmp_path: Path) -> None:
    begin(tmp_path, {"base_fingerprint": "base"})
    for number in range(4):
        add_part(tmp_path, f"Text {number}.")
    (tmp_path / "part-00001.jsonl").unlink()  # as is advised where it is damaged
    add_part(tmp_path, "Text 1.")
    assert (tmp_path / "part-00004.jsonl").exists() and len(known(tmp_path)) == 4
    assert {row.document for row in load_made(tmp_path, "base")} == {f"Text {number}." for number in range(4)}
