from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.answerer import Reply
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.run_qa import SCORES, Selection, asked_kind, confident, evaluate_qa, select
from parametric_memory.evaluation.runner import Answered, Case, Runner
from parametric_memory.internalize.deriving import Deriver
from parametric_memory.training.data.question_answering import Asked, read_questions

RECORDS = [
    {"context": "Lina lives in Bergen.", "question": "Where does Lina live?", "answers": ["Bergen", "in Bergen"]},
    {"context": "Is it raining? Yes.", "question": "Is it raining?", "answers": ["Yes"], "kind": "yesno"},
    {
        "context": "A longer text about the harbour. " * 20,
        "split": "valid",
        "qas": [{"question": f"What is question {n}?", "answers": ["harbour"]} for n in range(3)],
    },
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in RECORDS)
    return path


def test_an_answer_is_scored_in_three_ways() -> None:
    case = Case("", "", ("the harbour museum", "a museum"))
    scored = {name: score(case, "It is the Harbour Museum!") for name, score in SCORES.items()}
    assert scored == {"contained": True, "f1": pytest.approx(2 / 3), "exact": False}
    assert SCORES["exact"](case, "Museum.") and not SCORES["contained"](case, "The museums.")


@pytest.mark.parametrize(
    ("text", "right"),
    [("Yes, it is.", True), ("It is: yes, and no less.", True), ("No. Yes?", False), ("It is raining.", False)],
)
def test_of_yes_and_no_the_first_counts(text: str, right: bool) -> None:
    asked = Case("", "Is it raining?", ("Yes.",), kind="yesno")
    assert SCORES["contained"](asked, text) == right


def test_every_score_gets_a_row_under_every_control(examine: Callable[..., Runner], data: Path) -> None:
    controls = ("hybrid", "none", "in_prompt", "random_adapter", "rag")
    rows = evaluate_qa(examine(*controls), [str(data)], Selection())
    assert [row.metric for row in rows] == [
        "contained",
        *["contained, times the prompt's"] * any("times" in row.metric for row in rows),
        "f1",
        "exact",
        "cosine to the right answer",
        "tokens in the prompt",
        "wrong answers",
    ]
    assert {(row.case, row.route) for row in rows} == {("questions.jsonl.gz", "given")}
    assert [row.n for row in rows[-2:]] == [5, 4]
    assert all(row.figure(control) is not None for row in rows[:-1] for control in controls if row.unit == "share")
    tokens = rows[-2]
    assert tokens.memory == tokens.none < (tokens.hybrid or 0) <= (tokens.in_prompt or 0)


def answering(monkeypatch: pytest.MonkeyPatch, say: Callable[[Case, str], tuple[str, float]]) -> None:
    """Lets every column say of a case what it is told to, with a confidence."""

    def ask(self: Runner, cases: Sequence[Case], texts: IndexedTexts, columns: object = None) -> Answered:
        cases = [texts.recalled(case) for case in cases]
        replies = {column: [Reply(*say(case, column), 10) for case in cases] for column in ("memory", *self.columns)}
        return Answered(cases, replies, texts.route)

    monkeypatch.setattr(Runner, "ask_memory", ask)


