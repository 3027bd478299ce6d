from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from parametric_memory import ParametricMemory
from parametric_memory.errors import EntryNotFound, MemoryLocked
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from tests.server.conftest import SENTENCES


def test_what_is_added_is_listed_got_changed_and_forgotten(client: TestClient) -> None:
    added = client.post("/memories", json={"text": "Ada keeps bees.", "user_id": "ada", "metadata": {"year": 2020}})
    assert added.status_code == 200, added.text
    [memory] = added.json()["results"]
    assert memory["event"] == "ADD" and memory["memory"] == "Ada keeps bees." and memory["user_id"] == "ada"

    again = client.post("/memories", json={"text": "Ada keeps bees.", "user_id": "ada"}).json()["results"][0]
    assert again["event"] == "NONE" and again["id"] == memory["id"]

    listed = client.get("/memories", params={"user_id": "ada"}).json()
    assert [m["id"] for m in listed["results"]] == [memory["id"]] and listed["total"] == 1
    assert client.get(f"/memories/{memory['id']}").json()["metadata"] == {"year": 2020}

    changed = client.put(f"/memories/{memory['id']}", json={"text": "Ada keeps goats."})
    assert changed.json()["memory"] == "Ada keeps goats." and changed.json()["version"] == 2
    events = [event["event"] for event in client.get(f"/memories/{memory['id']}/history").json()]
    assert events == ["ADD", "UPDATE"]

    assert client.delete(f"/memories/{memory['id']}").json() == {"message": "Memory deleted successfully!"}
    assert client.get(f"/memories/{memory['id']}").status_code == 404


def test_what_an_entry_said_is_told_as_far_as_it_is_kept(
    open_memory: Callable[..., ParametricMemory], keys: Keys
) -> None:
    with TestClient(build(open_memory(versions=2), keys=keys), base_url="http://localhost") as client:
        [memory] = client.post("/memories", json={"text": "Ada keeps bees."}).json()["results"]
        address = f"/memories/{memory['id']}"

        def told() -> list[tuple[str, int, str | None, str | None]]:
            events = client.get(f"{address}/history").json()
            return [(e["event"], e["version"], e["old_memory"], e["new_memory"]) for e in events]

        assert told() == [("ADD", 1, None, "Ada keeps bees.")]
        for text in ("Ada keeps goats.", "Ada keeps swans."):
            client.put(address, json={"text": text})
        whole = told()
        assert whole == [
            ("ADD", 1, None, "Ada keeps bees."),
            ("UPDATE", 2, "Ada keeps bees.", "Ada keeps goats."),
            ("UPDATE", 3, "Ada keeps goats.", "Ada keeps swans."),
        ]
        client.put(address, json={"text": "Ada keeps hens."})
        assert told() == [("ADD", 1, None, None), ("UPDATE", 2, None, "Ada keeps goats."), *whole[2:], (
            "UPDATE", 4, "Ada keeps swans.", "Ada keeps hens."
        )]  # fmt: skip


def test_pages_hold_the_newest_first(client: TestClient) -> None:
    first = client.get("/memories", params={"page_size": 2}).json()
    second = client.get("/memories", params={"page_size": 2, "page": 2}).json()
    assert [m["id"] for m in [*first["results"], *second["results"]]] == ["entry2", "entry1", "entry0"]
    assert first["total"] == 3


def test_a_conversation_is_added_as_mem0_takes_it(client: TestClient) -> None:
    messages = [{"role": "user", "content": "I am allergic to nuts."}, {"role": "assistant", "content": "Noted."}]
    [memory] = client.post("/memories", json={"messages": messages, "user_id": "ana"}).json()["results"]
    assert "allergic to nuts" in memory["memory"]
    found = client.post("/search", json={"query": "allergic nuts", "user_id": "ana"}).json()["results"]
    assert [m["id"] for m in found] == [memory["id"]] and found[0]["score"] > 0.2


