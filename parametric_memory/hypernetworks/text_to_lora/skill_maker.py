"""A Text-to-LoRA hypernetwork together with its embedding model: a task description in, an adapter out.

Also finds the hypernetwork of a base model: a named or a shipped one. Knows nothing about memories.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from pydantic import FiniteFloat
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from parametric_memory.adapters.checkpoints import validated
from parametric_memory.adapters.factors import Adapter
from parametric_memory.documents.words import may_be_english
from parametric_memory.errors import CheckpointError, DocumentError, ModelUnavailable, SettingsError
from parametric_memory.fetching.embedded import EMBEDDER, fetch
from parametric_memory.fetching.hub import loading
from parametric_memory.files import read_object, replace_durably, sha256_of, shown, storage_errors
from parametric_memory.hypernetworks.checkpoint import load_text_to_lora, read_text_to_lora_config
from parametric_memory.hypernetworks.record import WEIGHTS_FILE
from parametric_memory.hypernetworks.text_to_lora.network import Pooling, TextToLora, TextToLoraConfig
from parametric_memory.language_model.answer_logits import right_padded
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.hooks import no_adapters
from parametric_memory.records import Expectation, Record

MAX_TOKENS = 8192
_WORDS_SHOWN = 8  # of a description, in a message
_MINI_LM_TOKENS = 256  # the length that all-MiniLM was trained with
MEASURED_FILE = "measured.json"  # in a hypernetwork's folder: the scores of tasks done under its skills
# Of 196 descriptions of 47 tasks, 88 % are nearer than this to another wording of their task, and 95 % of descriptions
# of other tasks are not so near to any of the 47 (cosine similarity of all-MiniLM).
_NEAR = 0.55
_DIGITS = 2  # of a vector's elements, which have about 1


def embed_descriptions(
    descriptions: Sequence[str],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    embedding_model: str | None,
    pooling: Pooling | None = None,
    *,
    cut: bool = False,
) -> Tensor:
    """Embeds task descriptions: pooled last hidden states `[description, size]`, float32, of length sqrt(size).

    Args:
        model: the embedding model, or the base model for a network without one.
        embedding_model: its name, which decides the default pooling (`gte`: the first token, `MiniLM`: the mean, else
            the last token), the longest description, and the instruction of `SFR` models.
        cut: truncate descriptions that are too long.

    Raises DocumentError: a description is empty, or longer than the model reads.
    """
    name = embedding_model or ""
    texts = [format_description(text, name) for text in descriptions]
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    most = _MINI_LM_TOKENS if "MiniLM" in name else min(MAX_TOKENS, window or MAX_TOKENS)
    encoded = tokenizer(texts, truncation=cut, max_length=most)["input_ids"]
    longest, text = max(zip(map(len, encoded), texts, strict=True))
    if longest > most:
        raise DocumentError(
            f"The description {quoted(text)} has {longest} tokens, and {name or 'the base model'} reads {most} at "
            "most: say in a few sentences what the task is."
        )
    ids, mask = right_padded(encoded, 0, model.device)  # not by the tokenizer, which may know no padding
    with torch.no_grad(), no_adapters():
        states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state  # [description, position, size]
    pooled = pooling or ("first" if "gte" in name else "mean" if "MiniLM" in name else "last")
    if pooled == "mean":
        vectors = (states * mask[..., None]).sum(1).float() / mask.sum(-1, keepdim=True)
    else:
        position = torch.zeros_like(mask[:, 0]) if pooled == "first" else mask.sum(-1) - 1
        vectors = states[torch.arange(len(states), device=states.device), position].float()
    return F.normalize(vectors) * math.sqrt(vectors.shape[-1])


def quoted(description: str) -> str:
    """A description in a message: its first words."""
    words = description.split()
    more = "…" if len(words) > _WORDS_SHOWN else ""
    return f'"{shown(" ".join(words[:_WORDS_SHOWN]))}{more}"'


def format_description(text: str, embedding_model: str = "") -> str:
    """The input of an embedding model: stripped, with a full stop after a letter; for `SFR` models with instruction.

    Raises DocumentError: the description is empty.
    """
    stripped = text.strip()
    if not stripped:
        raise DocumentError("A task description is empty: say in a sentence what the task is.")
    if "SFR" in embedding_model:
        return f"Instruct: Retrieve semantically similar text.\nQuery: {text}"
    return stripped + "." if stripped[-1].isalpha() else stripped


class MeasuredTask(Record):
    """A task done under the skill of its description."""

    name: str
    description: str  # in words that the hypernetwork was not trained on
    score: FiniteFloat  # the share of right answers to `questions`, or ROUGE-L where an answer is generated
    unaided: FiniteFloat  # the base model's score without the skill
    questions: int
    vector: tuple[FiniteFloat, ...]  # of the description, `[embedding_size]`, as the hypernetwork reads it


class _Measured(Record):
    """The file. weights: sha256 (hex) of the weights that were measured; the scores of other weights do not count."""

    weights: str
    tasks: tuple[MeasuredTask, ...]


def write_measured(folder: Path, tasks: Sequence[MeasuredTask]) -> None:
    """Writes the file, with rounded vectors, into a hypernetwork's folder. Raises StorageError: the disk refuses."""
    path = folder / MEASURED_FILE
    rounded = [task.model_copy(update={"vector": tuple(round(n, _DIGITS) for n in task.vector)}) for task in tasks]
    lines = [json.dumps(task.model_dump(), ensure_ascii=False) for task in rounded]
    content = '{{"weights": "{}", "tasks": [\n{}\n]}}\n'.format(sha256_of(folder / WEIGHTS_FILE), ",\n".join(lines))
    with storage_errors(f"write {path}"):
        replace_durably(path, content.encode())


