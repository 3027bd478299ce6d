"""What /openapi.json says is what the server does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from parametric_memory.server import shapes
from parametric_memory.server.problems import MEDIA_TYPE, SCHEMA

PROBLEM = {MEDIA_TYPE: {"schema": SCHEMA}}


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    assert document == client.get("/openapi.json").json()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        yield from references(inner)


def test_errors_are_problem_details_at_every_address(document: dict[str, Any], client: TestClient) -> None:
    for path, method, operation in operations(document):
        assert operation["responses"]["default"]["content"] == PROBLEM, (method, path)
        assert "422" not in operation["responses"], (method, path)
    told = client.get("/memories", params={"page": 0})
    assert told.status_code == 400 and told.headers["content-type"] == MEDIA_TYPE
    assert set(told.json()) == set(SCHEMA["required"]) == set(SCHEMA["properties"])
    assert set(told.json()["error"]) == set(SCHEMA["properties"]["error"]["required"])


def test_whatever_is_named_is_described(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known
    assert not any("Validation" in name for name in known)


def test_keys_are_described_and_where_none_is_needed(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
    assert schemes["header"]["name"] == "X-API-Key"
    asks = {path: operation.get("security") for path, _, operation in operations(document)}
    assert {path for path, keys in asks.items() if keys is None} == {"/healthz", "/readyz"}
    assert all(keys == [{"bearer": []}, {"header": []}] for keys in asks.values() if keys is not None)


def test_the_header_of_a_namespace_is_described_where_it_is_read(document: dict[str, Any]) -> None:
    named = {
        (path, method)
        for path, method, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header" and parameter["name"] == "X-Memory-Namespace"
    }
    assert named == {("/v1/chat/completions", "post")}


def test_answers_of_memories_have_the_shape_that_is_described(document: dict[str, Any], client: TestClient) -> None:
    def described(method: str, path: str) -> Any:
        return document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]

    note, one = {"text": "Ada keeps bees.", "agent_id": "a"}, {"id": "ada"}
    files = [("files", ("goats.txt", b"Goats eat the roses.", "text/plain"))]
    asked = {"question": "Where did Lina Okafor move to?", "max_tokens": 2}
    for method, path, shape, given in (
        ("post", "/memories", shapes.Added, {"json": {**note, **one}}),
        ("post", "/memories/files", shapes.Added, {"files": files}),
        ("put", "/memories/{id}", shapes.Updated, {"json": {"text": "Ada keeps goats."}}),
        ("get", "/memories/{id}", shapes.Memory, {}),
        ("get", "/memories/{id}/history", list[shapes.Event], {}),
        ("get", "/memories/{id}/words", shapes.Words, {}),
        ("get", "/memories", shapes.Memories, {}),
        ("get", "/namespaces", shapes.Namespaces, {}),
        ("post", "/search", shapes.Found, {"json": {"query": "Lina Okafor goats"}}),
        ("post", "/ask", shapes.Answer, {"json": asked}),
        ("delete", "/memories/{id}", shapes.Deleted, {}),
        ("delete", "/memories", shapes.AllDeleted, {"params": {"namespace": "default"}}),
    ):
        answer = client.request(method, path.format(**one), **given)
        assert answer.status_code == 200, (method, path, answer.text)
        kind = TypeAdapter(shape)
        told = kind.validate_python(answer.json(), strict=True)
        assert kind.dump_python(told, exclude_unset=True) == answer.json()
        assert not list(unnamed(told)), (method, path)
        name = shape.__args__[0].__name__ if path.endswith("/history") else shape.__name__
        assert f"#/components/schemas/{name}" in references(described(method, path))


def unnamed(told: Any) -> Iterator[str]:
    """What an answer holds and its shape does not name."""
    if isinstance(told, shapes._Shape):
        yield from told.model_extra or {}
        told = [value for _, value in told]
    for inner in told if isinstance(told, list) else ():
        yield from unnamed(inner)