def test_agents_and_runs_are_metadata_that_finds(client: TestClient) -> None:
    for run in ("a", "b"):
        client.post("/memories", json={"text": f"Run {run} went well.", "user_id": "u", "run_id": run})
    listed = client.get("/memories", params={"user_id": "u", "run_id": "b"}).json()["results"]
    assert [m["run_id"] for m in listed] == ["b"]
    found = client.post("/search", json={"query": "Run went well", "user_id": "u", "run_id": "a"}).json()["results"]
    assert [m["run_id"] for m in found] == ["a"]
    assert client.delete("/memories", params={"user_id": "u", "run_id": "a"}).json()["deleted"] == 1
    assert client.delete("/memories").status_code == 400
    [left] = client.get("/memories", params={"user_id": "u"}).json()["results"]
    address = f"/memories/{left['id']}?user_id=u"
    assert client.put(address, json={"metadata": {"year": 2024}}).json()["run_id"] == "b"
    taken = client.put(address, json={"metadata": {"run_id": "c", "agent_id": "d", "year": 2025}})
    assert taken.json()["metadata"] == {"run_id": "b", "year": 2025}
    both = client.get("/memories", params={"user_id": "u", "namespace": "v"})
    assert both.status_code == 400 and "A user is a namespace" in both.json()["detail"]
    assert client.delete("/memories", params={"user_id": "u", "run_id": ""}).status_code == 400
    assert client.get("/memories", params={"user_id": "u"}).json()["total"] == 1


def test_a_users_message_is_said_by_the_user(client: TestClient) -> None:
    said = [{"role": "user", "content": "I moved to Bergen."}]
    for user, speaker in (("ana", "Ana"), ("u-1", "The user")):
        [added] = client.post("/memories", json={"messages": said, "user_id": user}).json()["results"]
        assert f"{speaker}: I moved to Bergen." in added["memory"]
    chat = json.dumps({"messages": said}).encode()
    files = [("files", ("a.json", chat))]
    [read] = client.post("/memories/files", files=files, data={"user_id": "bo"}).json()["results"]
    assert "Bo: I moved to Bergen." in read["memory"]


def test_what_held_at_a_moment_is_found_for_it(client: TestClient) -> None:
    told = {"text": "Ada led the bee club.", "user_id": "club", "valid_until": "2021-12-31", "agent_id": "clerk"}
    [memory] = client.post("/memories", json=told).json()["results"]
    assert (memory["valid_from"], memory["valid_until"]) == (None, "2022-01-01T00:00:00+00:00")
    wanted = {"query": "bee club", "user_id": "club"}
    assert client.post("/search", json=wanted).json()["results"] == []
    [found] = client.post("/search", json={**wanted, "at": "2021-12-31"}).json()["results"]
    assert found["id"] == memory["id"]
    question = {"question": "Who led the bee club?", "user_id": "club", "agent_id": "clerk", "max_tokens": 2}
    assert client.post("/ask", json={**question, "at": "2020-01-01"}).json()["remembered"]
    assert not client.post("/ask", json=question).json()["remembered"]
    assert client.post("/search", json={**wanted, "at": "soon"}).status_code == 400
    client.put(f"/memories/{memory['id']}?user_id=club", json={"valid_until": ""})
    assert client.post("/ask", json=question).json()["remembered"]


def test_files_are_read_and_their_folders_are_nothing_to_the_server(client: TestClient) -> None:
    files = [
        ("files", ("../../etc/bees.md", b"# Bees\n\nBees live in the garden of Ada.", "text/markdown")),
        ("files", ("goats.txt", b"Goats eat the roses.", "text/plain")),
    ]
    results = client.post("/memories/files", files=files, data={"namespace": "farm"}).json()["results"]
    assert [(m["source"], m["namespace"]) for m in results] == [("bees.md", "farm"), ("goats.txt", "farm")]


def test_a_file_that_cannot_be_read_leaves_the_memory_as_it_was(client: TestClient) -> None:
    files = [("files", ("a.txt", b"Fine.", "text/plain")), ("files", ("b.txt", b"\x00\x01", "text/plain"))]
    answer = client.post("/memories/files", files=files)
    assert answer.status_code == 400 and "b.txt" in answer.json()["detail"]
    assert client.get("/memories").json()["total"] == 3