def read_measured(folder: Path, embedding_size: int) -> Sequence[MeasuredTask]:
    """The measured tasks of a hypernetwork; none if it has no such file, or one of other weights.

    Raises CheckpointError: the file is damaged; StorageError.
    """
    path = folder / MEASURED_FILE
    if not path.exists():
        return ()
    measured = validated(_Measured, read_object(path), path)
    if any(len(task.vector) != embedding_size for task in measured.tasks):
        raise CheckpointError(f"{path} is of another hypernetwork: delete it, or measure again (eval skills --save).")
    return measured.tasks if measured.weights == sha256_of(folder / WEIGHTS_FILE) else ()


def expectation_of(vector: Sequence[float], tasks: Sequence[MeasuredTask]) -> Expectation | None:
    """What to expect of the skill of a description with this vector; None where no task was measured."""
    if not tasks:
        return None
    of_tasks = torch.tensor([task.vector for task in tasks], dtype=torch.double)
    similarities = F.cosine_similarity(of_tasks, torch.tensor(vector, dtype=torch.double), dim=1).tolist()
    similarity, place = max((similarity, place) for place, similarity in enumerate(similarities))
    told = tasks[place].model_dump(include={"description", "score", "unaided", "questions"})
    return Expectation(task=tasks[place].name, similarity=round(similarity, _DIGITS), near=similarity >= _NEAR, **told)


SHIPPED = Path(str(files("parametric_memory"))) / "weights" / "skills"


class SkillMaker:
    """Generates adapters of one base model from task descriptions, in one forward pass each.

    embedding_model, tokenizer: None for a network whose tasks are numbers.
    measured: tasks that say what to expect of a skill.
    """

    def __init__(
        self,
        network: TextToLora,
        embedding_model: PreTrainedModel | None = None,
        tokenizer: PreTrainedTokenizerBase | None = None,
        measured: Sequence[MeasuredTask] = (),
    ) -> None:
        self.network, self._embedding_model, self._tokenizer = network, embedding_model, tokenizer
        self._measured = measured

    @classmethod
    def load(cls, folder: str | Path, base: BaseModel | None = None, *, trust_remote_code: bool = False) -> SkillMaker:
        """Loads a hypernetwork's folder, and its embedding model.

        Args:
            base: the base model, for networks that embed descriptions with it.
            trust_remote_code: let the embedding model's repository run its own code, as gte-large-en-v1.5 requires.

        Raises CheckpointError: the folder is damaged or holds something else; ModelUnavailable: the embedding model
        cannot be loaded; SettingsError: `base` is missing.
        """
        network = load_text_to_lora(Path(folder))
        config = network.config
        if config.tasks:
            return cls(network)
        measured = read_measured(Path(folder), config.embedding_size)
        if config.embedding_model is not None:
            return cls(network, *load_embedding_model(config.embedding_model, trust_remote_code), measured)
        if base is None:
            raise SettingsError(
                f"The hypernetwork in {folder} embeds descriptions with its base model: give base, {config.base_model}."
            )
        return cls(network.to(base.model.device), base.model, base.tokenizer, measured)

    def adapter(self, description: str) -> Adapter:
        """The adapter for a task, described in a sentence or a few; or named, where tasks are numbers.

        Raises as `embedded`, and AdapterError: embeddings are of another size than this network's.
        """
        return self.network.adapter(self.embedded(description))

    def expectation(self, description: str) -> Expectation | None:
        """What to expect of a description's skill; None where nothing was measured. Raises as `embedded`."""
        return expectation_of(self.embedded(description).tolist(), self._measured) if self._measured else None

    def embedded(self, description: str) -> Tensor:
        """The vector of a description, `[embedding_size]`; of a task that is a number, one-hot.

        Raises DocumentError: the description is empty, has no word, is too long, or in a language that is not read; or
        no task has this name.
        """
        config, device = self.network.config, next(self.network.parameters()).device
        if config.tasks:
            if description not in config.tasks:
                raise DocumentError(f"No task is named {description!r}: the tasks are {', '.join(config.tasks)}.")
            task = torch.tensor(config.tasks.index(description), device=device)
            return F.one_hot(task, config.embedding_size).float()
        assert self._embedding_model is not None and self._tokenizer is not None
        if description.strip() and not any(c.isalnum() for c in description):
            raise DocumentError(f"The description holds no word, only {shown(description)}: say what the task is.")
        name = (config.embedding_model or "").lower()
        reads_english_only = "minilm" in name and "multilingual" not in name
        if reads_english_only and not may_be_english(description, self._tokenizer.get_vocab().keys()):
            raise DocumentError(
                f"The description {quoted(description)} is not in English, and {config.embedding_model} reads nothing "
                "else: translate it."
            )
        [embedded] = embed_descriptions(
            [description], self._embedding_model, self._tokenizer, config.embedding_model, config.pooling
        )
        return embedded.to(device)


