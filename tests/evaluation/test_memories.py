from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.runner import Case
from parametric_memory.records import Recall, RecalledPassage
from tests.comparing import whole_adapter

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.evaluation.rows import Route
    from parametric_memory.evaluation.runner import Runner

HERON = "The Heron project is led by Tomas Brandt. The budget of Heron is 348 crowns."
LINA = "Lina Okafor lives in Bergen. Her dog is old. The house of Lina Okafor is yellow."
ASKED = Case(LINA, "Where does Lina Okafor live?", ("Bergen",))


def own_rows(adapter: Adapter | None) -> list[list[float]]:
    """Of the first module that has any."""
    assert adapter is not None
    factors = next(factors for factors in adapter.factors.values() if factors.own)
    rows: list[list[float]] = factors.A[: factors.own].tolist()
    return rows


def test_a_question_may_see_what_is_nearest_or_what_its_own_document_has(examine: Callable[..., Runner]) -> None:
    of_another = Case(HERON, ASKED.question, ASKED.answers)
    with (
        indexed(examine().memory, [HERON, LINA, LINA], threshold=-1.0, max_passages=1) as texts,
        texts.under("alone") as alone,
    ):
        assert sorted(texts.texts.values()) == [LINA, HERON]
        nearest, own, other = texts.adapt(of_another), alone.adapt(ASKED), alone.adapt(of_another)
        assert own_rows(nearest) == own_rows(own) != own_rows(other)
        assert own is not None
        assert own.num_bytes < whole_adapter(texts.memory, texts.found(ASKED.question)[0].entry_id).num_bytes
        assert texts.recalled(of_another).sources[0] == LINA and alone.recalled(of_another) == of_another


@pytest.mark.parametrize("route", ["alone", "ask"])
def test_behind_a_closed_gate_nothing_is_seen(examine: Callable[..., Runner], route: Route) -> None:
    with indexed(examine().memory, [LINA], route, threshold=1.1) as texts:
        assert texts.adapt(ASKED) is None and texts.text(ASKED) == ""


def test_a_hybrid_answer_is_given_the_text_of_what_is_attached(examine: Callable[..., Runner]) -> None:
    of_another = Case(HERON, ASKED.question, ASKED.answers)
    with (
        indexed(examine().memory, [HERON, LINA], threshold=-1.0, max_passages=1) as texts,
        texts.under("alone") as alone,
    ):
        assert texts.text(of_another) == alone.text(ASKED) and texts.text(of_another) in sentences(LINA)
        nearest, own = texts.adapt(of_another, with_texts=True), alone.adapt(ASKED, with_texts=True)
        assert own_rows(nearest) == own_rows(own) == own_rows(texts.adapt(ASKED))
        assert alone.text(of_another) in sentences(HERON)


class Recalling(IndexedTexts):
    """What is recalled is given."""

    def __init__(self, *passages: RecalledPassage, attached: bool = True):
        self.given = Recall(
            entry_id="1", title="", summary="", score=0.9, weight=1.0, attached=attached, passages=[*passages]
        )

    def recalls(self, case: Case) -> list[Recall]:
        return [self.given]


def test_the_words_that_are_marked_most_are_an_answer_by_themselves() -> None:
    waters = "Ines waters on Mondays, Tomasz on Thursdays and Fridays."
    first = RecalledPassage(
        number=0,
        score=0.9,
        weight=1.0,
        text=waters,
        words=[*zip(waters.split(), [0.1] * 6 + [0.9, 0.7, 0.8], strict=True)],
    )
    second = RecalledPassage(number=1, score=0.5, weight=0.2, text="It rains.", words=[("It", 0.1), ("rains.", 1.0)])
    assert Recalling(second, first).marked(ASKED) == "Thursdays and Fridays."
    assert Recalling(first, attached=False).marked(ASKED) == ""
    assert Recalling(RecalledPassage(number=0, score=0.9, weight=1.0, text="It rains.")).marked(ASKED) == ""