def test_files_take_what_is_said_of_all_of_them(client: TestClient, memory: ParametricMemory) -> None:
    chat = json.dumps({"messages": [{"role": "user", "content": "I keep bees in Bergen."}]}).encode()
    said = {
        "user_id": "ada",
        "run_id": "r1",
        "metadata": '{"year": 2020, "team": "bees"}',
        "speakers": '{"user": "Ada"}',
        "when": "2024-05-07",
        "ttl_seconds": "3600",
        "valid_until": "2999-12-31",
    }
    files = [("files", ("chat.json", chat, "application/json"))]
    [told] = client.post("/memories/files", files=files, data=said).json()["results"]
    assert told["metadata"] == {"year": 2020, "team": "bees", "run_id": "r1"} and "Ada: I keep bees" in told["memory"]
    entry = memory.get(told["id"])
    assert entry.said_at == datetime(2024, 5, 7, tzinfo=UTC)
    assert entry.expires_at is not None and 3500 < (entry.expires_at - entry.created_at).total_seconds() <= 3600
    assert (entry.namespace, told["valid_until"]) == ("ada", "3000-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        ("metadata", "year=2020", "metadata: invalid JSON"),
        ("metadata", "[1]", "metadata: input should be"),
        ("metadata", '{"a": [1]}', "Metadata must be flat"),
        ("speakers", '{"user": 1}', "speakers.user: input should be a valid string"),
        ("ttl_seconds", "soon", "ttl_seconds: input should be a valid number"),
        ("ttl_seconds", "0", "ttl_seconds: input should be greater than 0"),
        ("ttl_seconds", "1e15", "ttl_seconds reaches past the year 9999"),
        ("valid_from", "soon", "'soon'"),
    ],
)
def test_a_form_that_says_what_cannot_be_leaves_the_memory_as_it_was(
    client: TestClient, field: str, written: str, told: str
) -> None:
    files = [("files", ("goats.txt", b"Goats eat the roses.", "text/plain"))]
    answer = client.post("/memories/files", files=files, data={field: written})
    detail = answer.json()["detail"]
    assert answer.status_code == 400 and told in detail and "\n" not in detail
    assert client.get("/memories").json()["total"] == 3


def test_speakers_are_named_as_the_request_names_them(client: TestClient) -> None:
    messages = [{"role": "user", "content": "I am allergic to nuts."}]
    body = {"messages": messages, "speakers": {"user": "Ana"}}
    [memory] = client.post("/memories", json=body).json()["results"]
    assert "Ana" in memory["memory"]


def test_a_text_in_the_first_person_names_who_says_it(client: TestClient, memory: ParametricMemory) -> None:
    [told] = client.post("/memories", json={"text": "I keep bees in Bergen.", "speaker": "Ana"}).json()["results"]
    files = [("files", ("goats.txt", b"I keep goats in Oslo.", "text/plain"))]
    [of_file] = client.post("/memories/files", files=files, data={"speaker": "Bo"}).json()["results"]
    for memory_of, speaker in ((told, "Ana"), (of_file, "Bo")):
        recall = next(r for r in memory.recall(memory_of["memory"]) if r.entry_id == memory_of["id"])
        assert recall.passages[0].said.speaker == speaker and memory_of["memory"].startswith("I keep")


def test_an_id_may_hold_slashes(client: TestClient, memory: ParametricMemory) -> None:
    for id in ("app/ana/session-1", "/a//b", "a?b/c d", "line\nbreak/?"):
        memory.add(f"Ada wrote {id!r}.", id=id)
        address = f"/memories/{quote(id, safe='')}"
        assert client.get(address).json()["id"] == id
        assert client.put(address, json={"text": f"Ada changed {id!r}."}).json()["version"] == 2
        assert [event["memory_id"] for event in client.get(f"{address}/history").json()] == [id, id]
        assert client.get(f"{address}/words").json()["results"]
        assert client.delete(address).status_code == 200
        assert client.get(address).status_code == 404
    assert client.get("/memories/app/ana/session-1").status_code == 404
    assert client.get("/memories/entry0/").json()["id"] == "entry0"
    assert client.get("/memories/entry0/history/").json()[0]["memory_id"] == "entry0"
    assert client.get("/memories/").json()["total"] == 3