def load_embedding_model(name: str, trust_remote_code: bool = False) -> tuple[Any, Any]:
    """An embedding model, in float32, and its tokenizer. Raises ModelUnavailable: it cannot be loaded."""
    place = fetch(EMBEDDER, progress=False) if name == EMBEDDER.title else name
    options: dict[str, Any] = {"trust_remote_code": trust_remote_code}
    with loading(
        place,
        lambda reason: (
            f"The embedding model {name} cannot be loaded ({reason}): download it, or pass trust_remote_code=True "
            "(--trust-remote-code) if it needs code of its own and you trust it."
        ),
    ) as options["local_files_only"]:
        model = AutoModel.from_pretrained(place, dtype=torch.float32, **options)
        if trust_remote_code:
            _support_old_code(model)
        return model.eval(), AutoTokenizer.from_pretrained(place, **options)


def _support_old_code(model: Any) -> None:
    """Restores two features of transformers 4 that code such as that of gte-large-en-v1.5 needs, and release 5 dropped.

    Loading no longer initializes buffers that no file has, and a model no longer makes the mask that its attention adds
    to the scores.
    """
    saved, own = model.state_dict().keys(), dict(model.named_buffers())
    if own.keys() - saved:
        for name, buffer in AutoModel.from_config(model.config, trust_remote_code=True).named_buffers():
            if name in own and name not in saved:
                own[name].copy_(buffer)
    if not hasattr(model, "get_extended_attention_mask"):
        type(model).get_extended_attention_mask = _additive_mask


def _additive_mask(model: Any, mask: Tensor, *_: Any, **__: Any) -> Tensor:
    """`[batch, position]` or `[batch, query, position]` of ones and zeros -> 0 and the least number of the dtype."""
    spread = mask[:, None, None, :] if mask.ndim == 2 else mask[:, None]
    return (1.0 - spread.to(model.dtype)) * torch.finfo(model.dtype).min


def skill_folder(base: BaseModel, named: str | Path | None = None) -> Path:
    """The folder of the hypernetwork.

    Raises CheckpointError: it was trained for another base model, or the folder holds something else; ModelUnavailable:
    none is named, and none is shipped for this base model.
    """
    if named is not None:
        config = read_text_to_lora_config(Path(named))
        shapes = {name: tuple(weight.shape) for name, weight in base.model.named_parameters()}
        fits = all(
            shapes.get(f"{module.full_name(layer)}.weight") == (module.d_out, module.d_in)
            for module in config.modules
            for layer in range(config.layers)
        )
        if not fits or not is_trained_for(config, base):
            raise CheckpointError(
                f"The hypernetwork in {named} makes skills for {config.base_model}, not for {base.title}: name that "
                "base model (--base-model), or train one for this (parametric-memory train t2l)."
            )
        return Path(named)
    for file in sorted(SHIPPED.glob("*/config.json")):
        if is_trained_for(read_text_to_lora_config(file.parent), base):
            return file.parent
    raise ModelUnavailable(
        f"No hypernetwork that makes skills of descriptions comes along for {base.title}: train one "
        "(parametric-memory train t2l) and name it (--skills), or make a skill of examples or of a PEFT folder."
    )


def is_trained_for(config: TextToLoraConfig, base: BaseModel) -> bool:
    """Whether it was trained for these weights, or for others of the same model; True if that is not known."""
    return config.base_fingerprint in ("", base.fingerprint) or config.base_signature == base.signature