def test_the_memory_is_set_against_the_prompt(
    examine: Callable[..., Runner], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(case: Case, column: str) -> tuple[str, float]:
        known = {"memory": "Where", "in_prompt": "WI"}.get(column, "")
        return (case.answers[0] if case.question[0] in known else "nothing"), 0.5

    answering(monkeypatch, say)
    rows = evaluate_qa(examine("in_prompt"), [str(data)], Selection())
    [relative] = [row for row in rows if "times" in row.metric]
    assert (relative.metric, relative.unit, relative.n) == ("contained, times the prompt's", "number", 5)
    assert relative.memory == pytest.approx(4 / 5) and relative.errors["memory"] > 0


def test_confidence_is_measured_by_how_well_it_tells_right_from_wrong(
    examine: Callable[..., Runner], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure = {"Where does Lina live?": 0.9, "Is it raining?": 0.3, "What is question 0?": 0.4}

    def say(case: Case, column: str) -> tuple[str, float]:
        known = case.question in ("Where does Lina live?", "Is it raining?")
        return (case.answers[0] if known else "nothing"), sure.get(case.question, 0.2)

    answering(monkeypatch, say)
    rows = evaluate_qa(examine(), [str(data)], Selection())
    [area] = [row for row in rows if row.metric == "confidence, right above wrong (AUC)"]
    assert area.memory == pytest.approx(5 / 6) and area.hybrid is None


def test_rows_are_told_apart_by_kind_and_by_length(examine: Callable[..., Runner], data: Path) -> None:
    rows = evaluate_qa(examine(), [str(data)], Selection(by=["length", "kind"]))
    counted = {(row.case, row.metric): row.n for row in rows if row.unit == "share"}
    name = "questions.jsonl.gz"
    assert counted == {
        **{(name, metric): 5 for metric in SCORES},
        **{(f"{name}, extractive", metric): 4 for metric in SCORES},
        (f"{name}, yes or no", "right word, balanced"): 1,
        **{(f"{name}, to 256 tokens", metric): 2 for metric in SCORES},
        **{(f"{name}, 257 to 512 tokens", metric): 3 for metric in SCORES},
        (name, "wrong answers"): 4,
        (f"{name}, extractive", "wrong answers"): 4,
        (f"{name}, to 256 tokens", "wrong answers"): 1,
        (f"{name}, 257 to 512 tokens", "wrong answers"): 3,
    }


def test_yes_and_no_count_the_same_however_often_each_is_right(
    examine: Callable[..., Runner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [
        {"context": f"T {n}.", "question": f"Is it {n}?", "answers": [said], "kind": "yesno"}
        for n, said in enumerate(["yes"] * 6 + ["no"] * 2)
    ]
    path = tmp_path / "asked.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in asked))
    answering(monkeypatch, lambda case, column: ("Yes." if column == "random_adapter" else case.answers[0], 0.5))
    rows = evaluate_qa(examine("random_adapter"), [str(path)], Selection(by=["kind"]))
    [row] = [row for row in rows if row.metric == "right word, balanced" and "yes or no" in row.case]
    assert (row.memory, row.random_adapter, row.n) == (1.0, 0.5, 8) and row.errors == dict.fromkeys(row.errors, 0.0)
    assert row.differences == {"random_adapter": (0.5, 0.0)}
    assert not any(row.metric == "wrong answers" for row in rows)


def test_wrong_answers_are_told_by_where_they_were_lost(
    examine: Callable[..., Runner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Lina lives in Bergen. " + " ".join(f"The {n} ships are painted blue." for n in range(3))
    asked = [
        {"context": text, "question": "Where does Lina live?", "answers": ["Bergen"]},  # attached
        {"context": text, "question": "Where does Lina lie?", "answers": ["Oslo"]},  # not in the text
        {"context": text, "question": "Which ships are painted blue?", "answers": ["Bergen"]},  # not attached
        {"context": text, "question": "Who?", "answers": ["right"]},
    ]
    path = tmp_path / "asked.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in asked))
    answering(monkeypatch, lambda case, column: ("right", 0.5))
    rows = evaluate_qa(examine(threshold=-1.0, max_passages=1), [str(path)], Selection())
    [row] = [row for row in rows if row.metric == "wrong answers"]
    stages = ("memory", "not_in_the_text", "not_read_by_the_scorer", "not_attached", "attached")
    assert [row.figure(stage) for stage in stages] == [0.75, 0.25, 0.0, 0.25, 0.25] and not row.differences


def test_an_answers_likeness_is_its_cosine_to_the_nearest_right_one(
    examine: Callable[..., Runner], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, lambda case, column: (case.answers[-1] if column == "memory" else "", 0.5))
    rows = evaluate_qa(examine("none"), [str(data)], Selection())
    [row] = [row for row in rows if row.metric == "cosine to the right answer"]
    assert row.memory == pytest.approx(1.0) and row.none == 0.0 and row.unit == "number"


def test_why_and_how_are_a_kind_of_their_own() -> None:
    kinds = {"Why is it so?": "extractive", "how is it": "abstractive", "How?": "yesno", "Who?": "abstractive"}
    asked = [asked_kind(Asked("", question, (), kind)) for question, kind in kinds.items()]
    assert asked == ["why and how", "why and how", "yesno", "abstractive"]


def test_through_the_index_all_texts_are_in_one_memory_beside_the_document_given(
    examine: Callable[..., Runner], data: Path
) -> None:
    runner = examine("hybrid", "none", "in_prompt", "rag", "random_adapter")
    rows = evaluate_qa(runner, [str(data)], Selection(), through_index=True)
    given, ask = ({row.metric: row for row in rows if row.route == route} for route in ("given", "ask"))
    assert set(ask) - set(given) == {"right text attached"}
    assert ask["wrong answers"].memory is not None
    for metric in SCORES:
        assert (ask[metric].none, ask[metric].in_prompt) == (given[metric].none, given[metric].in_prompt)
        assert ask[metric].rag is not None
        assert ask[metric].figure("gain_by_index") == pytest.approx(ask[metric].memory - given[metric].memory)
        assert "gain_by_index" in ask[metric].errors and given[metric].figure("gain_by_index") is None
    closed = examine(threshold=1.5)
    [*_, attached] = evaluate_qa(closed, [str(data)], Selection(), through_index=True)
    assert attached.memory == 0.0


def test_a_long_document_is_added_once_for_all_its_questions(
    examine: Callable[..., Runner], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = examine()
    read: list[str] = []
    made = Deriver.made

    def counting(deriver: Deriver, texts: Sequence[str], store: Any, *parts: Any) -> object:
        read.extend(texts)
        return made(deriver, texts, store, *parts)

    monkeypatch.setattr(Deriver, "made", counting)
    evaluate_qa(runner, [str(data)], Selection(least_tokens=61))
    assert read == [str(RECORDS[2]["context"]).strip()]


def test_the_selection_is_by_kind_and_length(examine: Callable[..., Runner], data: Path) -> None:
    def chosen(**options: Any) -> set[str]:
        return {case.question for case, _ in select(read_questions(data), Selection(**options), examine())}

    assert len(chosen()) == 5
    assert chosen(kind="yesno") == {"Is it raining?"}
    assert chosen(most_tokens=60) == {"Where does Lina live?", "Is it raining?"}
    assert chosen(least_tokens=61) == {f"What is question {n}?" for n in range(3)}


def test_records_of_another_split_are_not_asked(examine: Callable[..., Runner], data: Path) -> None:
    asked = {split: evaluate_qa(examine(), [str(data)], Selection(split=split))[0].n for split in ("train", "valid")}
    assert asked == {"train": 2, "valid": 5}


def test_the_limit_draws_whole_texts_with_the_seed(examine: Callable[..., Runner]) -> None:
    asked = [Asked(f"text {i // 2}", f"question {i}", ("a",)) for i in range(40)]

    def drawn(seed: int) -> list[str]:
        return [case.document for case, _ in select(asked, Selection(limit=7), examine(seed=seed))]

    assert len(drawn(0)) == 7 and len(set(drawn(0))) == 4
    assert drawn(0) == drawn(0) != drawn(1)
    one_each = select(asked, Selection(limit=7, per_text=1), examine())
    assert len(one_each) == 7 == len({case.document for case, _ in one_each})


def test_the_limit_holds_for_each_kind_and_length_where_rows_are_told_apart(
    examine: Callable[..., Runner],
) -> None:
    kinds = ["extractive"] * 3 + ["yesno"]
    asked = [Asked(f"text {i}" + " and more" * 150 * (i % 2), f"question {i}", ("a",), kinds[i % 4]) for i in range(80)]
    for by in (["kind"], ["length"], ["kind", "length"]):
        counts = Counter(g for _, own in select(asked, Selection(limit=5, by=by), examine()) for g in own)
        assert len(counts) == 2 * len(by) and min(counts.values()) == 5


def test_what_cannot_be_asked_is_told(examine: Callable[..., Runner], data: Path) -> None:
    with pytest.raises(DocumentError, match=r"no-such-file\.jsonl"):
        evaluate_qa(examine(), ["no-such-file.jsonl"], Selection())
    with pytest.raises(DocumentError, match="no question"):
        evaluate_qa(examine(), [str(data)], Selection(kind="abstractive"))


def test_replies_get_the_confidence_that_ask_tells(examine: Callable[..., Runner]) -> None:
    memory = examine().memory
    case = Case("Lina lives in Bergen.", "Where does Lina live?", ("Bergen",))
    with indexed(memory, [case.document], threshold=-1.0) as texts:
        replies = [Reply("In Bergen.", 0.25, 9), Reply("", None, 9)]
        told = confident(Answered([case, case], {"memory": replies}), texts).replies["memory"]
        [recall] = texts.found(case.question)
        assert told[0].confidence == texts.memory.recaller.confidence(case.question, "In Bergen.", [recall], 0.25)
    assert told[1] == replies[1]
