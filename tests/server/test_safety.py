"""Bad requests get a clear answer, and the server goes on."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from parametric_memory import ParametricMemory
from parametric_memory.errors import (
    EntryNotFound,
    MemoryFolderError,
    MemoryLocked,
    MemoryMismatch,
    ParametricMemoryError,
    SettingsError,
    StorageError,
)
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.server import access, app
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from parametric_memory.server.problems import UNEXPECTED, Problem
from parametric_memory.server.settings import ServerSettings
from tests.server.conftest import Serve
from tests.server.live import listening

LONG = {"model": "tiny", "messages": [{"role": "user", "content": "Long?"}], "max_tokens": 2000}


def detail(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code and problem["error"]["message"] == problem["detail"]
    assert "Traceback" not in response.text and "\n" not in problem["detail"]
    return problem["detail"]


def when_ready(client: TestClient) -> None:
    until = time.monotonic() + 60
    while client.get("/readyz").status_code != 200 and time.monotonic() < until:
        time.sleep(0.05)
    assert client.get("/readyz").json() == {"status": "ready"}


def calling(calls: bytes) -> bytes:
    """The body of a chat whose only turn has these calls of tools."""
    return b'{"messages": [{"role": "assistant", "tool_calls": ' + calls + b"}]}"


def test_a_token_is_asked_for(serve: Serve) -> None:
    client = serve(token="secret")
    assert "A key is needed" in detail(client.get("/memories"))
    wrong = client.get("/memories", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401 and "The key is wrong" in detail(wrong)
    assert client.get("/memories", headers={"Authorization": "Bearer secret"}).status_code == 200
    for shown in ({"Authorization": "bearer secret"}, {"Authorization": "BEARER  secret"}, {"X-API-Key": "secret"}):
        assert client.get("/memories", headers=shown).status_code == 200, shown
    for shown in ({"Authorization": "Bearer"}, {"Authorization": "Basic secret"}, {"Authorization": "bearersecret"}):
        assert client.get("/memories", headers=shown).status_code == 401, shown
    assert client.get("/metrics").status_code == 401
    assert client.get("/").status_code == client.get("/healthz").status_code == 200


def test_a_key_opens_its_namespaces_and_no_other(serve: Serve, keys: Keys) -> None:
    client = serve()
    assert client.get("/memories").status_code == 200
    mine = {"Authorization": f"Bearer {keys.add('ana', ['ana'])}"}
    everything = {"Authorization": f"Bearer {keys.add('root')}"}
    assert client.get("/memories").status_code == 401
    assert client.get("/memories", headers=everything).json()["total"] == 3
    assert client.get("/memories", headers=mine).json() | {"results": []} == {
        "results": [],
        "total": 0,
        "page": 1,
        "page_size": 50,
        "namespace": "ana",
    }
    refused = client.get("/memories", params={"namespace": "default"}, headers=mine)
    assert refused.status_code == 403 and "'default'" in detail(refused)
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/words"), ("GET", "/history")):
        assert client.request(method, f"/memories/entry0{path}", headers=mine).status_code == 404
    chat = client.post("/v1/chat/completions", json={**LONG, "model": "tiny:default"}, headers=mine)
    assert chat.status_code == 403
    models = [m["id"] for m in client.get("/v1/models", headers=mine).json()["data"]]
    assert models == ["tiny"]
    keys.remove("ana")
    assert client.get("/memories", headers=mine).status_code == 401


def test_of_keys_nothing_but_hashes_is_kept(keys: Keys) -> None:
    key = keys.add("laptop")
    assert key not in keys.path.read_text() and keys.path.stat().st_mode & 0o077 == 0
    assert keys.find(key) and keys.find(key + "x") is None
    with pytest.raises(SettingsError, match="already"):
        keys.add("laptop")
    with pytest.raises(SettingsError, match="no key 'phone'"):
        keys.remove("phone")
    keys.path.write_text("{")
    with pytest.raises(SettingsError, match="holds no API keys"):
        keys.all()


def test_keys_that_cannot_be_read_open_nothing(serve: Serve, keys: Keys) -> None:
    client = serve()
    keys.path.write_text("{")
    refused = client.get("/memories")
    assert refused.status_code == 500 and str(keys.path) not in detail(refused)


def test_other_machines_need_a_key(memory: ParametricMemory, keys: Keys) -> None:
    with pytest.raises(SettingsError, match="other machines could read"):
        build(memory, ServerSettings(host="0.0.0.0"), keys)
    with pytest.raises(SettingsError, match=r"^Behind memory.example other machines could read"):
        build(memory, ServerSettings(hosts=("memory.example",)), keys)
    assert build(memory, ServerSettings(host="0.0.0.0", token="secret"), keys)


@pytest.mark.parametrize("settings", [{"host": "0.0.0.0"}, {"hosts": ("memory.example",)}])
def test_a_server_for_other_machines_that_loses_its_keys_opens_to_nobody(
    serve: Serve, keys: Keys, settings: dict[str, Any]
) -> None:
    mine = {"Authorization": f"Bearer {keys.add('only')}"}
    client = serve(**settings)
    assert client.get("/memories", headers=mine).status_code == 200
    keys.remove("only")
    for lose in (lambda: None, keys.path.unlink):
        lose()
        for headers in ({}, mine):
            refused = client.get("/memories", headers=headers)
            assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
            assert "keys add" in detail(refused)
    again = {"Authorization": f"Bearer {keys.add('new')}"}
    assert client.get("/memories", headers=again).status_code == 200


def test_pages_of_other_hosts_are_refused_unless_they_are_named(serve: Serve) -> None:
    client, elsewhere = serve(), {"Origin": "https://evil.example"}
    no_address = ({"Host": "["}, {"Origin": "http://["})
    for headers in (elsewhere, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}, *no_address):
        refused = client.get("/memories", headers=headers)
        assert refused.status_code == 403, headers
        detail(refused)
    assert client.get("/memories", headers={"Origin": "http://localhost"}).status_code == 200
    assert "access-control-allow-origin" not in client.options("/memories", headers=elsewhere).headers
    named = serve(origins=("https://app.example",))
    allowed = named.get("/memories", headers={"Origin": "https://app.example"})
    assert allowed.status_code == 200 and allowed.headers["access-control-allow-origin"] == "https://app.example"


def test_a_server_answers_to_the_names_that_it_is_given(serve: Serve) -> None:
    client = serve(hosts=("Memory.example", "10.0.0.1"), token="secret")
    client.headers["Authorization"] = "Bearer secret"
    for host in ("memory.example", "MEMORY.example:8443", "10.0.0.1:80", "localhost"):
        page = {"Host": host, "Origin": f"https://{host}"}
        assert client.get("/memories", headers=page).status_code == 200, host
    assert client.get("/memories", headers={"Host": "other.example"}).status_code == 403
    assert client.get("/memories", headers={"Host": "x.memory.example"}).status_code == 403


def test_a_body_that_is_too_large_is_refused_before_it_is_read(serve: Serve) -> None:
    client = serve(max_body=1000)
    large = client.post("/memories", json={"text": "x" * 2000})
    assert large.status_code == 413 and "1,000 bytes" in detail(large)

    def chunks() -> Any:
        for _ in range(10):
            yield b"x" * 500

    assert client.post("/memories", content=chunks()).status_code == 413
    assert client.get("/memories").json()["total"] == 3


def test_of_100_mb_not_a_byte_is_waited_for(memory: ParametricMemory, keys: Keys) -> None:
    with listening(build(memory, ServerSettings(), keys)) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as sending:
            sending.sendall(
                b"POST /memories HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 100000000\r\n\r\n"
            )
            assert b"413" in sending.recv(200)
        assert httpx.get(f"{url}/memories").json()["total"] == 3


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "told"),
    [
        ("POST", "/memories", b'{"text": "half', 400, "not JSON"),
        ("POST", "/memories", b"[]", 400, "body"),
        ("POST", "/memories", b"{}", 400, "either text or messages"),
        ("POST", "/memories", b'{"text": "  "}', 400, "empty"),
        ("POST", "/memories", b'{"text": "a", "metadata": {"a": [1]}}', 400, "a"),
        ("POST", "/memories", b'{"text": "\\ud800"}', 400, "Unicode"),
        ("POST", "/search", b'{"query": ""}', 400, "query"),
        ("POST", "/search", b'{"query": "a", "filters": {"$no": 1}}', 400, "$no"),
        ("POST", "/ask", b'{"question": "  "}', 400, "question"),
        ("POST", "/memories", b'{"text": "a", "ttl_seconds": 1e15}', 400, "ttl_seconds"),
        ("POST", "/v1/chat/completions", calling(b"5"), 400, "messages.0.tool_calls"),
        (
            "POST",
            "/v1/chat/completions",
            calling(b'[{"id": [], "function": {"name": "a", "arguments": ""}}]'),
            400,
            "id",
        ),
        ("POST", "/v1/chat/completions", calling(b'[{"function": {"name": {}, "arguments": ""}}]'), 400, "name"),
        ("GET", "/memories/..%2F..%2Fetc%2Fpasswd", b"", 404, ""),
        ("GET", "/memories/nobody", b"", 404, "nobody"),
        ("PUT", "/memories/entry0", b"{}", 400, "Nothing"),
        ("GET", "/nowhere", b"", 404, "/docs"),
        ("PUT", "/ask", b"", 405, "method"),
        ("GET", "/page/..%2Fapp.py", b"", 404, ""),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    client: TestClient, method: str, path: str, content: bytes, status: int, told: str
) -> None:
    answer = client.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert told in detail(answer)
    assert client.get("/memories").json()["total"] == 3


def test_an_unexpected_error_says_nothing_of_its_cause(
    client: TestClient, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret /path")

    monkeypatch.setattr(memory, "list", broken)
    answer = client.get("/memories")
    assert answer.status_code == 500 and detail(answer) == UNEXPECTED
    monkeypatch.undo()

    def full(*_: Any, **__: Any) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(memory, "add", full)
    assert client.post("/memories", json={"text": "Ada."}).status_code == 507


@pytest.mark.parametrize("kind", [EntryNotFound, MemoryLocked, MemoryMismatch, StorageError, MemoryFolderError])
def test_no_client_is_told_where_the_memory_lies(kind: type[ParametricMemoryError]) -> None:
    problem = Problem.of(kind("Something is wrong with the memory in /srv/tenants/memory: look there."))
    assert "/srv" not in problem.detail and problem.detail.endswith(".")


def test_more_than_may_wait_are_told_to_come_again(memory: ParametricMemory, keys: Keys) -> None:
    with listening(build(memory, ServerSettings(waiting=4), keys)) as url, ThreadPoolExecutor(200) as threads:
        body = {**LONG, "max_tokens": 60}
        asked = [threads.submit(httpx.post, f"{url}/v1/chat/completions", json=body, timeout=60) for _ in range(200)]
        answers = [answer.result() for answer in asked]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} == {200, 429}
        assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
        assert httpx.get(f"{url}/memories").json()["total"] == 3
        counted = httpx.get(f"{url}/metrics").text
        assert f"parametric_memory_refused_total {len(refused)}.0\n" in counted
        assert "parametric_memory_requests_in_work 0" in counted


def test_an_answer_that_takes_too_long_is_given_up(serve: Serve) -> None:
    client = serve(seconds=0.5)
    late = client.post("/v1/chat/completions", json={**LONG, "max_tokens": 2000})
    assert late.status_code == 504 and "0.5 seconds" in detail(late)
    assert client.get("/memories").status_code == 200


def test_a_stream_that_takes_too_long_ends_with_an_error_of_its_own(serve: Serve) -> None:
    client = serve(seconds=2.0, max_tokens=100_000)
    when_ready(client)
    chat = client.post("/v1/chat/completions", json={**LONG, "max_tokens": 100_000, "stream": True})
    *_, problem, done, _ = chat.text.split("\n\n")
    assert chat.status_code == 200 and done == "data: [DONE]"
    assert "2 seconds" in json.loads(problem.removeprefix("data: "))["error"]["message"]
    asked = client.post("/ask", json={"question": "Long?", "max_tokens": 100_000, "stream": True, "abstain": False})
    name, data = asked.text.strip().split("\n\n")[-1].split("\n")
    assert name == "event: error" and json.loads(data.removeprefix("data: "))["status"] == 504


def test_an_object_that_nobody_waits_for_is_given_up_and_counted_once(memory: ParametricMemory, keys: Keys) -> None:
    fields = {f"field{i}": {"type": "string"} for i in range(40)}
    schema = {"type": "object", "properties": fields, "required": [*fields]}
    body = {**LONG, "response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
    with listening(build(memory, ServerSettings(), keys)) as url:
        with suppress(httpx.ReadTimeout):
            httpx.post(f"{url}/v1/chat/completions", json=body, timeout=0.5)
        until, counted = time.monotonic() + 60, ""
        while "requests_in_work 0" not in counted and time.monotonic() < until:
            time.sleep(0.1)
            counted = httpx.get(f"{url}/metrics").text
        assert "parametric_memory_abandoned_total 1.0\n" in counted
        assert "parametric_memory_answers_total 0.0\n" in counted


def test_a_client_that_goes_away_takes_its_answer_with_it(memory: ParametricMemory, keys: Keys) -> None:
    served = build(memory, ServerSettings(), keys)
    with listening(served) as url:
        for stream in (True, False):
            with httpx.Client(timeout=1.0) as client, suppress(httpx.ReadTimeout):
                body = {**LONG, "stream": stream}
                with client.stream("POST", f"{url}/v1/chat/completions", json=body) as coming:
                    next(coming.iter_bytes())
            until = time.monotonic() + 20
            in_work = 1
            while in_work and time.monotonic() < until:
                in_work = served.state.service.answering.decoder.in_work
                time.sleep(0.1)
            assert in_work == 0


def test_a_client_that_hangs_is_given_up(memory: ParametricMemory, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_PART_SECONDS", 0.3)
    with listening(build(memory, ServerSettings(), keys)) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as hanging:
            hanging.sendall(
                b"POST /memories HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 100\r\n\r\n{"
            )
            assert b"408" in hanging.recv(200)
        assert httpx.get(f"{url}/memories").status_code == 200


def test_a_body_that_comes_a_byte_at_a_time_is_given_up(
    memory: ParametricMemory, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_BODY_SECONDS", 0.3)
    monkeypatch.setattr(access, "_SLOWEST", 1_000_000)
    with listening(build(memory, ServerSettings(max_body=600_000), keys)) as url:
        started = time.monotonic()

        def slowly() -> Any:
            yield b'{"text": "'
            while time.monotonic() - started < 3:
                time.sleep(0.1)
                yield b"a"

        with suppress(httpx.WriteError, httpx.RemoteProtocolError):
            answer = httpx.post(f"{url}/memories", content=slowly(), headers={"Content-Type": "application/json"})
            assert answer.status_code == 408 and "came too slowly" in detail(answer)
        assert httpx.get(f"{url}/memories").json()["total"] == 3
        assert 'status="408"} 1' in httpx.get(f"{url}/metrics").text


def test_adding_goes_on_while_answers_are_written(memory: ParametricMemory, keys: Keys) -> None:
    with listening(build(memory, ServerSettings(), keys)) as url:
        answer: list[httpx.Response] = []
        body = {**LONG, "max_tokens": 600}
        asking = threading.Thread(
            target=lambda: answer.append(httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60))
        )
        asking.start()
        added = [httpx.post(f"{url}/memories", json={"text": f"Note {i}."}, timeout=30) for i in range(3)]
        assert [a.status_code for a in added] == [200] * 3
        asking.join(timeout=60)
        assert answer[0].json()["usage"]["completion_tokens"] == 600
        assert httpx.get(f"{url}/memories").json()["total"] == 6


def test_the_state_is_told(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    when_ready(client)
    client.post("/ask", json={"question": "Who?", "max_tokens": 3, "abstain": False})
    counted = client.get("/metrics").text
    assert 'parametric_memory_requests_total{path="/ask",status="200"} 1' in counted
    assert "parametric_memory_written_tokens_total 3" in counted
    assert 'parametric_memory_first_token_seconds_bucket{le="+Inf"} 1' in counted


def test_what_is_refused_or_fails_is_counted_too(
    serve: Serve, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, mine = serve(token="secret", max_body=1000), {"Authorization": "Bearer secret"}

    def counted() -> set[str]:
        lines = client.get("/metrics", headers=mine).text.splitlines()
        return {line.removeprefix("parametric_memory_requests_total") for line in lines if "requests_total{" in line}

    for number in range(3):
        client.get(f"/nowhere/{number}", headers=mine)
        client.get(f"/memories/nobody/{number}", headers=mine)
        client.get(f"/memories/{number}")
    client.get("/memories", headers={"Host": "evil.example"})
    client.post("/memories", json={"text": "x" * 2000}, headers=mine)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(memory, "delete", broken)
    assert client.delete("/memories", params={"user_id": "ana"}, headers=mine).status_code == 500
    assert counted() == {
        '{path="other",status="404"} 3.0',
        '{path="/memories/{id}",status="404"} 3.0',
        '{path="other",status="401"} 3.0',
        '{path="other",status="403"} 1.0',
        '{path="other",status="413"} 1.0',
        '{path="/memories",status="500"} 1.0',
    }
    assert '{path="/metrics",status="200"} 1.0' in counted()


def test_it_is_ready_when_the_models_are_loaded_and_not_before(
    base: BaseModel,
    open_memory: Callable[..., ParametricMemory],
    keys: Keys,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "_LOADED_AGAIN", 0.1)
    folder = tmp_path / "base"
    served = build(open_memory(base_model=str(folder)), ServerSettings(), keys)
    with TestClient(served, base_url="http://localhost") as client:
        time.sleep(0.5)
        assert client.get("/readyz").status_code == 503
        assert client.get("/metrics").status_code == 200
        base.model.save_pretrained(tmp_path / "half")
        base.tokenizer.save_pretrained(tmp_path / "half")
        (tmp_path / "half").rename(folder)
        when_ready(client)
        assert "parametric_memory_answers_in_work 0" in client.get("/metrics").text


def test_the_page_loads_nothing_from_elsewhere(client: TestClient, tmp_path: Path) -> None:
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for part in ("page.js", "style.css", "icon.svg"):
        assert f"/page/{part}" in page.text
        assert client.get(f"/page/{part}").status_code == 200
    assert "/page/api.js" in client.get("/docs").text
    texts = [page.text, *(client.get(f"/page/{part}").text for part in ("page.js", "style.css", "api.js", "api.html"))]
    assert not any("://" in text.replace("http://www.w3.org/", "") for text in texts)
    assert "innerHTML" not in texts[1]


def test_settings_are_checked() -> None:
    wrong: list[Callable[[], ServerSettings]] = [
        lambda: ServerSettings(waiting=0),
        lambda: ServerSettings(seconds=0),
        lambda: ServerSettings(remember="always"),
        lambda: ServerSettings(token=" "),
        lambda: ServerSettings(hosts=("https://memory.example",)),
        lambda: ServerSettings(hosts=("memory.example:8443",)),
        lambda: ServerSettings(hosts=("memory.example", "")),
    ]
    for settings in wrong:
        with pytest.raises(SettingsError):
            settings()
    assert ServerSettings(hosts=("memory.example", "10.0.0.1", "fd00::1")).hosts
    assert ServerSettings(host="::1").is_local and not ServerSettings(host="example.org").is_local
