"""What a document costs on a GPU, in the prompt and in the weights, computed from shapes: a table of docs/why.md.

`docs/render.py` puts it in the place of `{shapes}`. Nothing is measured. Both ways also read the question and the base
model's weights, which is left out. A key-value hypernetwork of the default sizes stores a row for every token.
"""

from __future__ import annotations

from dataclasses import dataclass

TOKENS = (256, 1024, 8192)
ANSWER, QUESTION = 32, 20  # tokens
ATTACHED = 72  # rows: three sentences
JUDGE = 2 * 10.6e6 * 20 * 100  # FLOPs: the layers of all-MiniLM-L6-v2 read 20 sentences with their context
_NUMBER = 2  # bytes: keys, values and attached rows are in bfloat16; stored rows have one byte a number
_OWN_WIDTH = 2 * 256 + 192 + 2 * 128  # of the hypernetwork's weights: key metric, contextual rows, whitening


@dataclass(frozen=True)
class Shapes:
    """Sizes from a base model's config.json."""

    name: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    cached_heads: int
    head: int

    @property
    def parameters(self) -> int:
        """Without embeddings and norms."""
        attention = self.hidden * self.head * (2 * self.heads + 2 * self.cached_heads)
        return self.layers * (attention + 3 * self.hidden * self.intermediate)

    @property
    def row(self) -> int:
        """Numbers of a token's rows: in and out of `down_proj`, in two fifths of the layers."""
        return round(0.4 * self.layers) * (self.intermediate + self.hidden)

    def reading(self, tokens: int) -> float:
        """FLOPs of a forward pass over a text."""
        return 2 * self.parameters * tokens + 2 * self.layers * self.heads * self.head * tokens**2

    def prompt_bytes(self, tokens: int) -> int:
        """Moved for an answer: the key-value cache is written once, and read for every token."""
        return 2 * self.layers * self.cached_heads * self.head * _NUMBER * tokens * (1 + ANSWER)

    def adding(self, tokens: int) -> float:
        """FLOPs of the hypernetwork's pass: the base model reads, sentence by sentence, and rows are made of that."""
        return 2 * (self.parameters + round(0.4 * self.layers) * self.intermediate * _OWN_WIDTH) * tokens

    @property
    def asking(self) -> float:
        """FLOPs of an answer under attached rows, and of the judge."""
        return 2 * ATTACHED * self.row * (QUESTION + ANSWER) + JUDGE

    @property
    def asking_bytes(self) -> int:
        """Moved for an answer: attached rows are read for every forward pass."""
        return ATTACHED * self.row * _NUMBER * (1 + ANSWER)


MODELS = (
    Shapes("gemma-2-2b", 26, 2304, 9216, 8, 4, 256),
    Shapes("Mistral-7B", 32, 4096, 14336, 32, 8, 128),
    Shapes("Qwen3-4B", 36, 2560, 9728, 32, 8, 128),
)


def by_shapes() -> str:
    """The table in Markdown."""
    head = "model|tokens|in the prompt, each question|in the weights, each question|adding, once|paid after questions"
    rows = [head.split("|"), ["---"] * 6]
    for model in MODELS:
        for tokens in TOKENS:
            saved = model.reading(tokens) - model.asking
            rows.append(
                [
                    model.name,
                    f"{tokens:,}",
                    _cost(model.reading(tokens), model.prompt_bytes(tokens)),
                    _cost(model.asking, model.asking_bytes),
                    _cost(model.adding(tokens), tokens * model.row),
                    f"{model.adding(tokens) / saved:.2f}",
                ]
            )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _cost(flops: float, moved: float) -> str:
    return f"{flops / 1e12:,.3g} TFLOP, {moved / 1e9:,.2g} GB"
