from __future__ import annotations

import json
from functools import partial
from typing import Any

import httpx
import pytest

from parametric_memory.errors import ModelUnavailable
from parametric_memory.training.make import ServerWriter

LONG = "x " * 500
TOO_LONG = {"message": "This model's maximum context length is 512 tokens."}


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> ServerWriter:
    """A server that writes what it was told last, and takes neither long texts nor what begins with "bad"."""

    def answer(request: httpx.Request) -> httpx.Response:
        said: str = json.loads(request.content)["messages"][-1]["content"]
        if said == LONG:
            return httpx.Response(400, json=TOO_LONG)
        if said.startswith("bad"):
            return httpx.Response(400, json={"message": "max_tokens is not known"})
        if said == "gone":
            return httpx.Response(404, json={"message": "no such model"})
        return httpx.Response(200, json={"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})

    monkeypatch.setattr("httpx.Client", partial(httpx.Client, transport=httpx.MockTransport(answer)))
    return ServerWriter("http://writer/v1", "writer")


def turns(*said: str) -> list[list[dict[str, Any]]]:
    return [[{"role": "user", "content": text}] for text in said]


def test_a_text_that_is_too_long_for_the_server_is_passed_over_alone(writer: ServerWriter) -> None:
    first, long, last = writer.write(turns("one", LONG, "two"), 8)
    assert (first.text, last.text) == ("one", "two") and first.finished and last.finished
    assert not long.finished and not long.text and "400" in long.refused and "maximum context length" in long.refused
    assert not first.refused
    assert all(written.refused for written in writer.write(turns(LONG, LONG), 8))
    assert [written.refused for written in writer.write(turns("bad", "one"), 8)][1] == ""


def test_a_server_that_refuses_to_write_is_told_in_its_words(writer: ServerWriter) -> None:
    with pytest.raises(ModelUnavailable, match=r"refuses to write \(404: .*no such model"):
        writer.write(turns("one", "gone"), 8)
    assert writer.write([], 8) == []
