"""Answers that fit a grammar: JSON of a schema, or a call of a tool, by `llguidance`.

A grammar is a text in llguidance's variant of Lark. The model's scores decide among the tokens that it allows. Knows
nothing about prompts and memories.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.tool_calls import CLOSING, OPENING

if TYPE_CHECKING:
    from torch import Tensor

    from parametric_memory.language_model.base_model import BaseModel

Schema = Mapping[str, Any]

_STYLE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "coerce_one_of": True}
_MOST_BEYOND = 1024  # most tokens beyond the limit of an answer that a grammar may need
_MOST_DEMANDED = 1024  # largest minimum of items, properties or characters in a schema
_LEAST_KEYWORDS = ("minItems", "minLength", "minProperties")
_IGNORED_KEYWORDS = ("uniqueItems",)  # of a set's schema: duplicates do no harm there
_OF_VALUES = ("enum", "const", "default", "examples")  # keywords that hold values, not schemas
_ENDS = ('"', "]", "}", ",", "null", "false", "0")  # texts that bring a JSON value to its end
_COMBINED = ("allOf", "anyOf", "oneOf", "$ref", "patternProperties", "additionalProperties")


def grammar_of(schema: Schema | None, tools: Mapping[str, Schema] | None = None) -> str:
    """The grammar of JSON that fits a schema, if there is one, or of a call of one of some tools, whichever the model
    prefers. `tool_calls.split_calls` reads the call.

    tools: schemas of arguments, by the tools' names.

    Raises SettingsError: a schema demands too much.
    """
    rules = {} if schema is None else {"value": f"value: {_inline(schema)}"}
    for number, (name, schema) in enumerate((tools or {}).items()):
        begin = json.dumps(f'{OPENING}\n{{"name": {json.dumps(name, ensure_ascii=False)}, "arguments": ')
        end = json.dumps(f"}}\n{CLOSING}")
        arguments = _inline({"type": "object", **schema})
        rules[f"call{number}"] = f"call{number}: {begin} arguments{number} {end}\narguments{number}: {arguments}"
    return "\n".join([f"start: {' | '.join(rules)}", *rules.values()])


def _inline(schema: Schema) -> str:
    return f"%json {json.dumps({**_prepared(schema), 'x-guidance': _STYLE})}"


def _prepared(schema: Any) -> Any:
    """The schema with defaults: strings have at least one character, and objects no other properties.

    Raises SettingsError: it demands more than an answer can hold.
    """
    if isinstance(schema, list):
        return [_prepared(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    for keyword in _LEAST_KEYWORDS:
        least = schema.get(keyword)
        if isinstance(least, int | float) and least > _MOST_DEMANDED:
            raise SettingsError(f"The schema's {keyword} is {least}: it may be {_MOST_DEMANDED} at most.")
    kept = {key: value for key, value in schema.items() if key not in _IGNORED_KEYWORDS or isinstance(value, Mapping)}
    prepared = {key: value if key in _OF_VALUES else _prepared(value) for key, value in kept.items()}
    is_free = not prepared.keys() & {"minLength", "pattern", "format", "enum", "const"}
    if prepared.get("type") == "string" and is_free and prepared.get("maxLength") != 0:
        prepared["minLength"] = 1
    if isinstance(prepared.get("properties"), Mapping) and not prepared.keys() & set(_COMBINED):
        prepared["additionalProperties"] = False
    return prepared


class Constraint:
    """The state of one answer in a grammar."""

    def __init__(self, grammar: str, base: BaseModel, max_new_tokens: int):
        """Raises SettingsError: the grammar is too large, or llguidance does not support a part of it."""
        from llguidance import LLMatcher

        self._matcher = LLMatcher(base.grammar_tokens, grammar, log_level=0)
        self._base, self._most = base, max_new_tokens
        self._check()

    def _check(self) -> None:
        if self._matcher.is_error():
            reason = self._matcher.get_error().partition("\n")[0].rstrip(".")
            raise SettingsError(f"The schema cannot be followed: {reason:.200}.")

    @property
    def is_complete(self) -> bool:
        """Whether nothing can follow."""
        return bool(self._matcher.is_stopped())

    def masked(self, scores: Tensor, written: int, hurry: bool) -> Tensor:
        """Scores `[vocabulary]` of the tokens that the grammar allows; minus infinity for the others.

        Args:
            written: tokens of the answer so far. At its limit, only the token that ends the answer soonest is allowed.
            hurry: end the answer as soon as possible anyway.

        Raises SettingsError: the answer is far longer than its limit.
        """
        import numpy as np
        import torch

        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        self._check()
        allowed = torch.from_numpy(np.unpackbits(bits, count=len(scores), bitorder="little")).bool().to(scores.device)
        if hurry or written >= self._most:
            if written >= self._most + _MOST_BEYOND:
                raise SettingsError(
                    f"The schema asks for far more than the {self._most} tokens that the answer may have: ask for less."
                )
            soonest = self._soonest(allowed)
            if soonest is not None:
                allowed = torch.zeros_like(allowed).index_fill_(0, torch.tensor([soonest], device=allowed.device), True)
        return scores.masked_fill(~allowed, -torch.inf)

    def accept(self, token: int) -> list[int]:
        """Take a token. Returns the tokens that must follow it."""
        self._matcher.consume_token(token)
        forced: list[int] = self._matcher.compute_ff_tokens()
        if forced:
            self._matcher.consume_tokens(forced)
        self._check()
        return forced

    def _soonest(self, allowed: Tensor) -> int | None:
        """The allowed token that ends the answer soonest; None: any."""
        quote, list_end, object_end, *others = self._endings
        within_string = allowed[list_end] and allowed[object_end]
        ends = [quote] if within_string else [*self._base.stop_ids, list_end, object_end, quote, *others]
        return next((token for token in ends if allowed[token]), None)

    @cached_property
    def _endings(self) -> list[int]:
        return [self._base.chat.encode(text)[0] for text in _ENDS]
