"""`skill`: adapters that say how to answer, made from a description, from examples or from a PEFT folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, BadParameter, Option

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.context import Context, open_memory, table
from parametric_memory.commands.train import make_folder
from parametric_memory.documents.cleaning import shown_in_line
from parametric_memory.records import Skill
from parametric_memory.settings import ModelSettings

Name = Annotated[str, Argument(metavar="NAME", help="The skill's name.")]


def add(
    context: Context,
    description: Annotated[str | None, Argument(metavar="DESCRIPTION", help="The task, in a few sentences.")] = None,
    name: Annotated[str | None, Option(metavar="NAME", help="Else the description's first words.")] = None,
    folder: Annotated[Path | None, Option(metavar="DIR", help="A PEFT LoRA to take as the skill.")] = None,
    skills: Annotated[Path | None, Option(metavar="DIR", help="The hypernetwork. Default: the shipped one.")] = None,
    no_samples: Annotated[bool, Option("--no-samples", help="Do not answer three inputs under it.")] = False,
    trust_remote_code: TrustRemoteCode = False,
) -> None:
    """Make a skill from its description, in one pass, or from a PEFT LoRA.

    A skill says how to answer. A question that names it is answered under it and what the question recalls. A skill of
    the same name is replaced. What to expect of it is shown: the score of the measured task whose description is
    nearest, where the hypernetwork was measured (eval skills --save), and its answers to three fixed inputs.

    Examples:
      parametric-memory skill add "Answer with one word: is the review positive or negative?" --name sentiment
      parametric-memory skill add "Translate the word to French." --skills run/hypernetwork
      parametric-memory skill add --folder my-lora/ --name house-style
    """
    if folder is not None and skills is not None:
        raise BadParameter("--skills makes a skill from a description, --folder takes a LoRA: give one of them.")
    with open_memory(context, ModelSettings(trust_remote_code=trust_remote_code)) as memory:
        skill = memory.skills.add(description, name=name, folder=folder, hypernetwork=skills)
        samples = {} if no_samples else memory.skills.samples(skill.name)
    told = [] if skill.expectation is None else [str(skill.expectation)]
    told += [f"{given}  ->  {shown_in_line(answer)}" for given, answer in samples.items()]
    context.show({**skill.model_dump(mode="json"), "samples": samples}, "\n".join([_added(skill), *told]))


def train(
    context: Context,
    name: Name,
    examples: Annotated[Path, Option(metavar="FILE", help="JSON lines of input and output.")],
    description: Annotated[str | None, Option(metavar="TEXT", help="The task: training starts from its skill.")] = None,
    steps: Annotated[
        int | None, Option(metavar="N", min=1, help="How many updates. Default: as the examples need.")
    ] = None,
    batch: Annotated[int, Option(metavar="N", min=1, help="Examples in an update.")] = 8,
    learning_rate: Annotated[float, Option(metavar="X", help="The highest one.")] = 5e-4,
    rank: Annotated[int | None, Option(metavar="N", min=1, help="Rows of the adapter. Default: 8.")] = None,
    alpha: Annotated[
        float | None, Option(metavar="X", help="The update is scaled by alpha / sqrt(rank). Default: 16.")
    ] = None,
    modules: Annotated[
        str | None, Option(metavar="NAMES", help="Modules to adapt, by commas. Default: q_proj,v_proj.")
    ] = None,
    float32: Annotated[bool, Option("--float32", help="Train in float32: faster where bfloat16 is slow.")] = False,
    seed: Annotated[int, Option(metavar="N", help="Same seed, same skill.")] = 0,
    output: Annotated[Path | None, Option(metavar="DIR", help="Keep the run here, so that it can be resumed.")] = None,
) -> None:
    """Train a skill on examples.

    Each line has an input and an output. 8 to 32 take about a minute of one core. Some of 8 and more examples are held
    out, and training ends when the loss on these no longer falls; with --steps it does not, and trains on all. With
    --description, training starts from the description's skill, unless a size is given (--rank, --alpha, --modules).
    With --output, the same command resumes a run that was stopped.

    Examples:
      parametric-memory skill train antonyms --examples antonyms.jsonl
      parametric-memory skill train antonyms --examples antonyms.jsonl --description "Give the opposite of the word."
      parametric-memory skill train house-style --examples replies.jsonl --steps 300 --output run/
    """
    from parametric_memory.training.data.tasks import read_examples
    from parametric_memory.training.lora import LoraSizes, SkillTraining

    given = read_examples(examples)
    if output is not None:
        make_folder(output)
    sizes = None
    if (rank, alpha, modules) != (None, None, None):
        usual = LoraSizes()
        named = tuple(each.strip() for each in (modules or "").split(",") if each.strip())
        sizes = LoraSizes(rank or usual.rank, usual.alpha if alpha is None else alpha, named or usual.modules)
    training = SkillTraining(steps, batch, learning_rate, sizes=sizes, seed=seed, folder=output)
    with open_memory(context) as memory:
        if float32:
            memory.models.base.model.float()
        skill = memory.skills.add(description, name=name, examples=given, training=training, on_progress=context.tell)
    context.show(skill, _added(skill))


def list_(context: Context) -> None:
    """List the skills, by name.

    Examples:
      parametric-memory skill list
      parametric-memory skill list --json
    """
    with open_memory(context) as memory:
        context.check_memory(memory)
        skills = memory.skills.list()
    rows = [(s.name, s.made_of, s.rank, shown_in_line(s.description)) for s in skills]
    context.show(skills, table(("name", "made of", "rank", "description"), rows))


def show(context: Context, name: Name) -> None:
    """Show the record of a skill.

    Examples:
      parametric-memory skill show sentiment
    """
    with open_memory(context) as memory:
        skill = memory.skills.get(name)
    told = {**skill.model_dump(mode="json"), "expectation": skill.expectation or ""}
    lines = (f"{field + ':':18}{shown_in_line(str(value))}".rstrip() for field, value in told.items())
    context.show(skill, "\n".join(lines))


def rm(context: Context, names: Annotated[list[str], Argument(metavar="NAME...", help="The skills' names.")]) -> None:
    """Delete skills. If one of the names is unknown, nothing is deleted.

    Examples:
      parametric-memory skill rm sentiment
    """
    with open_memory(context) as memory:
        wanted = list(dict.fromkeys(names))
        memory.skills.delete(*wanted)
    context.show({"removed": wanted}, "\n".join(f"removed {shown_in_line(name)}" for name in wanted))


def _added(skill: Skill) -> str:
    name = shown_in_line(skill.name)
    return f"added the skill {name}: ask --skill {name} uses it"
