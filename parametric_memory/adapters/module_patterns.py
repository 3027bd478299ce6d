"""Values of modules by patterns of their names, as PEFT's `rank_pattern` and `alpha_pattern` have them.

PEFT takes the patterns for regular expressions, and Python's may take longer than anyone waits. Most are plain names,
and are matched as PEFT does. Others are followed through a name with all places at once where they may have got to,
which takes a time that can be told; what only a search with ways back could match (back references, looking ahead) is
refused. Knows nothing about adapters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from parametric_memory.errors import CheckpointError
from parametric_memory.files.json_objects import shown

T = TypeVar("T")
_Places = set[int]  # in a name
_Step = Callable[[str, _Places], _Places]  # from where a part of a pattern may begin to where it may end

_PLAIN = re.compile(r"(?:[\w.-]|\\[.-])+")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_TIMES = re.compile(r"(?:([*+?])|\{(\d{1,4})\}|\{(\d{0,4}),(\d{0,4})\})(\??)")
_DEEPEST = 20  # groups in groups
# Places looked at, of all names and patterns together: some ten seconds. Adapters of a thousand modules, each of a
# pattern of its own, take a twentieth.
_MOST_PLACES = 20_000_000
_PLACES_A_CHARACTER = 100  # what it takes to make a step of a pattern


class ModulePatterns(Generic[T]):
    """The value of the first pattern that matches the end of a module's name, or a default.

    Args:
        values: by pattern.
        source: the file they stand in, for messages.

    Raises:
        CheckpointError: a pattern is damaged, or of a kind that is not followed.
    """

    def __init__(self, values: Mapping[str, T], default: T, source: Path) -> None:
        self._default, self._source, self._work = default, source, _Work()
        self._matchers = [(pattern, self._matcher(pattern), value) for pattern, value in values.items()]

    def __getitem__(self, module: str) -> T:
        """Raises CheckpointError: the patterns take too long."""
        for pattern, matches, value in self._matchers:
            try:
                if matches(module):
                    return value
            except _TooLongError as error:
                raise CheckpointError(f"{self._told(pattern)} takes too long to match.") from error
        return self._default

    def _matcher(self, pattern: str) -> Callable[[str], bool]:
        if _PLAIN.fullmatch(pattern):
            return partial(_matches_plain, re.compile(rf"(?:.*\.)?(?:{pattern})"), self._work)
        try:
            self._work.add(_PLACES_A_CHARACTER * len(pattern))
            return partial(_matches, _Parser(pattern, self._work).parsed())
        except _TooLongError as error:
            raise CheckpointError(f"{self._told(pattern)}, with those before it, is too long.") from error
        except (ValueError, re.error) as error:
            raise CheckpointError(f"{self._told(pattern)} cannot be used: {shown(error)}.") from error

    def _told(self, pattern: str) -> str:
        return f"The pattern '{shown(pattern)}' in {self._source}"


class _TooLongError(Exception):
    """Too many places were looked at."""


@dataclass
class _Work:
    """Counts the places that were looked at."""

    done: int = 0

    def add(self, places: int) -> None:
        self.done += places
        if self.done > _MOST_PLACES:
            raise _TooLongError


def _matches_plain(pattern: re.Pattern[str], work: _Work, module: str) -> bool:
    work.add(1)
    return pattern.fullmatch(module) is not None


def _matches(step: _Step, module: str) -> bool:
    beginnings = {0} | {place + 1 for place, character in enumerate(module) if character == "."}
    return len(module) in step(module, beginnings)


class _Parser:
    """A pattern as steps through a name."""

    def __init__(self, pattern: str, work: _Work) -> None:
        self._pattern, self._work, self._at, self._depth = pattern, work, 0, 0

    def parsed(self) -> _Step:
        """Raises ValueError: it is no pattern, or one with more than a step can follow."""
        step = self._either()
        if self._at < len(self._pattern):
            raise ValueError("it has a ) too many")
        return step

    def _either(self) -> _Step:
        steps = [self._row()]
        while self._take("|"):
            steps.append(self._row())
        return steps[0] if len(steps) == 1 else partial(_either, steps)

    def _row(self) -> _Step:
        steps = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            step = self._one()
            if (times := _TIMES.match(self._pattern, self._at)) is not None:
                self._at = times.end()
                step = partial(_repeated, step, self._work, *_counts(times))
                if self._at < len(self._pattern) and _TIMES.match(self._pattern, self._at):
                    raise ValueError("it repeats what is repeated")
            steps.append(step)
        return partial(_in_a_row, steps)

    def _one(self) -> _Step:
        character = self._pattern[self._at]
        if self._take("("):
            return self._group()
        if character in "*+?":
            raise ValueError("it repeats nothing")
        if character in "^$":
            self._at += 1
            return partial(_at_an_end, character == "$", self._work)
        length = 1
        if character == "[":
            if (found := _CLASS.match(self._pattern, self._at)) is None:
                raise ValueError("it has a [ too many")
            length = len(found[0])
        elif character == "\\":
            length = 2
        single = self._pattern[self._at : self._at + length]
        if character == "\\" and not re.fullmatch(r"\\(?:[dDwWsS]|[^a-zA-Z0-9])", single):
            raise ValueError(f"{shown(single)} in it is not followed")
        self._at += length
        return partial(_single, re.compile(re.escape(single) if single in "{}]" else single), self._work)

    def _group(self) -> _Step:
        if self._pattern.startswith("?", self._at) and not self._pattern.startswith("?:", self._at):
            raise ValueError("groups that begin with (? are not followed")
        self._at += 2 * self._pattern.startswith("?:", self._at)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("its groups are nested too deeply")
        step = self._either()
        self._depth -= 1
        if not self._take(")"):
            raise ValueError("it has a ( too many")
        return step

    def _take(self, character: str) -> bool:
        found = self._pattern.startswith(character, self._at)
        self._at += found
        return found


def _counts(times: re.Match[str]) -> tuple[int, int | None]:
    """How often at least, and at most; None: any number of times."""
    sign, exactly, least, most, _ = times.groups()
    if sign:
        return int(sign == "+"), 1 if sign == "?" else None
    if exactly:
        return int(exactly), int(exactly)
    return int(least or 0), int(most) if most else None


def _single(pattern: re.Pattern[str], work: _Work, name: str, places: _Places) -> _Places:
    work.add(1 + len(places))
    return {place + 1 for place in places if place < len(name) and pattern.fullmatch(name, place, place + 1)}


def _at_an_end(is_last: bool, work: _Work, name: str, places: _Places) -> _Places:
    work.add(1)
    return places & {len(name) if is_last else 0}


def _in_a_row(steps: Iterable[_Step], name: str, places: _Places) -> _Places:
    for step in steps:
        if not places:
            break
        places = step(name, places)
    return places


def _either(steps: Iterable[_Step], name: str, places: _Places) -> _Places:
    return {place for step in steps for place in step(name, places)}


def _repeated(step: _Step, work: _Work, least: int, most: int | None, name: str, places: _Places) -> _Places:
    for _ in range(least):
        if not places:
            return places
        work.add(len(places))
        places = step(name, places)
    reached, new, times = set(places), places, least
    while new and (most is None or times < most):
        work.add(len(new))
        new = step(name, new) - reached
        reached |= new
        times += 1
    return reached
