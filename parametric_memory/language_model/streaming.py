"""An answer as a stream of text while it is being generated, in one run of `generate` or several.

Knows nothing about models and adapters.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


class Telling:
    """The text of one answer, written by one thread and read by another, which may stop reading."""

    def __init__(self, tokenizer: Any, ends: Collection[int], abandoned: threading.Event | None = None):
        """
        Args:
            ends: ids of the tokens that end an answer, and are no part of it.
            abandoned: set by others where nobody wants it any more; a reader that stops sets its own.
        """
        from transformers import TextIteratorStreamer

        self._pieces = TextIteratorStreamer(tokenizer, skip_special_tokens=True)
        self._ends, self.abandoned, self._given_up = ends, threading.Event(), abandoned

    @property
    def is_unwanted(self) -> bool:
        return self.abandoned.is_set() or (self._given_up is not None and self._given_up.is_set())

    def tell(self, token_ids: Sequence[int]) -> None:
        import torch

        if told := [token for token in token_ids if token not in self._ends]:
            self._pieces.put(torch.tensor(told))

    def end(self) -> None:
        self._pieces.end()

    def stop(self, ids: Tensor, _scores: Any, **_options: Any) -> Tensor:
        """A criterion of when to stop generating: nobody reads any more."""
        return _of_each(ids, self.is_unwanted)

    def pieces(self, stops: Sequence[str]) -> Iterator[str]:
        """What is told, up to the first of some texts; what could be the beginning of one is held back.

        Takes time that is linear in the text and the stops. Ends early where nobody wants the answer any more.
        """
        if not all(stops):
            return
        begun = [_Begun(stop) for stop in stops]
        held = ""
        for piece in self._pieces:
            if self.is_unwanted:
                return
            held += piece
            if any(one.feed(piece) for one in begun):
                yield cut_at_stop(held, stops)
                return
            keep = max((one.length for one in begun), default=0)
            if len(held) > keep:
                yield held[: len(held) - keep]
                held = held[len(held) - keep :]
        if held:
            yield held


class _Begun:
    """How much of the beginning of one text the end of another is, as that grows (Knuth, Morris and Pratt 1977)."""

    def __init__(self, wanted: str):
        self.length = 0
        self._wanted, self._borders = wanted, [0]  # of each beginning, the longest other one that it ends with
        for character in wanted[1:]:
            self._borders.append(self._longer(self._borders[-1], character))

    def _longer(self, length: int, character: str) -> int:
        while length and self._wanted[length] != character:
            length = self._borders[length - 1]
        return length + (self._wanted[length] == character)

    def feed(self, piece: str) -> bool:
        """Whether all of it has come, with this piece. Not to be called again then."""
        for character in piece:
            self.length = self._longer(self.length, character)
            if self.length == len(self._wanted):
                return True
        return False


class TellingUntilDoubt:
    """What one run of greedy generation tells: all of it, or what stands before its first unsure token.

    It is the run's streamer, watches its scores, and says when it is to stop.
    """

    def __init__(self, telling: Telling, least: float | None = None):
        """
        Args:
            least: a token that is less probable is unsure; none is when not given.
        """
        self._telling, self._least, self._position = telling, least, 0
        self.doubt: int | None = None  # the place of the first unsure token, the prompt counted

    def put(self, value: Tensor) -> None:
        """The prompt, as a batch, and then token by token; on some devices behind the scores of the next one."""
        self._position += value.shape[-1]
        if value.ndim == 1 and (self.doubt is None or self._position <= self.doubt):
            self._telling.tell(value.tolist())

    def end(self) -> None:
        """The answer may go on in another run."""

    def watch(self, ids: Tensor, scores: Tensor) -> Tensor:
        """A processor of scores that changes none."""
        if self._least is not None and self.doubt is None and scores.float().softmax(-1).max() < self._least:
            self.doubt = ids.shape[1]
        return scores

    def stop(self, ids: Tensor, scores: Any, **options: Any) -> Tensor:
        """A criterion of when to stop."""
        return self._telling.stop(ids, scores, **options) | (self.doubt is not None)


def until(event: threading.Event) -> Callable[..., Tensor]:
    """A criterion of when to stop generating: something has happened."""

    def stop(ids: Tensor, _scores: Any, **_options: Any) -> Tensor:
        return _of_each(ids, event.is_set())

    return stop


def _of_each(ids: Tensor, is_over: bool) -> Tensor:
    """What a criterion says where all answers `[answer, token]` end together, or none."""
    import torch

    return torch.full((ids.shape[0],), is_over, device=ids.device)


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    found = [text.index(stop) for stop in stops if stop in text]
    return text[: min(found)] if found else text
