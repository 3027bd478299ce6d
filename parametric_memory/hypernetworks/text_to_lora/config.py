"""What is written down about a Text-to-LoRA hypernetwork: everything needed to rebuild it.

Pure data: knows nothing about weights, files or torch.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PositiveInt, model_validator

TaskEncoderKind = Literal["linear", "softmax", "vq", "discrete"]
Pooling = Literal["first", "last", "mean"]
Objective = Literal["answers", "factors", "standardized_factors", "delta_w"]


class TargetModule(BaseModel):
    """One type of module that gets an adapter, in every layer.

    Attributes:
        name: the type's short name, such as `q_proj`.
        path: the full name in the base model, with `{layer}` for the layer's number.
        d_in: input features.
        d_out: output features.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, pattern=r"^[^.]+$")]
    path: Annotated[str, Field(pattern=r"\{layer\}")]
    d_in: PositiveInt
    d_out: PositiveInt

    def full_name(self, layer: int) -> str:
        """The module's name in the base model, such as `model.layers.3.self_attn.q_proj`."""
        return self.path.replace("{layer}", str(layer))


class TextToLoraConfig(BaseModel):
    """A Text-to-LoRA hypernetwork without its weights.

    The published sizes are named L, M and S: L has one head that says A and B of all rows at once; M
    (`shared_head`) says A or B, told apart by a learned vector; S says one row at a time as well
    (`row_positions`).

    Attributes:
        base_model: what the adapters are for.
        base_fingerprint: of its weights; empty where nobody wrote it down.
        base_signature: of models with other weights that the adapters may be used with; empty: of none.
        embedding_model: what embeds task descriptions; None: the base model itself.
        tasks: where a task is a number instead of a description, their names in order; else empty.
        pooling: which of its last hidden states is a description's vector; None: as the model's name tells, see
            `features.pooling_of`.
        embedding_size: length of a task embedding.
        layers: layers of the base model.
        modules: the target modules **in training order**: row i of the module type embedding belongs to
            module i.
        rank: rows of A and B.
        scaling: the factor on an adapter's update.
        latent_size: about the width of the hidden states.
        head_size: input features of the heads.
        task_encoder: how a task embedding is encoded.
        codes: entries of the code book of a softmax, vq or discrete encoder; None for a linear one.
        shared_head: one head for A and B.
        row_positions: what tells rows apart that are made one at a time; None: all rows are made at once.
        head_bias: whether the heads have a bias.
        objective: what the hypernetwork was trained to say: factors that answer well, or factors or products
            B A of given adapters, and in which units.
        delta_w_scaling: with objective `delta_w`, the factor on the products it says.
        training: how it was trained, for a person to read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["text-to-lora"] = "text-to-lora"
    format: Literal[1] = 1
    base_model: str
    base_fingerprint: str = ""
    base_signature: str = ""
    embedding_model: str | None
    tasks: tuple[str, ...] = ()
    pooling: Pooling | None = None
    embedding_size: PositiveInt
    layers: PositiveInt
    modules: Annotated[tuple[TargetModule, ...], Field(min_length=1)]
    rank: PositiveInt
    scaling: FiniteFloat
    latent_size: Annotated[int, Field(ge=4)] = 128
    head_size: PositiveInt = 512
    task_encoder: TaskEncoderKind = "linear"
    codes: PositiveInt | None = None
    shared_head: bool = False
    row_positions: Literal["learned", "rotary"] | None = None
    head_bias: bool = True
    objective: Objective = "answers"
    delta_w_scaling: Annotated[FiniteFloat, Field(gt=0)] = 10000.0
    training: dict[str, Any] = {}

    @property
    def encoded_size(self) -> int:
        """Length of an encoded task."""
        if self.task_encoder == "discrete":
            assert self.codes is not None  # the validator below
            return self.codes
        return self.latent_size // 2

    @property
    def layer_size(self) -> int:
        """Length of what stands for a layer."""
        return self.layers if self.task_encoder == "discrete" else self.latent_size // 4

    @property
    def module_size(self) -> int:
        """Length of what stands for a module type."""
        return len(self.modules) if self.task_encoder == "discrete" else self.latent_size // 4

    @property
    def width(self) -> int:
        """Width of the hidden states: task, layer and module type side by side."""
        return self.encoded_size + self.layer_size + self.module_size

    @model_validator(mode="after")
    def _fits_together(self) -> TextToLoraConfig:
        if len({module.name for module in self.modules}) != len(self.modules):
            raise ValueError("a target module is listed twice")
        if (self.task_encoder == "linear") != (self.codes is None):
            raise ValueError(f"codes must be given for all task encoders but linear, and is {self.codes}")
        if self.row_positions == "rotary" and self.width % 2:
            raise ValueError(f"rotary row positions need an even width, not {self.width}")
        if self.tasks and len(self.tasks) != self.embedding_size:
            raise ValueError(f"{len(self.tasks)} tasks do not fit an embedding of {self.embedding_size}")
        return self
