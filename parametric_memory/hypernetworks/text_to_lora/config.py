"""The config of a Text-to-LoRA hypernetwork. Knows nothing about weights, files or torch."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PositiveInt, model_validator

Pooling = Literal["first", "last", "mean"]
Objective = Literal["answers", "factors", "standardized_factors", "delta_w"]


class TargetModule(BaseModel):
    """A type of module that gets an adapter in every layer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, pattern=r"^[^.]+$")]  # short, such as `q_proj`
    path: Annotated[str, Field(pattern=r"\{layer\}")]  # the full name in the base model; `{layer}` for the number
    d_in: PositiveInt
    d_out: PositiveInt

    def full_name(self, layer: int) -> str:
        """The module's name in the base model, such as `model.layers.3.self_attn.q_proj`."""
        return self.path.replace("{layer}", str(layer))


class TextToLoraConfig(BaseModel):
    """Everything that rebuilds a Text-to-LoRA hypernetwork.

    The published sizes are named L, M and S: L has one head that outputs A and B of all rows at once; M (`shared_head`)
    outputs A or B, distinguished by a learned vector; S also outputs one row at a time (`row_positions`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["text-to-lora"] = "text-to-lora"
    format: Literal[1] = 1
    base_model: str
    base_fingerprint: str = ""  # of its weights; empty: unknown
    base_signature: str = ""  # of models with other weights that may use the adapters; empty: none
    embedding_model: str | None  # embeds task descriptions; None: the base model
    tasks: tuple[str, ...] = ()  # where a task is a number instead of a description: their names in order
    pooling: Pooling | None = None  # of the embedding model's last hidden states; None: by its name
    embedding_size: PositiveInt
    layers: PositiveInt  # of the base model
    modules: Annotated[tuple[TargetModule, ...], Field(min_length=1, max_length=1000)]  # in the embedding's order
    rank: PositiveInt
    scaling: FiniteFloat  # the factor on an adapter's update
    latent_size: Annotated[int, Field(ge=4)] = 128  # about the width of the hidden states
    head_size: PositiveInt = 512  # input features of the heads
    task_encoder: Literal["linear"] = "linear"  # folders name it and `codes`, though no checkpoint has others
    codes: None = None
    shared_head: bool = False  # one head for A and B
    row_positions: Literal["learned", "rotary"] | None = None  # of rows that are generated one at a time; None: at once
    head_bias: bool = True
    # The network's output: factors trained on answers, or factors or products B A of given adapters, in which units.
    objective: Objective = "answers"
    delta_w_scaling: Annotated[FiniteFloat, Field(gt=0)] = 10000.0  # the factor on products, with objective `delta_w`
    training: dict[str, Any] = {}  # for people to read

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Lengths of an encoded task, layer and module type."""
        return self.latent_size // 2, self.latent_size // 4, self.latent_size // 4

    @property
    def width(self) -> int:
        """Width of the hidden states: task, layer and module type concatenated."""
        return sum(self.sizes)

    @model_validator(mode="after")
    def _fits_together(self) -> TextToLoraConfig:
        if len({module.name for module in self.modules}) != len(self.modules):
            raise ValueError("a target module is listed twice")
        if self.row_positions == "rotary" and self.width % 2:
            raise ValueError(f"rotary row positions need an even width, not {self.width}")
        if self.tasks and len(self.tasks) != self.embedding_size:
            raise ValueError(f"{len(self.tasks)} tasks do not fit an embedding of {self.embedding_size}")
        return self
