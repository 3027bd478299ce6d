from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from transformers.utils import logging

from parametric_memory.errors import ModelUnavailable
from parametric_memory.fetching import hub
from parametric_memory.fetching.hub import hub_reachable, quiet_transformers
from parametric_memory.language_model.base_model import BaseModel


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    hub._connect.cache_clear()
    yield
    hub._connect.cache_clear()


def hub_at(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{port}")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_a_hub_that_takes_connections_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        hub_at(monkeypatch, server.getsockname()[1])
        assert hub_reachable()


def test_a_hub_that_takes_none_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    hub_at(monkeypatch, free_port())
    assert not hub_reachable()


def test_a_hub_that_comes_up_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    hub_at(monkeypatch, port)
    assert not hub_reachable()
    with socket.create_server(("127.0.0.1", port)):
        assert hub_reachable()


def test_behind_a_proxy_the_client_finds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hub_at(monkeypatch, free_port())
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert hub_reachable()


def test_offline_is_not_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        hub_at(monkeypatch, server.getsockname()[1])
        assert not hub_reachable()


@pytest.mark.parametrize("name", ["nobody/no-such-model", "./no-such-folder", "no such/name at all"])
def test_a_model_that_is_nowhere_is_refused_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub_at(monkeypatch, free_port())
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="no such folder, and the hub cannot be reached") as refused:
        BaseModel.load(name)
    assert time.monotonic() - started < 10
    assert name in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("shown", [True, False])
def test_bars_are_hidden_inside_and_afterwards_as_they_were(shown: bool) -> None:
    before = logging.is_progress_bar_enabled()
    try:
        logging.enable_progress_bar() if shown else logging.disable_progress_bar()
        with quiet_transformers():
            assert not logging.is_progress_bar_enabled()
        assert logging.is_progress_bar_enabled() == shown
    finally:
        logging.enable_progress_bar() if before else logging.disable_progress_bar()
