"""What is told of an answer ends before a stop, and of a stop nothing is told."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.streaming import Telling, cut_at_stop


class Pieces(Telling):
    """What is told of an answer whose text is there already, in pieces."""

    def __init__(self, pieces: list[str]):
        self._pieces, self.abandoned, self._given_up = pieces, threading.Event(), None


few = st.text("ab", min_size=1, max_size=6)


@given(st.lists(few, max_size=12), few)
def test_an_answer_is_told_up_to_a_stop(pieces: list[str], stop: str) -> None:
    assert "".join(Pieces(pieces).pieces([stop])) == cut_at_stop("".join(pieces), [stop])


def test_no_more_is_held_back_than_may_begin_a_stop() -> None:
    told = Pieces(["one <", "end", " two <en", "d> three"]).pieces(["<end>", "<eof>"])
    assert list(told) == ["one ", "<end two ", ""]


def test_a_stop_of_a_million_characters_takes_a_moment() -> None:
    started = time.monotonic()
    assert "".join(Pieces(["q"] * 5000).pieces(["q" * 1_000_000] * 4)) == "q" * 5000
    assert time.monotonic() - started < 20


def test_nothing_is_told_that_nobody_wants(base: BaseModel) -> None:
    telling = Telling(base.tokenizer, ())
    telling.tell(base.chat.encode("one two three "))
    telling.abandoned.set()
    telling.end()
    assert list(telling.pieces([])) == []
