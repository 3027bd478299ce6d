from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.training.doc_to_lora import read_reference_rows
from tests.training.reference_rows import written

ROW: dict[str, Any] = {
    "ctx_ids": [5, 6, 7, 8],
    "input_ids": [[1, 2, 3, 4], [9, 4]],
    "response_start_end": [[2, 4], [1, 2]],
    "logprobs_vals": [[[-0.5, -2.0], [-0.25, -3.0]], [[-1.0, -1.5]]],
    "logprobs_indices": [[[3, 8], [4, 1]], [[4, 0]]],
}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_row_is_a_document_with_questions_a_teacher_answered(tmp_path: Path) -> None:
    [row] = read_reference_rows(write(tmp_path / "rows.jsonl", ROW), vocabulary=10)
    assert row.whole and row.chunks == [[5, 6, 7, 8]]
    first, second = row.questions
    assert (first.prompt, first.answer) == ([1, 2], [3, 4]) and (second.prompt, second.answer) == ([9], [4])
    assert first.taught.ids.tolist() == [[3, 8], [4, 1]]
    assert first.taught.log_probs.tolist() == [[-0.5, -2.0], [-0.25, -3.0]]
    assert written(row) == ROW


def test_rows_may_be_flat_cut_already_packed_and_without_a_teacher(tmp_path: Path) -> None:
    flat = {"ctx_ids": [[5, 6], [7]], "input_ids": [1, 2, 3], "response_start_end": [1, 3]}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps(flat).encode()))
    write(tmp_path / "data" / "b.jsonl", ROW)
    cut, whole = read_reference_rows(tmp_path / "data")
    assert not cut.whole and cut.chunks == [[5, 6], [7]] and cut.questions[0].taught is None
    assert whole.whole
    assert "logprobs_vals" not in written(cut)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"logprobs_indices": [[[3, 8]], [[4, 0]]]}, "an answer of 2 tokens needs"),
        ({"logprobs_vals": [[[-0.5, -2.0]], [[-1.0, -1.5]]], "logprobs_indices": [[[3, 8]], [[4, 0]]]}, "of 2 tokens"),
        ({"response_start_end": [[2, 4]]}, "shorter"),
        ({"response_start_end": [[2, 9], [1, 2]]}, "does not lie in 4 tokens"),
        ({"logprobs_vals": None}, "one is there and the other is not"),
        ({"ctx_ids": []}, "no tokens"),
        ({"ctx_ids": [5, 99]}, "token 99 is none of the base model"),
        ({"ctx_ids": [5, -1]}, "none of the base model"),
        ({"ctx_ids": [5, 0.5]}, "whole numbers"),
        ({"input_ids": "abc"}, "no row of training data"),
        ({"input_ids": None}, "no tokens"),
        ({"input_ids": [[1, 2, 3, 4], []]}, "no tokens"),
        ({"response_start_end": None}, "no row of training data"),
        ({"response_start_end": [[2, 4], None]}, "no row of training data"),
        ({"response_start_end": [[2, 4], [None, 2]]}, "no row of training data"),
        ({"logprobs_vals": [[[-0.5, -2.0], [-0.25]], [[-1.0, -1.5]]]}, "no row of training data"),
        ({"logprobs_vals": [[[0.5, -2.0], [-0.25, -3.0]], [[-1.0, -1.5]]]}, "above 0"),
    ],
)
def test_a_row_that_does_not_fit_itself_is_named(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", ROW, ROW | change)
    with pytest.raises(DocumentError, match=said) as caught:
        list(read_reference_rows(path, vocabulary=10))
    assert "line 2" in str(caught.value) and "\n" not in str(caught.value)


def test_files_of_a_folder_may_tell_of_few_or_many_of_the_teachers_tokens(tmp_path: Path) -> None:
    few = {"logprobs_vals": [[[-0.5], [-0.25]], [[-1.0]]], "logprobs_indices": [[[3], [4]], [[4]]]}
    untaught = {name: value for name, value in ROW.items() if not name.startswith("logprobs")}
    write(tmp_path / "a.jsonl", untaught, ROW, untaught)
    assert [row.taught_tokens for row in read_reference_rows(tmp_path)] == [{0}, {2}, {0}]
    write(tmp_path / "b.jsonl", ROW | few)
    assert [row.taught_tokens for row in read_reference_rows(tmp_path)] == [{0}, {2}, {0}, {1}]


def test_a_row_that_lacks_a_field_or_is_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="line 1 is no row of training data: it lacks 'input_ids'"):
        list(read_reference_rows(write(tmp_path / "rows.jsonl", {"ctx_ids": [1]})))
    (tmp_path / "broken.jsonl").write_text("{")
    with pytest.raises(DocumentError, match="line 1 is no JSON"):
        list(read_reference_rows(tmp_path / "broken.jsonl"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match="holds no rows"):
        list(read_reference_rows(tmp_path / "empty"))


def test_parquet_is_read_or_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "ds.parquet"
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        path.write_bytes(b"PAR1")
        with pytest.raises(SettingsError, match="pip install pyarrow"):
            list(read_reference_rows(path))
        return
    parquet.write_table(pa.Table.from_pylist([ROW]), path)
    [row] = read_reference_rows(path)
    assert torch.equal(row.questions[0].taught.ids, torch.tensor(ROW["logprobs_indices"][0]).int())