def test_an_id_that_ends_as_an_address_does_is_reached_but_by_get(client: TestClient, memory: ParametricMemory) -> None:
    memory.add("Ada keeps bees.", id="ada")
    memory.add("Ada keeps goats.", id="ada/history")
    assert [event["memory_id"] for event in client.get("/memories/ada/history").json()] == ["ada"]
    assert [event["memory_id"] for event in client.get("/memories/ada/history/history").json()] == ["ada/history"]
    assert client.put("/memories/ada%2Fhistory", json={"title": "Goats"}).json()["id"] == "ada/history"
    assert client.delete("/memories/ada/history").status_code == 200
    assert memory.get("ada").version == 1 and client.get("/memories").json()["total"] == 4


def test_filters_name_whose_memories_are_meant_as_those_of_mem0(client: TestClient) -> None:
    for agent, user in (("clerk", "ana"), ("guide", "ana"), ("clerk", "ben")):
        text = f"The {agent} of {user} likes tea."
        client.post("/memories", json={"text": text, "user_id": user, "agent_id": agent, "run_id": "r"})

    def found(**body: Any) -> set[tuple[str, str]]:
        answer = client.post("/search", json={"query": "Who likes tea?", **body})
        assert answer.status_code == 200, answer.text
        return {(m["user_id"], m["agent_id"]) for m in answer.json()["results"]}

    of_ana = {("ana", "clerk"), ("ana", "guide")}
    assert found(filters={"user_id": "ana"}) == found(filters={"user_id": "ana", "run_id": "r"}) == of_ana
    assert found(filters={"user_id": "ana"}, user_id="ana") == found(filters={"run_id": "r"}, user_id="ana") == of_ana
    assert found(filters={"AND": [{"user_id": "ana"}, {"agent_id": "guide"}]}) == {("ana", "guide")}
    assert found(filters={"user_id": "ana", "or": [{"agent_id": "clerk"}, {"agent_id": "guide"}]}) == of_ana
    assert found(filters={"user_id": "ana", "run_id": "s"}) == set()

    asked = {"question": "Who likes tea?", "max_tokens": 2, "filters": {"AND": [{"user_id": "ben"}]}}
    assert [r["metadata"]["agent_id"] for r in client.post("/ask", json=asked).json()["recalls"]] == ["clerk"]
    for filters in ({"OR": [{"user_id": "ana"}, {"user_id": "ben"}]}, {"user_id": "ben"}):
        for path, body in (("/search", {"query": "tea"}), ("/ask", asked)):
            refused = client.post(path, json={**body, "user_id": "ana", "filters": filters})
            assert refused.status_code == 400 and "user" in refused.json()["detail"]


def test_search_tells_what_an_answer_would_attach(client: TestClient) -> None:
    results = client.post("/search", json={"query": "Where did Lina Okafor move to?", "limit": 2}).json()["results"]
    assert results[0]["id"] == "entry0" and results[0]["attached"] and len(results) == 2


def test_an_answer_is_that_of_the_library_and_tells_what_it_is_from(
    client: TestClient, memory: ParametricMemory
) -> None:
    question = "Where did Lina Okafor move to?"
    told, expected = client.post("/ask", json={"question": question}).json(), memory.ask(question)
    assert (told["text"], told["remembered"]) == (expected.text, True)
    assert told["prompt_tokens"] == expected.prompt_tokens
    assert told["recalls"][0]["entry_id"] == "entry0" and told["recalls"][0]["text"] == SENTENCES[0]
    alone = client.post("/ask", json={"question": question, "from_memory": False}).json()
    assert not alone["remembered"] and alone["recalls"] == []


def test_of_a_question_that_nothing_answers_it_is_said_so_unless_the_model_is_to_answer(client: TestClient) -> None:
    asked = {"question": "Quantum chromodynamics?", "max_tokens": 4}
    told = client.post("/ask", json=asked).json()
    assert told["text"] == "The memory does not hold this." and told["completion_tokens"] == 0
    alone = client.post("/ask", json={**asked, "abstain": False}).json()
    assert alone["text"] == client.post("/ask", json={**asked, "from_memory": False}).json()["text"] != told["text"]
    assert not told["remembered"] and not alone["remembered"]


