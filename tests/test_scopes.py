from __future__ import annotations

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.scopes import labelled, namespace_of, within


def test_a_user_is_a_namespace() -> None:
    assert namespace_of(None, {"user": "ana"}) == namespace_of("ana", {"user": "ana"}) == "ana"
    assert namespace_of("team", {"user": None, "agent": "planner"}) == "team"
    assert namespace_of(None, {}) is None
    with pytest.raises(SettingsError, match="both user='ana' and namespace='team' are given: name one of them"):
        namespace_of("team", {"user": "ana"})


def test_agent_and_run_are_metadata() -> None:
    labels = {"agent_id": "planner", "run_id": "r1"}
    assert labelled({"year": 2024}, {"agent": "planner", "run": "r1"}) == {"year": 2024, **labels}
    assert labelled(None, {"user": "ana"}) is None
    assert within(None, {"agent": "planner", "run": "r1"}) == labels
    assert within({"run_id": "r2"}, {"run": "r1"}) == {"$and": [{"run_id": "r2"}, {"run_id": "r1"}]}
    assert within({"year": 2024}, {}) == {"year": 2024}


@pytest.mark.parametrize("scope", [{"user": ""}, {"agent": " "}, {"run": 5}])
def test_a_scope_without_a_name_is_not_taken_for_everybodys(scope: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="is no name: give one, or leave it out"):
        namespace_of(None, scope)  # type: ignore[arg-type]


def test_an_argument_that_is_not_known_is_told() -> None:
    with pytest.raises(TypeError, match="no argument 'usr' here"):
        namespace_of(None, {"usr": "ana"})  # type: ignore[typeddict-unknown-key]
