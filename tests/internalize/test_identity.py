from __future__ import annotations

import pytest

from parametric_memory.errors import MemoryMismatch
from parametric_memory.internalize.selection import MemoryIdentity, as_made, check_same
from parametric_memory.settings import ModelSettings
from parametric_memory.storage.location import Location

WHERE = Location.of("some/memory")

IDENTITY = MemoryIdentity(
    base_model="small",
    base_fingerprint="b1",
    hypernetwork="first",
    hypernetwork_fingerprint="h1",
    embedder_fingerprint="e1",
    scorer="judge:1",
)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"base_model": "large", "base_fingerprint": "b2"}, ["base model small", "large", "upgrade"]),
        ({"hypernetwork": "second", "hypernetwork_fingerprint": "h2"}, ["hypernetwork first", "second", "upgrade"]),
        ({"embedder_fingerprint": "e2"}, ["embedder e1", "e2", "reindex"]),
        ({"scorer": "vectors"}, ["scorer judge:1", "vectors", "reindex", "--scorer vectors"]),
        ({"store": "rows"}, ["store text", "rows", "upgrade", "--store rows"]),
    ],
)
def test_what_differs_is_named_with_the_command_that_helps(change: dict[str, str], named: list[str]) -> None:
    with pytest.raises(MemoryMismatch) as refused:
        check_same(IDENTITY, IDENTITY.model_copy(update=change), WHERE, WHERE.options)
    assert "\n" not in str(refused.value)
    for part in [*named, f"--memory {WHERE}"]:
        assert part in str(refused.value)


def test_two_hypernetworks_of_one_name_are_told_apart() -> None:
    with pytest.raises(MemoryMismatch) as refused:
        check_same(IDENTITY, IDENTITY.model_copy(update={"hypernetwork_fingerprint": "h2"}), WHERE, WHERE.options)
    assert "h1" in str(refused.value) and "h2" in str(refused.value)


def test_names_alone_do_not_matter() -> None:
    check_same(
        IDENTITY, IDENTITY.model_copy(update={"base_model": "the same under another path"}), WHERE, WHERE.options
    )


@pytest.mark.parametrize(("before", "now"), [("judge:1", "judge:2"), ("vectors", "mine:2")])
def test_a_scorer_that_no_option_names_is_for_who_holds_it(before: str, now: str) -> None:
    made, opened = (IDENTITY.model_copy(update={"scorer": scorer}) for scorer in (before, now))
    with pytest.raises(MemoryMismatch, match=rf"scorer {before}, not {now}: open it with that one, or call `reindex`"):
        check_same(made, opened, WHERE, WHERE.options)


def test_a_database_in_a_server_is_named_without_its_password() -> None:
    where = Location.of("postgresql://ada:secret@host/memory", "http://index:8000")
    with pytest.raises(MemoryMismatch) as refused:
        check_same(IDENTITY, IDENTITY.model_copy(update={"scorer": "vectors"}), where, where.options)
    told = str(refused.value)
    assert "--memory 'postgresql://ada:***@host/memory' --index http://index:8000" in told and "secret" not in told


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, ("small", "a/folder")),
        ({"base_model": "large"}, ("large", None)),
        ({"hypernetwork": "mine"}, ("small", "mine")),
        ({"base_model": "large", "hypernetwork": "mine"}, ("large", "mine")),
    ],
)
def test_a_memory_is_opened_with_what_it_was_made_with_where_nothing_is_named(
    named: dict[str, str], expected: tuple[str, str | None]
) -> None:
    made = as_made(ModelSettings(**named), IDENTITY.model_copy(update={"hypernetwork": "a/folder"}))
    assert (made.base_model, made.hypernetwork, made.internalizer) == (*expected, None)


@pytest.mark.parametrize("name", ["smollm2-135m-instruct", "untrained key-value rows"])
def test_a_hypernetwork_that_comes_with_the_base_model_is_not_named(name: str) -> None:
    made = as_made(ModelSettings(), IDENTITY.model_copy(update={"hypernetwork": name}))
    assert (made.base_model, made.hypernetwork) == ("small", None)


def test_a_memory_yet_to_be_made_names_no_models() -> None:
    own = ModelSettings()
    assert as_made(own, None) is own
