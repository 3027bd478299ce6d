"""Decoding with vLLM: loads adapters into a running server, named by digests, and unloads the least recently used.

Knows nothing about memories.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.merging import fitted
from parametric_memory.adapters.packing import adapter_digest
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.errors import AdapterError, DocumentError, ModelUnavailable
from parametric_memory.files import storage_errors
from parametric_memory.internalize.selection import Models
from parametric_memory.language_model.requests import Completion, Request, cut_at_stop
from parametric_memory.settings import home

KEY_VARIABLE = "VLLM_API_KEY"
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # values of vLLM's --max-lora-rank
_DIGITS = 32  # of an adapter's digest, in its name
_OF_PROCESS = re.compile(r"([0-9]{1,9})-")  # what the name of a process's folder begins with: its id
_HOW_TO_START = "start it with --enable-lora --max-lora-rank N and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True"


@dataclass
class Loaded:
    """An adapter in vLLM."""

    name: str  # for a request's `model`
    folder: Path
    users: int = 0


class _NotThere(ModelUnavailable):
    """vLLM has no model of this name."""


class VllmEngine:
    """A vLLM server, asked with the base model's own tokens. Threads may share one.

    It decodes greedily, or by temperature and top_p; `Search` with its rules is not supported.
    """

    def __init__(
        self,
        url: str,
        models: Models,
        *,
        key: str | None = None,
        max_rank: int = 64,
        most: int = 8,
        folder: str | Path | None = None,
        timeout: float = 120.0,
    ):
        """
        Args:
            url: of its OpenAI API, as `http://localhost:8000/v1`.
            models: with the base model that it serves, for its tokenizer.
            key: its API key; that in the environment variable VLLM_API_KEY when not given.
            max_rank: its --max-lora-rank.
            most: most adapters that are loaded at the same time.
            folder: for adapters, in a folder of this process that is deleted at the end, or by the next process after a
                crash; `<home>/engine` when not given.
            timeout: seconds to wait for an answer.
        """
        self.url, self._models = url.rstrip("/"), models
        self._key = os.environ.get(KEY_VARIABLE, "").strip() if key is None else key
        self._ranks = [rank for rank in RANKS if rank <= max_rank] or [max_rank]
        self._most, self._timeout = most, timeout
        self._folder = Path(folder) if folder is not None else home() / "engine"
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._loading = threading.Lock()
        self.in_work = self.passes = self.tokens = 0

    @cached_property
    def _http(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return httpx.Client(timeout=self._timeout, headers=headers)

    @cached_property
    def base_name(self) -> str:
        """The server's name for the base model. Raises ModelUnavailable: it cannot be reached, or names none."""
        answer = self._send("GET", "/models")
        if answer.status_code >= 400:
            raise self._unavailable(answer)
        try:
            return str(next(model["id"] for model in answer.json()["data"] if not model.get("parent")))
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration) as error:  # of another server
            raise ModelUnavailable(f"{self.url}/models names no base model: name the address of a vLLM.") from error

    # Adapters

    @cached_property
    def _own_folder(self) -> Path:
        """The folder for this process's adapters. Removes those of dead processes."""
        own = self._folder / f"{os.getpid()}-{uuid4().hex[:8]}"
        with storage_errors(f"make a folder for the engine's adapters in {self._folder}"):
            own.mkdir(parents=True)
            for path in self._folder.iterdir():
                named = _OF_PROCESS.match(path.name)
                if named and not psutil.pid_exists(int(named[1])):
                    shutil.rmtree(path, ignore_errors=True)
        return own

    @contextmanager
    def attached(self, adapter: Adapter) -> Iterator[Loaded]:
        """A block in which an adapter is loaded.

        Raises ModelUnavailable if vLLM cannot be reached or loads no adapters, AdapterError if it refuses this one.
        """
        fitting = fitted(adapter, self._ranks)
        name = f"pm-{adapter_digest(fitting)[:_DIGITS]}"
        with self._loading:
            entry = self._loaded.get(name)
            if entry is None:
                idle = [name for name, entry in self._loaded.items() if not entry.users]  # least recently used first
                for unused in idle[: max(0, len(self._loaded) + 1 - self._most)]:
                    self._unload(unused)
                entry = self._loaded[name] = Loaded(name, self._own_folder / name)
                try:
                    self._load(name, fitting, entry.folder)
                except BaseException:
                    self._drop(entry)
                    raise
            self._loaded.move_to_end(name)
            entry.users += 1
        try:
            yield entry
        finally:
            with self._loading:
                entry.users -= 1

    def load(self, adapter: Adapter) -> str:
        """Load an adapter if it is not loaded. Returns its name for a request's `model`."""
        with self.attached(adapter) as entry:
            return entry.name

    def _load(self, name: str, adapter: Adapter, folder: Path) -> None:
        save_peft(adapter, folder, self.base_name)
        about = {"lora_name": name, "lora_path": str(folder.absolute())}
        answer = self._send("POST", "/load_lora_adapter", about)
        if answer.status_code >= 400 and "already" in answer.text:  # by a process that may be dead, with its folder
            self._send("POST", "/unload_lora_adapter", {"lora_name": name})
            answer = self._send("POST", "/load_lora_adapter", about)
        if answer.status_code == 404:
            raise ModelUnavailable(f"vLLM at {self.url} takes no adapters while it runs: {_HOW_TO_START}.")
        if answer.status_code >= 400 and "already" not in answer.text:  # another process may have loaded it again
            raise AdapterError(f"vLLM at {self.url} refuses an adapter of rank {adapter.rank}: {_told(answer)}")

    def _unload(self, name: str) -> None:
        try:
            self._send("POST", "/unload_lora_adapter", {"lora_name": name})
        finally:
            self._drop(self._loaded[name])

    def _drop(self, entry: Loaded) -> None:
        """Forget an adapter that vLLM has lost, unless it was loaded again since."""
        if self._loaded.get(entry.name) is entry:
            del self._loaded[entry.name]
            shutil.rmtree(entry.folder, ignore_errors=True)

    # Answers

    def pieces(self, request: Request, abandoned: threading.Event | None = None) -> Iterator[str | Completion]:
        """The answer piece by piece, then the whole. It ends as it is if another thread sets `abandoned`.

        Raises:
            DocumentError: vLLM refuses the request, such as one that is longer than its --max-model-len.
            ModelUnavailable: it cannot be reached, or does not answer.
        """
        if request.grammar is not None:  # decoded by the base model in this process
            [completion] = self._models.base.generate([request], abandoned=abandoned)
            yield completion.text
            yield completion
            return
        started, first = time.perf_counter(), 0.0
        text, ids, least = "", list[int](), 1.0
        self.in_work += 1
        try:
            with closing(self._choices(request)) as choices:
                for choice in choices:
                    if abandoned is not None and abandoned.is_set():
                        break
                    piece = choice.get("text") or ""
                    ids += choice.get("token_ids") or ()
                    logprobs = (choice.get("logprobs") or {}).get("token_logprobs") or ()
                    least = min([least, *(math.exp(each) for each in logprobs if each is not None)])
                    first = first or time.perf_counter() - started
                    text += piece
                    if piece:
                        yield piece
        finally:
            self.in_work -= 1
        base = self._models.base
        ids = ids[: base.length(ids)] or base.chat.encode(text)
        self.tokens += len(ids)
        confidence = least if request.temperature == 0 else None
        text = cut_at_stop(text, request.stop)
        yield Completion(text, ids, first, time.perf_counter() - started, confidence)

    def _choices(self, request: Request) -> Generator[Mapping[str, Any]]:
        """The choices of its answer. An adapter that a restarted server has lost is loaded once more."""
        if request.adapter is None:
            yield from self._written(self.base_name, request)
            return
        with self.attached(request.adapter) as entry:
            try:
                yield from self._written(entry.name, request)
                return
            except _NotThere:  # before a word was written
                with self._loading:
                    self._drop(entry)
        with self.attached(request.adapter) as entry:
            yield from self._written(entry.name, request)

    def _written(self, model: str, request: Request) -> Iterator[Mapping[str, Any]]:
        body = {
            "model": model,
            "prompt": list(request.prompt),
            "max_tokens": request.max_new_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "stop": list(request.stop),
            "stop_token_ids": self._models.base.stop_ids,
            "logprobs": 1,
            "return_token_ids": True,
            "stream": True,
        }
        try:
            with self._http.stream("POST", f"{self.url}/completions", json=body) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    if answer.status_code == 400:
                        raise DocumentError(f"vLLM at {self.url} refuses the request: {_told(answer)}")
                    raise self._unavailable(answer)
                for line in answer.iter_lines():
                    data = line.removeprefix("data:").strip()
                    if line.startswith("data:") and data != "[DONE]":
                        told = json.loads(data)
                        if told.get("error"):
                            raise ModelUnavailable(f"vLLM at {self.url} broke off its answer: {_reason(told)}")
                        yield from told.get("choices") or ()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def close(self) -> None:
        """Unload all adapters, if the server still runs."""
        with self._loading:
            for name in list(self._loaded):
                with suppress(ModelUnavailable):
                    self._unload(name)
            if own := vars(self).pop("_own_folder", None):
                shutil.rmtree(own, ignore_errors=True)
                with suppress(OSError):  # others use it
                    self._folder.rmdir()
        if http := vars(self).pop("_http", None):
            http.close()

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            return self._http.request(method, self.url + path, json=body)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _unavailable(self, answer: httpx.Response) -> ModelUnavailable:
        kind = _NotThere if answer.status_code == 404 else ModelUnavailable
        way_out = f": set {KEY_VARIABLE} to its key." if answer.status_code in (401, 403) else ""
        return kind(f"vLLM at {self.url} does not answer: {_told(answer)}{way_out}")

    def _unreachable(self, error: Exception) -> ModelUnavailable:
        if isinstance(error, httpx.ReadTimeout):
            told = f"vLLM at {self.url} has not answered for {self._timeout:g} seconds: give it more, as timeout."
            return ModelUnavailable(told)
        reason = str(error) or type(error).__name__
        return ModelUnavailable(f"vLLM at {self.url} cannot be reached ({reason}): {_HOW_TO_START}, or name another.")


def _told(answer: httpx.Response) -> str:
    """The error message of an answer, in a line."""
    try:
        told = _reason(answer.json())
    except (ValueError, AttributeError):
        told = answer.text
    return " ".join(f"{told} (status {answer.status_code})".split())[:300]


def _reason(body: Mapping[str, Any]) -> str:
    error = body.get("error", body)
    told = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(told).split())[:300]
