"""JSON that fits a schema, written by a language model that may not know how to: it only chooses, it cannot err.

What the schema fixes is put down; where it leaves a choice, the model's probabilities decide among what is allowed.
Bounds of numbers, patterns and formats are not enforced. Knows nothing about tools, chats and memories.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pydantic

from parametric_memory.errors import Abandoned, SettingsError
from parametric_memory.language_model.cache import empty_cache

if TYPE_CHECKING:
    from threading import Event

    from torch import Tensor

    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.language_model.requests import Request

Schema = Mapping[str, Any]

_MOST_ITEMS = 16  # in an array, or of free keys in an object, where the schema has no bound
_MOST_BEYOND = 1024  # tokens, beyond those that an answer may have, that a schema may ask for
_DEEP, _TOO_DEEP = 32, 64  # levels of values in values: from the first on each ends as soon as its schema lets it
_MOST_REFERENCES = 32  # that lead from one to the next
_LOOKED_AT_FIRST = 64  # tokens; to rank all of them is dear
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_INTEGER_SO_FAR = re.compile(r"-?(?:0|[1-9]\d{0,14})?")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,8})?")
_NUMBER_SO_FAR = re.compile(r"-?(?:(?:0|[1-9]\d{0,14})(?:\.\d{0,8})?)?")
_OPENINGS: dict[str, tuple[str, ...]] = {  # what a value of a type can begin with; a string is any other
    "object": ("{",),
    "array": ("[",),
    "integer": tuple("-0123456789"),
    "number": tuple("-0123456789"),
    "boolean": ("true", "false"),
    "null": ("null",),
}
_CLOSING = re.compile(r'(?<!\\)(?:\\\\)*(?P<end>["\n])')


class JsonWriter:
    """Continues one prompt, under the request's adapter. It has the model for a token at a time: others answer
    between them."""

    def __init__(self, base: BaseModel, request: Request, abandoned: Event | None = None) -> None:
        """
        Args:
            abandoned: set, from another thread, where nobody wants it any more; then what is written next raises
                Abandoned.
        """
        from parametric_memory.language_model.hooks import RequestAdapters

        self._adapters = RequestAdapters(base.model, [request.adapter])
        self._base, self._temperature, self._abandoned = base, request.temperature, abandoned
        self._unread: list[int] = list(request.prompt)  # token ids that the model has yet to read
        self._text = ""  # text after them that is not in tokens yet
        self._cache = empty_cache(base.model)
        self._scores: Tensor | None = None
        self._limit = self._left = request.max_new_tokens
        self._depth, self._read_tokens = 0, -len(self._unread)

    @property
    def tokens(self) -> int:
        """How many tokens were put down so far."""
        return self._read_tokens + len(self._unread) + len(self._base.chat.encode(self._text))

    def literal(self, text: str) -> None:
        """Put down a text."""
        self._text += text

    def choice(self, options: Sequence[str]) -> int:
        """Put down the likeliest of several different texts, token by token; which one it was."""
        lead = self._take_lead()
        bodies = [option.rstrip(" ") for option in options]
        ends = [self._base.chat.encode(end)[0] for end in ",}]"]  # what may follow an option that others go on from
        ids = [self._base.chat.encode(lead + body) for body in bodies]
        alive, position = list(range(len(options))), 0
        while len(alive) > 1:
            following = {option: ids[option][position : position + 1] or ends for option in alive}
            candidates = sorted({token for tokens in following.values() for token in tokens})
            token = candidates[0] if len(candidates) == 1 else self._likeliest(candidates)
            alive = [option for option in alive if token in following[option]]
            if len(ids[alive[0]]) == position:
                break
            self._unread.append(token)
            position += 1
        self._unread += ids[alive[0]][position:]
        self._text = options[alive[0]][len(bodies[alive[0]]) :]
        return alive[0]

    def value(self, schema: Schema, root: Schema | None = None) -> Any:
        """Write a value that fits a JSON schema, and return it.

        Args:
            root: the schema that holds the definitions which `$ref` names; the schema itself when not given.

        Raises:
            SettingsError: the schema cannot be followed, has no end, or asks for far more than the answer may have.
        """
        self._left -= 1  # the marks around a value are tokens too
        self._check_room(0)
        self._depth += 1
        if self._depth > _TOO_DEEP:
            raise SettingsError(f"The schema asks for values more than {_TOO_DEEP} levels deep: let it end earlier.")
        written = self._value(schema, root if root is not None else schema)
        self._depth -= 1
        return written

    def _value(self, schema: Schema, root: Schema) -> Any:
        schema = _resolved(schema, root)
        options = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
        if options:
            return options[self.choice([_dumped(option) for option in options])]
        branches = _branches(schema)
        if branches:
            return self.value(branches[self._branch(branches, root)], root)
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, root)
        if kind == "array":
            return self._array(schema, root)
        if kind in ("integer", "number"):
            return self._number(kind == "integer")
        if kind == "boolean":
            return [True, False][self.choice(["true", "false"])]
        if kind == "null":
            self.literal("null")
            return None
        return self._string(_count(schema, "maxLength", 0) if schema.get("maxLength") is not None else None)

    # Values

    @property
    def _hurries(self) -> bool:
        """Whether a value is to end as soon as its schema lets it."""
        return self._left <= 0 or self._depth > _DEEP

    def _check_room(self, values: int) -> None:
        """Raises SettingsError where so many values more are far too many."""
        if values > self._left + _MOST_BEYOND:
            raise SettingsError(
                f"The schema asks for far more than the {self._limit} tokens that the answer may have: ask for less."
            )

    def _object(self, schema: Schema, root: Schema) -> dict[str, Any]:
        properties: dict[str, Schema] = dict(schema.get("properties") or {})
        required = set(schema.get("required") or ())
        written: dict[str, Any] = {}
        self.literal("{")
        remaining = list(properties)
        while remaining:
            until = next((i + 1 for i, name in enumerate(remaining) if name in required), None)
            if until is None and self._hurries:
                break
            comma = ", " if written else ""
            options = [f"{comma}{_dumped(name)}: " for name in remaining[:until]]
            if self._hurries:
                options = options[-1:]
            chosen = self.choice([*options, "}"] if until is None else options)
            if chosen == len(options):
                return written
            name = remaining[:until][-len(options) :][chosen]
            written[name] = self.value(properties[name], root)
            remaining = remaining[remaining.index(name) + 1 :]
        if not properties and schema.get("additionalProperties"):
            self._free_properties(schema["additionalProperties"], root, written)
        self.literal("}")
        return written

    def _free_properties(self, schema: Any, root: Schema, written: dict[str, Any]) -> None:
        while len(written) < _MOST_ITEMS and not self._hurries:
            if self.prefer([('"',) if not written else (",",), ("}",)]) == 1:
                return
            self.literal(", " if written else "")
            name = self._string(None)
            self.literal(": ")
            written[name] = self.value(schema if isinstance(schema, Mapping) else {"type": "string"}, root)

    def _array(self, schema: Schema, root: Schema) -> list[Any]:
        fixed = list(schema.get("prefixItems") or ())
        given = schema.get("items")
        items: Schema = given if isinstance(given, Mapping) else {"type": "string"}
        least = max(len(fixed), _count(schema, "minItems", 0))
        most = len(fixed) if fixed else _count(schema, "maxItems", max(_MOST_ITEMS, least))
        self._check_room(least)
        written: list[Any] = []
        self.literal("[")
        while len(written) < most:
            of = fixed[len(written)] if len(written) < len(fixed) else items
            if len(written) >= least:
                starts = (",",) if written else _openings(of, root)
                if self._hurries or self.prefer([starts, ("]",)]) == 1:
                    break
            self.literal(", " if written else "")
            written.append(self.value(of, root))
        self.literal("]")
        return written

    def _string(self, max_length: int | None) -> str:
        """A string of at least one character. It may use half of the tokens that are left, so that others have room."""
        self.literal('"')
        written: list[int] = []
        text, room = "", max(1, self._left // 2)
        while True:
            token, longer = self._next_of_string(written, text)
            closing = _CLOSING.search(longer) if token is not None else None
            if token is None or closing:
                content = longer[: closing.start("end")] if closing else text
                break
            self._unread.append(token)
            written.append(token)
            self._left, room, text = self._left - 1, room - 1, longer
            if room <= 0 or (max_length and len(text) >= max_length):
                content = text
                break
        self._text += content[len(text) :] + '"'
        return _unescaped(content)[:max_length]

    def _next_of_string(self, written: list[int], text: str) -> tuple[int | None, str]:
        """The likeliest next token of a string, and the string with it; None for the end of the answer."""
        for token in self._ranked():
            if token in self._base.stop_ids:
                if text:
                    return None, text
                continue
            longer = self._base.chat.decode([*written, token])
            closing = _CLOSING.search(longer)
            grown = longer != text or longer.endswith("\ufffd")  # a character of several tokens is not whole yet
            if longer.strip() and grown and (closing is None or longer[: closing.start("end")].strip()):
                return token, longer
        return None, text

    def _number(self, whole: bool) -> int | float:
        so_far, complete = (_INTEGER_SO_FAR, _INTEGER) if whole else (_NUMBER_SO_FAR, _NUMBER)
        text = ""
        while True:
            token, longer = self._next_of_number(text, so_far, done=bool(complete.fullmatch(text)))
            if token is None:
                break
            self._take_lead()
            self._unread.append(token)
            self._left, text = self._left - 1, longer
        if not complete.fullmatch(text):  # no token of this model goes on from here
            self.literal("0")
            text += "0"
        return int(text) if whole else float(text)

    def _next_of_number(self, text: str, so_far: re.Pattern[str], done: bool) -> tuple[int | None, str]:
        spaces = self._text.endswith(" ")
        for token in self._ranked():
            piece = self._base.tokenizer.decode([token])
            longer = text + (piece.lstrip(" ") if spaces else piece)
            if so_far.fullmatch(longer) and (longer != text or (spaces and piece == " ")):
                return token, longer
            if done:
                break
        return None, text

    # The model

    def _branch(self, branches: Sequence[Schema], root: Schema) -> int:
        if self._hurries:
            nulls = [i for i, branch in enumerate(branches) if _kind(_resolved(branch, root)) == "null"]
            return nulls[0] if nulls else 0
        openings = [_openings(branch, root) for branch in branches]
        if not any(openings):
            raise _circle()
        return self.prefer(openings)

    def prefer(self, groups: Sequence[Sequence[str]]) -> int:
        """Which group of texts begins with the likeliest token; nothing is written."""
        lead = " " if self._text.endswith(" ") else ""
        firsts = [{self._base.chat.encode(lead + text)[0] for text in group} for group in groups]
        token = self._likeliest(sorted(set().union(*firsts)))
        return next(i for i, tokens in enumerate(firsts) if token in tokens)

    def _likeliest(self, tokens: Sequence[int]) -> int:
        scores = self._read()[list(tokens)]
        return tokens[int(scores.argmax())]

    def _ranked(self) -> Iterator[int]:
        """All tokens, the likeliest first; with a temperature, in an order that samples without replacement."""
        scores = self._read()
        few = min(_LOOKED_AT_FIRST, len(scores))
        yield from scores.topk(few).indices.tolist()
        yield from scores.argsort(descending=True)[few:].tolist()

    def _read(self) -> Tensor:
        """The scores of the next token `[vocabulary]`, after all that was put down but spaces at its end.

        A space belongs to the token that follows it. With a temperature, Gumbel noise turns the order of the scores
        into a sample of the model's distribution.
        """
        import torch

        body = self._text.rstrip(" ")
        self._unread += self._base.chat.encode(body)
        self._text = self._text[len(body) :]
        if self._abandoned is not None and self._abandoned.is_set():
            raise Abandoned("Nobody wants the answer any more: ask again.")
        if self._unread:
            with self._base.busy, torch.inference_mode(), self._adapters.attached():
                ids = torch.tensor([self._unread], device=self._base.model.device)
                output = self._base.model(input_ids=ids, use_cache=True, logits_to_keep=1, **self._cache)
                self._scores = output.logits[0, -1].float()
            self._read_tokens += len(self._unread)
            self._unread = []
        assert self._scores is not None, "a prompt has at least one token"
        if self._temperature <= 0:
            return self._scores
        noise = -torch.empty_like(self._scores).exponential_().log()
        return self._scores / self._temperature + noise

    def _take_lead(self) -> str:
        """Turn what was put down into tokens, but for spaces at its end, which are returned and no longer there."""
        body = self._text.rstrip(" ")
        lead = self._text[len(body) :]
        self._unread += self._base.chat.encode(body)
        self._text = ""
        return lead


class _Keywords(pydantic.BaseModel):
    """What a schema says is to be of these types; of others nothing is asked."""

    type: str | list[str] | None = None
    enum: list[Any] | None = None
    properties: dict[str, Any] | None = None
    required: list[str] | None = None
    prefixItems: list[Any] | None = None
    anyOf: list[Any] | None = None
    oneOf: list[Any] | None = None
    allOf: list[Any] | None = None


def _check(schema: Schema) -> None:
    """Raises SettingsError: a keyword of the schema is of another type than it should be."""
    try:
        _Keywords.model_validate(dict(schema))
    except pydantic.ValidationError as error:
        wrong = error.errors()[0]
        name = wrong["loc"][0]
        raise SettingsError(f"The schema's {name} is {schema.get(str(name))!r:.40}: {wrong['msg'].lower()}.") from error


def _resolved(schema: Any, root: Schema) -> Schema:
    """The schema that a `$ref`, or an `allOf` of one, stands for."""
    for _ in range(_MOST_REFERENCES):
        if schema is True:  # anything
            return {}
        if not isinstance(schema, Mapping):
            raise SettingsError(
                f"The schema has {_dumped(schema)[:40]} where a schema is to stand: put an object there."
            )
        _check(schema)
        if "$ref" in schema:
            schema = _named(schema["$ref"], root)
        elif len(schema.get("allOf") or ()) == 1:
            schema = schema["allOf"][0]
        else:
            return schema
    raise _circle()


def _named(reference: Any, root: Schema) -> Any:
    """What a `$ref` names: the root, or what stands below it."""
    found: Any = root
    for part in str(reference).removeprefix("#").removeprefix("/").split("/") if reference != "#" else ():
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            raise SettingsError(f"The schema has nothing that $ref {reference!r} names: write it as #/$defs/NAME.")
        found = found[name]
    return found


def _circle() -> SettingsError:
    return SettingsError("The schema's $ref go round in a circle: let one of them name a type.")


def _count(schema: Schema, name: str, usual: int) -> int:
    """A number of items or characters that a schema names."""
    found = schema.get(name, usual)
    whole = isinstance(found, int) or (isinstance(found, float) and found.is_integer())
    if not whole or found < 0:
        raise SettingsError(f"The schema's {name} is {found!r}: give a whole number, of 0 or more.")
    return int(found)


def _branches(schema: Schema) -> Sequence[Schema]:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**schema, "type": kind} for kind in kinds]
    return schema.get("anyOf") or schema.get("oneOf") or ()


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    return kind if isinstance(kind, str) else "object" if "properties" in schema else "string"


def _openings(schema: Schema, root: Schema) -> tuple[str, ...]:
    """The texts a value of this schema can begin with; none where it stands for nothing but itself."""
    found: dict[str, None] = {}
    waiting, seen = [schema], dict[int, Schema]()
    while waiting:
        schema = _resolved(waiting.pop(), root)
        if id(schema) in seen:
            continue
        seen[id(schema)] = schema
        options = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
        if options:
            found |= dict.fromkeys(map(_dumped, options))
        elif branches := _branches(schema):
            waiting += branches
        else:
            found |= dict.fromkeys(_OPENINGS.get(_kind(schema), ('"',)))
    return tuple(found)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unescaped(content: str) -> str:
    try:
        return str(json.loads(f'"{content}"', strict=False))
    except ValueError:  # an escape that JSON does not know
        return content
