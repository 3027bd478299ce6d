"""Writers are killed, at random moments and at every step: what they acknowledged is found, and nothing else is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import psycopg
import pytest

from benchmarks.growth import text
from tests.faults.writers import MODULE, TASKS, Place, State, Trials, opened

_MOST_STEPS = 400  # of one operation; it has less
# What is killed in every run before every statement that writes; all else at the commits, and as a soak at all steps.
_WHOLE = ("first", "add")


def at_every_step(*names: str) -> pytest.MarkDecorator:
    """Operations, where they write, and at which steps they are killed."""
    cases = []
    for name in names:
        steps: list[tuple[str, dict[str, Any], bool]] = [
            ("sqlite", {"statements": "writing" if name in _WHOLE else None}, False),
            ("postgresql", {"statements": None}, False),
            ("sqlite", {"statements": "all", "afterwards": True}, True),
            ("postgresql", {"statements": "all", "afterwards": True}, True),
            ("served", {"statements": None}, True),
            ("served", {"statements": "writing", "afterwards": True}, True),
        ]
        for place, how, is_soak in steps:
            kind = f"{'after' if 'afterwards' in how else 'before'}-{how['statements'] or 'commits'}"
            marks = [pytest.mark.soak] if is_soak else []
            cases.append(pytest.param(name, place, how, id=f"{name}-{place}-{kind}", marks=marks))
    return pytest.mark.parametrize(("name", "place", "how"), cases, indirect=["place"])


_PLACES = ("sqlite", "postgresql", "served")


def kill(trials: Trials, times: int, seed: int, longest: float) -> None:
    chance = random.Random(seed)
    for number in range(times):
        trials.kill_one(1000 * seed + number, longest * chance.random())
    print(f"{times} kills, {trials.acknowledged} operations were acknowledged, under way were {trials.killed}")
    assert trials.killed and trials.acknowledged


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(2))
def test_writers_that_are_killed_leave_what_they_acknowledged_and_nothing_else(trials: Trials, seed: int) -> None:
    kill(trials, 25, seed, longest=0.25)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seed", [4])
def test_writers_to_postgresql_that_are_killed_leave_what_they_acknowledged(trials: Trials, seed: int) -> None:
    kill(trials, 25, seed, longest=0.25)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("place", "seed"), [(_PLACES[number % 3], number) for number in range(6, 13)], indirect=["place"]
)
def test_many_writers_that_are_killed_leave_what_they_acknowledged(trials: Trials, seed: int) -> None:
    kill(trials, 50, seed, longest=1.5)


def another(place: Place, number: int) -> Place:
    """Beside a place, one where no memory is yet."""
    if place.folder is not None:
        return Place(f"{place.folder.parent}/memory {number}")
    url, _, _ = place.where.partition("&options=")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA memory_{number}")
    return place._replace(where=f"{url}&options=-csearch_path%3Dmemory_{number}")


def every_step(trials: Trials, next_one: Callable[[], State], how: dict[str, Any]) -> Iterator[tuple[State, bool]]:
    """Does something again and again, killed one step later each time, until it comes to its end: what, and whether
    that was acknowledged."""
    for last in range(_MOST_STEPS):
        operation = next_one()
        killed, acknowledged = trials.kill_at(operation, last, **how)
        yield operation, acknowledged
        if not killed:
            assert acknowledged and last > 1
            return
    raise AssertionError("It never ended.")


@at_every_step("first", "add", "text", "restore", "namespace", "delete", *TASKS)
def test_whatever_step_is_the_last_what_was_acknowledged_is_found(
    trials: Trials, name: str, how: dict[str, Any]
) -> None:
    numbers = count()

    def operation(name: str, id: str = "note 0") -> State:
        number = next(numbers)
        namespace = "other" if trials.there.get(id, {}).get("namespace") == "default" else "default"
        return {"name": name, "id": id, "text": text(f"{number}"), "namespace": namespace, "step": number}

    def next_one() -> State:
        if name == "first":
            trials.there, trials.place = {}, another(trials.place, next(numbers))
            return operation("add")
        if "note 0" in trials.there and name == "add":
            trials.do(operation("delete"))
        elif "note 0" not in trials.there and name != "add":
            trials.do(operation("add"))
        if name == "restore" and not trials.there["note 0"]["before"]:
            trials.do(operation("text"))
        return operation(name)

    if name != "first":
        trials.do(operation("add", "note 1"))
    for wanted, acknowledged in every_step(trials, next_one, how):
        trials.look(wanted, acknowledged)


@at_every_step("documents")
def test_whatever_step_is_the_last_documents_that_are_added_together_are_all_there_or_none(
    trials: Trials, name: str, how: dict[str, Any]
) -> None:
    numbers = count()
    there = {text("first")}
    with opened(trials.place) as memory:
        memory.add(text("first"))

    def next_one() -> State:
        return {"name": name, "id": None, "texts": [text(f"{next(numbers)} of some") for _ in range(3)]}

    for wanted, acknowledged in every_step(trials, next_one, how):
        with opened(trials.place) as memory:
            held = {memory.history(entry.id).text: entry.id for entry in memory.list()}
            assert held.keys() in (
                [there | {*wanted["texts"]}] if acknowledged else [there, there | {*wanted["texts"]}]
            )
            for words in {*held, *wanted["texts"]}:
                found = [recall.entry_id for recall in memory.recall(words) if recall.score > 0.9]
                assert found == ([held[words]] if words in held else [])
            assert memory.storage.search.index.problems() == []
            there = {*held}


@at_every_step("skill", "no skill")
def test_whatever_step_is_the_last_a_skill_is_what_it_was_or_is_to_be(
    trials: Trials, name: str, how: dict[str, Any]
) -> None:
    numbers = count(1)
    there: int | None = None

    def next_one() -> State:
        nonlocal there
        if name == "no skill" and there is None:
            there = next(numbers)
            trials.kill_at({"name": "skill", "id": None, "step": there}, _MOST_STEPS)
        return {"name": name, "id": None, "step": next(numbers)}

    with opened(trials.place) as memory:
        memory.add(text(0))
    for operation, acknowledged in every_step(trials, next_one, how):
        wanted = None if name == "no skill" else operation["step"]
        with opened(trials.place) as memory:
            found = [float(skill.description) for skill in memory.skills.list()]
            for value in found:
                assert memory.storage.skills.adapter("short").factors[MODULE].A.item() == value
        assert len(found) < 2
        value = int(found[0]) if found else None
        assert value == wanted or (value == there and not acknowledged)
        there = value
