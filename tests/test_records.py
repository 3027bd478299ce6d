from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from parametric_memory.records import Answer, Entry, Recall, RecalledPassage


def entry(**changes: Any) -> Entry:
    return Entry(**{"title": "T", "summary": "S", "content_hash": "00", "tokens": 3, "chunks": 1, **changes})


def test_entries_get_ids_of_their_own() -> None:
    assert entry().id != entry().id
    assert len(entry().id) == 32


def test_a_record_survives_json() -> None:
    full = entry(metadata={"text": "ü", "number": 1, "fraction": 0.5, "flag": True}, expires_at="2030-01-01T00:00:00Z")
    back = Entry.model_validate_json(full.model_dump_json())
    assert back == full
    assert back.metadata["flag"] is True
    assert type(back.metadata["number"]) is int


def test_json_has_the_words_of_a_passage_that_may_answer() -> None:
    passage = RecalledPassage(number=0, score=0.9, weight=1.0, words=[("It", 0.001), ("costs", 0.0), ("92", 0.98)])
    assert RecalledPassage.model_validate_json(passage.model_dump_json()).words == [("92", 0.98)]
    assert len(passage.model_dump()["words"]) == 3


def test_times_are_kept_in_utc() -> None:
    summer = datetime(2025, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert entry(created_at=summer).created_at == datetime(2025, 7, 1, 10, tzinfo=UTC)
    assert entry(created_at=summer).created_at.tzinfo is UTC
    with pytest.raises(ValidationError):
        entry(created_at=datetime(2025, 7, 1))


def test_an_entry_expires_at_its_moment() -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    assert not entry(expires_at=moment).is_expired(moment - timedelta(seconds=1))
    assert entry(expires_at=moment).is_expired(moment)
    assert entry(expires_at=moment).is_expired()
    assert not entry().is_expired()


def test_an_entry_says_why_it_is_not_recalled() -> None:
    past, later = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    given = ({}, {"expires_at": past}, {"valid_until": past}, {"valid_from": later}, {"expires_at": later})
    told = ["", "expired", "no longer valid", "not yet valid", ""]
    assert [entry(**times).not_recalled for times in given] == told


def test_an_entry_is_shown_in_a_short_line() -> None:
    shown = repr(entry(id="lina", title="Lina", tokens=7, valid_from="2024-01-01T00:00:00Z"))
    assert shown == "Entry(id='lina', title='Lina', tokens=7, valid_from='2024-01-01 00:00:00+00:00')"


@pytest.mark.parametrize(
    "wrong",
    [{"id": ""}, {"version": 0}, {"metadata": {"a": [1]}}, {"metadata": {"a": float("nan")}}, {"titel": "x"}],
)
def test_wrong_fields_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        entry(**wrong)


def test_records_do_not_change() -> None:
    with pytest.raises(ValidationError):
        entry().title = "another"  # type: ignore[misc]


def test_an_answer_survives_json() -> None:
    recall = Recall(entry_id="1", title="T", summary="S", score=0.5, weight=1.0, attached=True)
    answer = Answer(text="Bergen", recalls=[recall], timings={"total": 0.1}, remembered=True)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
