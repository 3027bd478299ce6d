"""What a document costs on a GPU, in the prompt and in the weights, computed from shapes: two tables of docs/why.md.

`docs/render.py` puts them in the place of `{shapes}`. Nothing is measured. What all ways do is left out: they read the
question and the base model's weights. So is what an index does, which all but the whole document need. A key-value
hypernetwork of the default sizes stores a row for every token.
"""

from __future__ import annotations

from dataclasses import dataclass

TOKENS = (256, 1024, 8192)
ANSWER, QUESTION = 32, 20  # tokens
ATTACHED = 72  # tokens of three sentences, each with a row
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
    """Two tables in Markdown: what a question costs, and after how many of them adding has paid."""
    asked = [["model", "rows attached", "judge's sentences", "nearest sentences", *(f"{n:,} tokens" for n in TOKENS)]]
    paid = [["model", "tokens", "adding, once", "against the document", "the judge's sentences", "the nearest"]]
    for model in MODELS:
        nearest, cached = model.reading(ATTACHED), model.prompt_bytes(ATTACHED)
        costs = [(model.asking, model.asking_bytes), (nearest + JUDGE, cached), (nearest, cached)]
        costs += [(model.reading(tokens), model.prompt_bytes(tokens)) for tokens in TOKENS]
        asked.append([model.name, *(_cost(*cost) for cost in costs)])
        for tokens in TOKENS:
            adding, others = model.adding(tokens), (model.reading(tokens), nearest + JUDGE, nearest)
            after = (f"{adding / (other - model.asking):,.3g}" for other in others)
            paid.append([model.name, f"{tokens:,}", _cost(adding, tokens * model.row), *after])
    return "\n\n".join(_table(*rows) for rows in (asked, paid))


def _table(head: list[str], *rows: list[str]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def _cost(flops: float, moved: float) -> str:
    return f"{flops / 1e12:,.3g} TFLOP, {moved / 1e9:,.2g} GB"