def test_an_answer_is_told_as_it_comes(client: TestClient, memory: ParametricMemory) -> None:
    question = "Where did Lina Okafor move to?"
    with client.stream("POST", "/ask", json={"question": question, "stream": True, "max_tokens": 12}) as response:
        events = [event.split("\n") for event in "".join(response.iter_text()).split("\n\n") if event]
    names = [name.removeprefix("event: ") for name, _ in events]
    told = [json.loads(data.removeprefix("data: ")) for _, data in events]
    assert names[0] == "recalls" and names[-1] == "done" and set(names[1:-1]) == {"token"} and len(names) > 4
    assert "".join(t["text"] for t in told[1:-1]).strip() == told[-1]["text"]
    assert told[0]["recalls"][0]["entry_id"] == "entry0"


def test_the_words_whose_rows_an_entry_has_are_told(client: TestClient) -> None:
    words = client.get("/memories/entry0/words").json()["results"]
    assert words and {"position", "word", "strength", "modules"} == set(words[0])
    assert [w["position"] for w in words] == sorted(w["position"] for w in words)


def test_namespaces_are_counted(client: TestClient) -> None:
    client.post("/memories", json={"text": "Ada keeps bees.", "user_id": "ada"})
    found = client.get("/namespaces").json()
    assert {n["namespace"]: n["entries"] for n in found["results"]} == {"default": 3, "ada": 1}


def test_what_is_forgotten_meanwhile_is_passed_over(
    client: TestClient, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method, request in (
        ("list", lambda: client.get("/memories")),
        ("recall", lambda: client.post("/search", json={"query": "Lina Okafor Tomas Reyes", "limit": 10})),
    ):
        looked, gone = getattr(memory, method), memory.add(f"Lina Okafor and Tomas Reyes like the {method}.").id

        def then_forgotten(*args: Any, looked: Any = looked, gone: str = gone, **options: Any) -> Any:
            found = looked(*args, **options)
            with suppress(EntryNotFound):  # the server has a look of its own while it loads
                memory.delete(gone)
            return found

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(memory, method, then_forgotten)
            answer = request()
        assert answer.status_code == 200, answer.text
        left = [result["id"] for result in answer.json()["results"]]
        assert {"entry0", "entry1"} <= {*left} and gone not in left


def test_what_is_to_be_erased_goes_off_the_disk_however_large_the_memory(
    client: TestClient, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.storage.following.SMALL", -1)  # as where there is much to make anew
    erased, erase = [], memory.storage.erase
    monkeypatch.setattr(memory.storage, "erase", lambda: erased.append(True) or erase())
    ids = [memory.add(f"Ada keeps {number} bees.", namespace="ada").id for number in range(3)]
    assert client.delete(f"/memories/{ids[0]}").status_code == 200 and not erased and memory.storage.leaves_traces
    assert client.delete(f"/memories/{ids[1]}", params={"erase": "true"}).json()["erased"] and erased == [True]
    assert not memory.storage.leaves_traces
    told = client.delete("/memories", params={"user_id": "ada", "erase": "true"}).json()
    assert (told["deleted"], told["erased"], erased) == (1, True, [True, True])


def test_what_could_not_be_erased_is_forgotten_and_told(
    client: TestClient, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> None:
        raise MemoryLocked("A reindex is running.")

    monkeypatch.setattr("parametric_memory.storage.following.SMALL", -1)
    monkeypatch.setattr(memory.storage, "erase", locked)
    told = client.delete("/memories/entry0", params={"erase": "true"})
    assert told.status_code == 200 and told.json()["erased"] is False
    assert client.delete("/memories/entry0", params={"erase": "true"}).status_code == 404
    assert "erased" not in client.delete("/memories/entry1").json()


def test_a_key_of_a_namespace_does_not_erase(client: TestClient, keys: Keys, memory: ParametricMemory) -> None:
    mine = {"Authorization": f"Bearer {keys.add('ana', ['ana'])}"}
    memory.add("Ana keeps bees.", id="bees", namespace="ana")
    for address in ("/memories/bees?erase=true", "/memories?user_id=ana&erase=true"):
        refused = client.delete(address, headers=mine)
        assert refused.status_code == 403 and "the whole index" in refused.json()["detail"]
    assert client.delete("/memories/bees", headers=mine).status_code == 200
