"""What a client can send to stop the server, or to keep others from it, has a bound."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from parametric_memory import ParametricMemory
from parametric_memory.errors import SettingsError
from parametric_memory.server import listening as listener
from parametric_memory.server.app import build
from parametric_memory.server.desk import Desk, Place, current_client
from parametric_memory.server.keys import Keys
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem
from parametric_memory.server.settings import ServerSettings
from tests.server.conftest import SENTENCES, Serve
from tests.server.live import listening
from tests.server.test_safety import LONG, detail, when_ready

CHAT = "/v1/chat/completions"
LONG_STOP = {**LONG, "stop": "q" * 1_000_000, "stream": True, "max_tokens": 100_000}
LONE = "\ud800"
HALF_BODY = (
    b"POST /memories HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)


def connected(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def in_work(client: Any) -> int:
    return int(re.findall(r"^parametric_memory_requests_in_work (\d+)", client.get("/metrics").text, re.MULTILINE)[0])


def when_idle(client: Any, seconds: float = 5) -> float:
    """Seconds until nothing is in work any more."""
    started = time.monotonic()
    while in_work(client):
        assert time.monotonic() - started < seconds, "something is still in work"
        time.sleep(0.05)
    return time.monotonic() - started


def fitting(schema: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}


def took(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.monotonic()
    return work(), time.monotonic() - started


# The work of a request is bounded, and ends with it


TOO_MUCH: list[tuple[str, dict[str, Any], str]] = [
    (CHAT, {**LONG, "stop": "q" * 10_000}, "max_stop"),
    (CHAT, {**LONG, "stop": ["a", "b", "c", "d", "e"]}, "max_stops"),
    (CHAT, {"messages": [{"role": "user", "content": "a"}] * 3000}, "window"),
    (CHAT, {"messages": [{"role": "user", "content": "a b " * 100_000}]}, "window"),
    (CHAT, {"messages": [{}] * 1_400_000}, "max_question"),
    (CHAT, {"messages": [{}] * 900_000}, "max_values"),
    ("/memories", {"messages": [{}] * 1_400_000}, "max_values"),
    ("/ask", {"question": "a b " * 100_000}, "window"),
    ("/search", {"query": "a b " * 100_000}, "max_query"),
    ("/v1/embeddings", {"input": ["word " * 10_000] * 100}, "max_question"),
    (CHAT, {**LONG, "filter": {"a": {"$in": [""] * 400_000}}}, "max_values"),
    (CHAT, {**LONG, "tools": [{"function": {"name": "a", "parameters": {"enum": [*range(6000)]}}}]}, "max_schema"),
    (CHAT, {**LONG, **fitting({"enum": [*range(200_000)]})}, "max_schema"),
    (CHAT, {**LONG, **fitting({"properties": {f"p{i}": {"type": "string"} for i in range(20_000)}})}, "max_schema"),
]


def test_what_is_too_much_is_refused_before_it_is_begun(client: TestClient) -> None:
    when_ready(client)
    for path, body, named in TOO_MUCH:
        answer, seconds = took(lambda sent=(path, body): client.post(sent[0], json=sent[1]))
        assert answer.status_code in (400, 413) and named in detail(answer)
        assert seconds < 5, (named, seconds)


def test_embeddings_end_with_their_request(
    serve: Serve, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder, embedded = type(memory.models.embeddings), []

    def slowly(_: Any, texts: Sequence[str]) -> list[list[float]]:
        embedded.extend(texts)
        time.sleep(0.01 * len(texts))
        return [[0.0]] * len(texts)

    client = serve(seconds=0.5)
    when_ready(client)
    monkeypatch.setattr(embedder, "embed_documents", slowly)
    late = client.post("/v1/embeddings", json={"input": ["word " * 200] * 2048})
    assert late.status_code == 504
    when_idle(client)
    assert len(embedded) < 500


def test_embeddings_end_when_their_client_leaves(
    memory: ParametricMemory, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []

    def slowly(_: Any, texts: Sequence[str]) -> list[list[float]]:
        embedded.extend(texts)
        time.sleep(0.01 * len(texts))
        return [[0.0]] * len(texts)

    served = build(memory, ServerSettings(), keys)
    with listening(served) as url:
        when_ready(httpx.Client(base_url=url))
        monkeypatch.setattr(type(memory.models.embeddings), "embed_documents", slowly)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/v1/embeddings", json={"input": ["word"] * 2048}, timeout=0.5)
        until = time.monotonic() + 10
        while served.state.service.desk._of and time.monotonic() < until:
            time.sleep(0.05)
    assert not served.state.service.desk._of and len(embedded) < 500


@pytest.mark.parametrize(("name", "unit"), [("a.html", b"<a>"), ("a.md", b"[")])
def test_reading_a_file_ends_with_its_request(serve: Serve, name: str, unit: bytes) -> None:
    client = serve(seconds=2)
    when_ready(client)
    late, seconds = took(
        lambda: client.post("/memories/files", files={"files": (name, unit * (20_000_000 // len(unit)))})
    )
    assert late.status_code == 504 and seconds < 5
    assert when_idle(client) < 3


def test_a_file_that_is_read_in_a_process_of_its_own_is_remembered(client: TestClient) -> None:
    files = {"files": ("a.html", b"<p>Ada wrote the first program.</p>" + b"<br>" * 50_000)}
    added = client.post("/memories/files", files=files)
    assert added.json()["results"][0]["memory"] == "Ada wrote the first program."
    damaged = client.post("/memories/files", files={"files": ("a.pdf", b"%PDF-" + b"x" * 200_000)})
    assert damaged.status_code == 400 and "a.pdf cannot be read" in detail(damaged)


def test_a_form_of_many_parts_is_refused(client: TestClient) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\na\r\n'
    many = part * 20_000 + b"--b--\r\n"
    answer, seconds = took(
        lambda: client.post(
            "/memories/files", content=many, headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
    )
    assert answer.status_code == 400 and seconds < 5


# Nobody holds a place for nothing


def test_an_answer_that_is_not_read_is_given_up(
    memory: ParametricMemory, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_UNREAD_SECONDS", 0.5)
    monkeypatch.setattr(listener, "_SLOWEST", 100_000_000)
    served = build(memory, ServerSettings(), keys)
    with listening(served) as url:

        @served.get("/large")
        async def large() -> dict[str, str]:
            return {"text": "x" * 20_000_000}

        with connected(url) as lazy:
            lazy.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(2)
            lazy.settimeout(10)
            read = 0
            with suppress(ConnectionError):
                while part := lazy.recv(1_000_000):
                    read += len(part)
            assert read < 20_000_000
        assert len(httpx.get(f"{url}/large", timeout=30).content) > 20_000_000


def test_connections_beyond_the_limit_are_closed_and_later_ones_are_served(
    memory: ParametricMemory, keys: Keys
) -> None:
    with listening(build(memory, ServerSettings(), keys), max_connections=20) as url:
        held = [connected(url) for _ in range(40)]
        time.sleep(0.5)
        closed = [each for each in held if _is_closed(each)]
        assert len(closed) == 20
        for each in held:
            each.close()
        time.sleep(0.5)
        assert httpx.get(f"{url}/healthz").status_code == 200


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_nobody_keeps_a_stream_of_tools_open(client: TestClient) -> None:
    answer, seconds = took(lambda: client.get("/mcp", headers={"Accept": "text/event-stream"}))
    assert answer.status_code == 405 and seconds < 2


@contextmanager
def process(
    memory: ParametricMemory, hypernetwork: Path, home: Path, *options: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The command that serves a memory, in a process of its own, and its address."""
    command = [
        sys.executable,
        "-m",
        "tests.server.attacked",
        str(memory.storage.location.folder),
        str(hypernetwork),
        *options,
    ]
    env, log = {**os.environ, "PARAMETRIC_MEMORY_HOME": str(home)}, home / "log"
    with log.open("w") as told:
        served = subprocess.Popen(command, env=env, stderr=told, cwd=Path(__file__).parents[2])
    try:
        while not (address := re.search(r"Serving .* at (http:\S+)/", log.read_text())):
            assert served.poll() is None, log.read_text()
            time.sleep(0.1)
        yield served, address[1]
    finally:
        served.kill()
        served.wait()
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.mark.slow
def test_a_server_that_is_attacked_answers_and_ends(
    memory: ParametricMemory, hypernetwork_folder: Path, tmp_path: Path
) -> None:
    memory.close()
    with (
        process(memory, hypernetwork_folder, tmp_path) as (served, url),
        ThreadPoolExecutor(8) as threads,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        when_ready(client)  # type: ignore[arg-type]

        def ask(body: dict[str, Any]) -> int:
            with suppress(httpx.HTTPError):
                return httpx.post(url + CHAT, json=body, timeout=30).status_code
            return 0

        unread = [connected(url) for _ in range(40)]
        for connection in unread:
            connection.sendall(b"GET /memories HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        time.sleep(2)
        for connection in unread:  # in the middle of their answers; whatever is logged of that fails this test
            connection.close()

        half = [connected(url) for _ in range(25)]
        for connection in half:
            connection.sendall(HALF_BODY)
        asking = [threads.submit(ask, body) for body in [LONG_STOP] * 4 + [{**LONG, "max_tokens": 100_000}] * 2]
        time.sleep(1)
        times = sorted(took(lambda: client.get("/healthz"))[1] for _ in range(200))
        assert times[197] < 0.5  # on a machine of its own a tenth of that
        served.send_signal(signal.SIGTERM)
        code, seconds = took(lambda: served.wait(timeout=60))
        assert code == 0 and seconds < 8  # so, too: half of that
        assert [one.result() for one in asking[:4]] == [413] * 4
        for connection in half:
            connection.close()
        print(f"healthz {times[100]:.3f} {times[197]:.3f} s, end {seconds:.2f} s")


# Whatever a client sends, it makes no error of the server


USER = {"role": "user", "content": "a"}
CALL = {"function": {"name": "a", "arguments": json.dumps({"a": LONE})}}
LONE_HALVES: list[tuple[str, dict[str, Any]]] = [
    ("/memories", {"text": "a", "title": LONE}),
    ("/memories", {"text": "a", "source": LONE}),
    ("/memories", {"text": "a", "id": LONE}),
    ("/memories", {"text": "a", "user_id": LONE}),
    ("/memories", {"text": "a", "metadata": {LONE: LONE}}),
    ("/memories", {"messages": [{"role": LONE, "content": "a"}]}),
    ("/search", {"query": LONE}),
    ("/search", {"query": "a", "filters": {"a": LONE}}),
    ("/ask", {"question": LONE}),
    (CHAT, {"messages": [{**USER, "content": LONE}]}),
    (CHAT, {"messages": [{**USER, "role": LONE}]}),
    (CHAT, {"messages": [{"role": "system", "content": LONE}, USER]}),
    (CHAT, {"messages": [USER], "model": LONE}),
    (CHAT, {"messages": [USER], "stop": LONE}),
    (CHAT, {"messages": [USER], "tools": [{"function": {"name": LONE}}]}),
    (CHAT, {"messages": [{"role": "assistant", "tool_calls": [CALL]}]}),
    (CHAT, {"messages": [USER], **fitting({"enum": [LONE]})}),
    ("/v1/embeddings", {"input": LONE}),
    ("/v1/embeddings", {"input": "a", "model": LONE}),
]


def test_halves_of_characters_are_refused(client: TestClient) -> None:
    for path, body in LONE_HALVES:
        answer = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (body, answer.text)
        assert "Unicode" in detail(answer)


def test_a_page_past_all_pages_is_no_error_of_the_server(client: TestClient) -> None:
    assert client.get("/memories", params={"page": 9223372036854775807}).status_code == 400


def test_after_an_unexpected_error_the_connection_goes_on(
    memory: ParametricMemory, keys: Keys, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(memory, "list", broken)
    with listening(build(memory, ServerSettings(), keys)) as url, connected(url) as connection:
        for path, status in (("/memories", b"500"), ("/healthz", b"200")):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(0.5)
            assert connection.recv(10_000).startswith(b"HTTP/1.1 " + status)
    assert sum("broken" in record.getMessage() or bool(record.exc_info) for record in caplog.records) == 1


# Everybody sees what is theirs, and has a place


def test_keys_of_two_namespaces_use_the_same_id_and_learn_nothing_of_each_other(
    serve: Serve, keys: Keys, memory: ParametricMemory
) -> None:
    client = serve()
    ana, ben = ({"Authorization": f"Bearer {keys.add(name, [name])}"} for name in ("ana", "ben"))
    unknown = client.get("/memories/note-1", headers=ben)
    for text in ("Ana keeps bees.", "Ana keeps bees and goats."):
        [added] = client.post("/memories", json={"text": text, "id": "note-1"}, headers=ana).json()["results"]
    assert (added["event"], added["version"], added["namespace"]) == ("UPDATE", 2, "ana")
    for method, path in (("GET", ""), ("GET", "/history"), ("GET", "/words"), ("PUT", ""), ("DELETE", "")):
        body = {"json": {"title": "Mine"}} if method == "PUT" else {}
        refused = client.request(method, f"/memories/note-1{path}", headers=ben, **body)
        assert refused.status_code == 404 and ("ana" not in refused.text)
        assert path or method != "GET" or refused.json() == unknown.json()
        named = client.request(method, f"/memories/note-1{path}", headers=ben, params={"user_id": "ana"}, **body)
        assert named.status_code == 403
    [added] = client.post("/memories", json={"text": "Ben rows.", "id": "note-1"}, headers=ben).json()["results"]
    assert (added["event"], added["version"], added["namespace"]) == ("ADD", 1, "ben")
    assert client.put("/memories/note-1", json={"title": "Rowing"}, headers=ben).json()["memory"] == "Ben rows."
    assert len(client.get("/memories/note-1/history", headers=ben).json()) == 1
    assert client.post("/search", json={"query": "Ben"}, headers=ben).json()["results"][0]["memory"] == "Ben rows."
    assert client.delete("/memories/note-1", headers=ben).status_code == 200
    assert client.get("/memories/note-1", headers=ana).json()["memory"] == "Ana keeps bees and goats."
    every = {"Authorization": f"Bearer {keys.add('all', [])}"}
    assert client.get("/memories/note-1", params={"user_id": "ana"}, headers=every).json()["namespace"] == "ana"
    # An id alone, as mem0's client names entries, is enough where one namespace of the key has it.
    assert client.get("/memories/note-1", headers=every).json()["namespace"] == "ana"
    client.post("/memories", json={"text": "Ben rows.", "id": "note-1"}, headers=ben)
    assert client.get("/memories/note-1", headers=every).status_code == 404
    assert client.delete("/memories/note-1", headers=every).status_code == 404


def test_counts_of_all_are_for_keys_of_all(serve: Serve, keys: Keys) -> None:
    client = serve()
    assert client.get("/metrics").status_code == 200
    for namespaces, status in ((["ana"], 403), ([], 200)):
        mine = {"Authorization": f"Bearer {keys.add(str(status), namespaces)}"}
        assert client.get("/metrics", headers=mine).status_code == status
    assert client.get("/readyz").json().keys() == {"status"}


def test_a_key_of_an_empty_namespace_is_not_made(keys: Keys) -> None:
    for namespaces in ([""], ["ana", " "]):
        with pytest.raises(SettingsError, match="namespace is empty"):
            keys.add("ana", namespaces)
    assert keys.all() == []


def test_the_host_of_tests_is_no_name_of_the_server(client: TestClient) -> None:
    assert client.get("/memories", headers={"Host": "testserver"}).status_code == 403


def test_a_memory_is_read_by_its_owner_alone(memory: ParametricMemory, open_memory: Any, tmp_path: Path) -> None:
    assert memory.storage.location.folder is not None
    database = memory.storage.location.file
    assert memory.storage.location.folder.stat().st_mode & 0o777 == 0o700 and database.stat().st_mode & 0o777 == 0o600
    (tmp_path / "shared").mkdir(0o750)
    shared = open_memory(tmp_path / "shared")
    shared.add(SENTENCES[0])
    assert shared.storage.location.folder.stat().st_mode & 0o777 == 0o750


async def test_one_client_leaves_room_for_another() -> None:
    desk = Desk(8, 10.0, Metrics())

    def taken(client: str) -> list[Place]:
        current_client.set(client)
        places = []
        with suppress(Problem):
            while True:
                places.append(desk.take())
        return places

    first, second, third = taken("ana"), taken("bo"), taken("cy")
    assert [len(first), len(second), len(third)] == [4, 2, 2]
    for place in first:
        place.leave()
    fourth = taken("di")
    assert len(fourth) == 2
    with pytest.raises(Problem, match=r"of this key are in work already") as refused:
        desk.take()
    assert refused.value.status == 429 and int(refused.value.headers["Retry-After"]) >= 1
