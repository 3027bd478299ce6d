"""Requests of all kinds at every address of the description, well formed or not: none makes an error of the server.

Takes half a minute at most: every address gets requests for a fraction of a second.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from parametric_memory.server.problems import MEDIA_TYPE, UNEXPECTED
from tests.server.conftest import Serve
from tests.server.test_safety import when_ready

SECONDS = 3.0  # of each of the tests
DEEP: Any = [{"a": "b"}]
for _ in range(300):
    DEEP = [DEEP]
HALVES = ["\ud800", "a\udfff"]
JUNK: list[Any] = [
    *("", " ", "\0", "\U0001f600", "x" * 3000, "../..", "%00", "$gt", "NaN", "-0", "9" * 400, "a\nb", "\u202e"),
    *(None, True, -1, 0, 2**63 - 1, 2**63, 10**30, 1e308, 5e-324, float("nan"), float("-inf")),
    *([], {}, [[]], [None], {"": ""}, {"$in": [{}]}, {"$and": [{"$or": []}]}, {"user_id": {"$ne": 1}}, DEEP),
]
WORDS = ["default", "ana", "entry0", "user", "2021-05-01", "Where does Lina live?", "Ada wrote programs."]
USER = {"role": "user", "content": "Who?"}
CALL = {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"properties": {"a": {"enum": [1, "b"]}}}}}
FORM = {"type": "json_schema", "json_schema": {"schema": {"type": "array", "items": {"type": "null"}}}}
OFTEN: dict[str, list[Any]] = {  # what is hardly met by chance
    "model": ["tiny", "parametric-memory:ana"],
    "messages": [
        [USER],
        [{"role": "system", "content": "a"}, USER],
        [USER, {"role": "assistant", "tool_calls": [CALL]}],
    ],
    "tools": [[TOOL]],
    "tool_choice": ["required", "none", TOOL],
    "response_format": [FORM],
    "filter": [{"$and": [{"a": {"$gt": 1}}]}],
    "filters": [{"AND": [{"user_id": "ana"}, {"a": {"$gt": 1}}]}],
    "metadata": [{"a": 1, "b": "c"}],
    "stop": [["a"], "b"],
    "n": [None],
    "at": [None, "2021-05-01"],
    "filename": ["a"],
}
OFTEN |= dict.fromkeys(("when", "valid_from", "valid_until"), OFTEN["at"])
Place = tuple[Any, ...]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where the values in a JSON value are."""
    yield place
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*place, name))


def with_junk(value: Any, place: Place, junk: Any) -> Any:
    if not place:
        return junk
    copy = value.copy()
    copy[place[0]] = with_junk(value[place[0]], place[1:], junk)
    return copy


junk = st.sampled_from(HALVES) | st.sampled_from(JUNK)


@st.composite
def attacking(draw: st.DrawFn, schema: Any, root: dict[str, Any], name: str = "") -> Any:
    """Values that fit a JSON schema, but mostly for one place in them: others are not reached past several."""
    value = draw(fitting(schema, root, name))
    return with_junk(value, draw(st.sampled_from([*places(value)])), draw(junk)) if draw(st.integers(0, 3)) else value


