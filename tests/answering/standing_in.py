"""What stands in for vLLM: its addresses for adapters and completions, over a tiny base model."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Request


class StandIn:
    """The app, and what it was told to load and unload."""

    def __init__(self, base: BaseModel, takes_adapters: bool = True) -> None:
        self.adapters: dict[str, Adapter] = {}
        self.log: list[tuple[str, str]] = []
        self.answers = 0
        self.breaks_off = False
        self.key: str | None = None
        self.max_model_len = 1 << 20
        self.app, self._base = FastAPI(), base
        self.app.middleware("http")(self.guarded)
        self.app.get("/v1/models")(self.models)
        self.app.post("/v1/completions", response_model=None)(self.completions)
        if takes_adapters:
            self.app.post("/v1/load_lora_adapter", response_model=None)(self.load)
            self.app.post("/v1/unload_lora_adapter", response_model=None)(self.unload)

    async def guarded(self, asked: HttpRequest, answer: Callable[[HttpRequest], Awaitable[Response]]) -> Response:
        if self.key is not None and asked.headers.get("Authorization") != f"Bearer {self.key}":
            return JSONResponse({"error": "Unauthorized"}, 401)
        return await answer(asked)

    def models(self) -> dict[str, Any]:
        loaded = [{"id": name, "parent": "served"} for name in self.adapters]
        return {"data": [{"id": "served", "parent": None}, *loaded]}

    def load(self, body: dict[str, str]) -> Response:
        if body["lora_name"] in self.adapters:
            told = f"The lora adapter '{body['lora_name']}' has already been loaded."
            return JSONResponse({"error": {"message": told}}, 400)
        adapter = load_peft(Path(body["lora_path"]))
        ranks = {factors.rank for factors in adapter.factors.values()}
        if len(ranks) > 1 or adapter.rank not in (8, 16, 32, 64):
            return JSONResponse({"error": {"message": f"LoRA rank {ranks} is not supported"}}, 400)
        self.adapters[body["lora_name"]] = adapter
        self.log.append(("load", body["lora_name"]))
        return PlainTextResponse("Success")

    def unload(self, body: dict[str, str]) -> Response:
        if body["lora_name"] not in self.adapters:
            return JSONResponse({"error": {"message": f"The lora adapter '{body['lora_name']}' cannot be found."}}, 404)
        del self.adapters[body["lora_name"]]
        self.log.append(("unload", body["lora_name"]))
        return PlainTextResponse("Success")

    def completions(self, body: dict[str, Any]) -> Response:
        if body["model"] != "served" and body["model"] not in self.adapters:
            return JSONResponse({"error": {"message": f"The model {body['model']} does not exist."}}, 404)
        tokens = len(body["prompt"]) + body["max_tokens"]
        if tokens > self.max_model_len:
            told = (
                f"This model's maximum context length is {self.max_model_len} tokens.\nYou asked for {tokens} tokens."
            )
            return JSONResponse({"error": {"message": told, "type": "BadRequestError", "code": 400}}, 400)
        self.answers += 1
        adapter = self.adapters.get(body["model"])
        asked = Request(body["prompt"], adapter, body["max_tokens"], tuple(body["stop"]))
        [answer] = self._base.generate([asked])
        pieces = [answer.text[i : i + 3] for i in range(0, len(answer.text), 3)]

        def events() -> Iterator[str]:
            for i, text in enumerate(pieces):
                ids = answer.token_ids if i == len(pieces) - 1 else []
                choice = {"text": text, "token_ids": ids, "logprobs": {"token_logprobs": [-0.5]}}
                yield f"data: {json.dumps({'choices': [choice]})}\n\n"
                if self.breaks_off:
                    yield f"data: {json.dumps({'error': {'message': 'EngineCore died.', 'code': 500}})}\n\n"
                    break
            yield "data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")
