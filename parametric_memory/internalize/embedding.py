"""Sentence embeddings: the embedded MiniLM, and fingerprints of any embedder.

The seam is LangChain's `Embeddings`. Knows nothing about searches.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from parametric_memory.batches import by_length
from parametric_memory.cancellation import check_cancelled
from parametric_memory.errors import ModelUnavailable
from parametric_memory.fetching.embedded import EMBEDDER, fetch
from parametric_memory.files import first_line
from parametric_memory.progress import report_progress

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_MANY = 1_000  # texts that take a while
_BATCH = 32  # texts in one forward pass
_MOST_TOKENS = 256  # word pieces at the beginning of a text that count
_NAME_ATTRIBUTES = ("model", "model_name", "model_id", "repo_id", "deployment")


class MiniLMEmbeddings(Embeddings):
    """all-MiniLM-L6-v2 by transformers: the mean of the last layer over the tokens, scaled to length 1.

    It is loaded, or downloaded, with the first text. Threads may share one instance.
    """

    dimension = 384

    def __init__(self, folder: str | Path | None = None, *, progress: bool = True) -> None:
        """folder: a transformers folder of the same model; None: the embedded one. progress: report its download."""
        self.folder, self.progress = None if folder is None else Path(folder), progress
        self._loaded: tuple[PreTrainedTokenizerBase, PreTrainedModel] | None = None
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Identifies the model; the embedded one is not loaded for it."""
        if self.folder is None:
            return f"{EMBEDDER.title}:{self.dimension}:{EMBEDDER.files[0].sha256[:12]}"
        try:
            with (self.folder / "model.safetensors").open("rb") as weights:
                digest = hashlib.file_digest(weights, "sha256").hexdigest()
        except OSError as error:
            raise ModelUnavailable(_not_a_model(self.folder, first_line(error))) from error
        return f"{EMBEDDER.title}:{self.dimension}:{digest[:12]}"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector of length 1 a text, `[text, dimension]`. Raises as `fetch` at first use."""
        import torch

        vectors, done = torch.empty(len(texts), self.dimension), 0
        for batch in by_length([*map(len, texts)], _BATCH):
            check_cancelled()
            if len(texts) >= _MANY:
                report_progress("vectors", done, len(texts))
            done += len(batch)
            tokenizer, model = self.loaded
            tokens = tokenizer(
                [texts[i] for i in batch], padding=True, truncation=True, max_length=_MOST_TOKENS, return_tensors="pt"
            )
            with torch.inference_mode():
                hidden = model(**tokens).last_hidden_state  # [text, token, dimension]
            mask = tokens["attention_mask"].unsqueeze(-1).to(hidden.dtype)
            vectors[batch] = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)
        return vectors.tolist()

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text, of length 1."""
        return self.embed_documents([text])[0]

    @property
    def loaded(self) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
        """Tokenizer and model, in float32; fetched and loaded once. Raises as `fetch`, ModelUnavailable."""
        with self._lock:
            if self._loaded is None:
                folder = self.folder or fetch(EMBEDDER, self.progress)
                import torch
                from transformers import AutoModel, AutoTokenizer

                from parametric_memory.fetching.hub import loading

                with loading(folder, partial(_not_a_model, folder)):
                    tokenizer = AutoTokenizer.from_pretrained(folder)
                    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
                self._loaded = tokenizer, model.eval()
            return self._loaded


class EmbeddedAhead(Embeddings):
    """An embedder that embeds some texts together first, which is several times as fast for short ones.

    The last bits of a vector may depend on the other texts.
    """

    def __init__(self, embeddings: Embeddings, texts: Sequence[str]) -> None:
        self._embeddings = embeddings
        self._known: dict[str, list[float]] = {}
        self.embed_documents(list(texts))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        others = [text for text in dict.fromkeys(texts) if text not in self._known]
        if others:
            self._known.update(zip(others, self._embeddings.embed_documents(others), strict=True))
        return [self._known[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self._embeddings.embed_query(text)


def _not_a_model(folder: Path, reason: str) -> str:
    return (
        f"{folder} does not hold {EMBEDDER.title} ({reason}): name a transformers folder of it, or none, "
        "to have it fetched."
    )


def fingerprint_of(embeddings: Embeddings) -> str:
    """Identifies an embedder: an index of one cannot be searched with another.

    Its own `fingerprint`, or else its class, the name of its model, and the length of a vector, for which it embeds a
    text.
    """
    own = getattr(embeddings, "fingerprint", None)
    if isinstance(own, str) and own:
        return own
    names = (getattr(embeddings, attribute, None) for attribute in _NAME_ATTRIBUTES)
    model = next((name for name in names if isinstance(name, str) and name), "")
    dimension = len(embeddings.embed_query("fingerprint"))
    return ":".join(filter(None, (type(embeddings).__qualname__, model, str(dimension))))