def fitting(schema: dict[str, Any], root: dict[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    if name in OFTEN:
        return st.sampled_from(OFTEN[name])
    if "$ref" in schema:
        named = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            named = named[part]
        return fitting(named, root)
    if branches := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return st.one_of([fitting(branch, root) for branch in branches])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        named = {name: fitting(inner, root, name) for name, inner in schema["properties"].items()}
        required = {name: named.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=named)
    if kind == "object":
        return st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=2)
    if kind == "array":
        return st.lists(fitting(schema.get("items", {}), root), min_size=1, max_size=3)
    simple = {"integer": st.integers(1, 5), "number": st.floats(0.1, 1), "boolean": st.booleans(), "null": st.none()}
    return simple.get(str(kind), st.sampled_from(WORDS))


def encoded(value: Any) -> str:
    """As a part of an address."""
    text = value if isinstance(value, str) else json.dumps(value)
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@st.composite
def request(draw: st.DrawFn, path: str, method: str, operation: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What `TestClient.request` takes for a request at an address."""
    query, headers = [], dict[str, bytes]()
    for parameter in operation.get("parameters", ()):
        name, given = parameter["name"], parameter.get("schema", {})
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", encoded(draw(attacking(given, root))) or "a")
        elif draw(st.booleans()):
            drawn = draw(attacking(given, root))
            if parameter["in"] == "query":
                query.append(f"{name}={encoded(drawn)}")
            else:
                headers[name] = encoded(drawn).encode()[:1000]
    asked: dict[str, Any] = {"method": method.upper(), "url": "?".join([path, "&".join(query)]), "headers": headers}
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        names = st.sampled_from(["a.txt", "a.html", "a.md", "a.pdf", "a.json", "a", "../a", "\U0001f600.md"])
        texts = st.sampled_from(
            [b"Ada wrote.", b"# Ada\n[[", b"<p>Ada<", b"%PDF-1", b'[{"role": "user", "content": "Hi"}]']
        )
        files = draw(st.lists(st.tuples(names, st.binary(max_size=50) | texts), max_size=2))
        fields = draw(st.dictionaries(st.sampled_from(["metadata", "speakers", "when", "ttl_seconds"]), junk))
        asked["files"] = [("files", file) for file in files] or {"files": b""}
        asked["data"] = {k: json.dumps(v) if draw(st.booleans()) else encoded(v) for k, v in fields.items()}
    elif content:
        [described] = content.values()
        body = json.dumps(draw(attacking(described["schema"], root))).encode()
        asked["content"] = draw(st.sampled_from([body] * 9 + [body[:-1], body + b"\xed\xa0\x80", b"\xff\xfe" + body]))
        headers["Content-Type"] = b"application/json"
    return asked


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    assert UNEXPECTED not in answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == MEDIA_TYPE and answer.json()["status"] == answer.status_code


class TimeUp(Exception):
    """Ends the requests at an address."""


def attack(
    client: TestClient, requests: Sequence[st.SearchStrategy[dict[str, Any]]], check: Callable[[httpx.Response], None]
) -> None:
    for number, strategy in enumerate(requests):
        until = time.monotonic() + SECONDS / len(requests)

        @seed(number)
        @settings(
            max_examples=1000,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
            report_multiple_bugs=False,
        )
        @given(strategy)
        def send(asked: dict[str, Any]) -> None:
            if time.monotonic() > until:  # noqa: B023
                raise TimeUp
            check(client.request(**asked))

        with suppress(TimeUp):
            send()


@pytest.mark.slow
@pytest.mark.parametrize("namespaces", [None, [], ["ana"]])
def test_no_request_makes_an_error_of_the_server(serve: Serve, keys: Any, namespaces: list[str] | None) -> None:
    client = serve(max_tokens=2, max_body=200_000)
    when_ready(client)
    document = client.get("/openapi.json").json()
    if namespaces is not None:
        client.headers["Authorization"] = f"Bearer {keys.add('fuzzer', namespaces)}"
    operations = [(path, *of) for path, methods in document["paths"].items() for of in methods.items()]
    assert len(operations) > 15
    attack(client, [request(*operation, document) for operation in operations], check)


@pytest.mark.slow
def test_no_call_of_a_tool_makes_an_error_of_the_server(serve: Serve) -> None:
    client = serve(max_tokens=2)
    when_ready(client)
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

    def calls(method: str, parameters: Any) -> dict[str, Any]:
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        return {"method": "POST", "url": "/mcp", "headers": headers, "content": json.dumps(asked)}

    tools = client.request(**calls("tools/list", {})).json()["result"]["tools"]
    assert len(tools) == 6

    def check_call(answer: httpx.Response) -> None:
        assert answer.status_code < 500 and UNEXPECTED not in answer.text, answer.text
        assert answer.json().get("error", {}).get("code") != -32603, answer.text

    def call(tool: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
        arguments = attacking(tool["inputSchema"], tool["inputSchema"])
        return arguments.map(lambda given: calls("tools/call", {"name": tool["name"], "arguments": given}))

    attack(client, [call(tool) for tool in tools], check_call)
