"""`eval`: how much of what was never seen in training a memory answers, against its controls."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parametric_memory.commands.arguments import Beams, Vision
from parametric_memory.commands.context import Context, open_memory
from parametric_memory.settings import ModelSettings, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner
    from parametric_memory.evaluation.rows import EvalRow

_CHEAP = "hybrid,none,in_prompt,random_adapter,rag"

Lengths = Annotated[str, typer.Option("--lengths", metavar="LIST", help="Lengths of the texts, in tokens.")]


@dataclass(frozen=True)
class Options:
    """What evaluations take besides their own options, as it was written."""

    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same questions.")] = 0
    controls: Annotated[
        str,
        typer.Option(
            "--controls", metavar="LIST", help="Any of these, distilled, untrained, distilled_as_published; or: all."
        ),
    ] = _CHEAP
    distill_seconds: Annotated[
        float | None,
        typer.Option(
            "--distill-seconds", metavar="X", min=0.0, help="How long the control distilled takes a document."
        ),
    ] = None
    skill: Annotated[
        Path | None,
        typer.Option(
            "--skill", metavar="DIR", help="A PEFT folder: two columns more, the memory beside it and it alone."
        ),
    ] = None
    beams: Beams = None
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="RULE",
            help="Turn off a rule about answers. May be repeated.",
        ),
    ] = None
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Also draw the table, as .png or .svg.")
    ] = None


def with_options(
    *, without: Sequence[str] = (), **defaults: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the options of `Options`, behind its own, in place of its parameter `options`.

    Args:
        without: those that this command does not have; they keep their defaults.
        defaults: other ones for this command.
    """
    without = [*without, "skill"] if "controls" in without else without
    shared = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name, parameter.default))
        for name, parameter in inspect.signature(Options, eval_str=True).parameters.items()
        if name not in without
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(context: Context, **values: Any) -> None:
            options = Options(**{option.name: values.pop(option.name) for option in shared})
            command(context, options, **values)

        context, _, *own = inspect.signature(command, eval_str=True).parameters.values()
        only = inspect.Parameter.KEYWORD_ONLY
        parameters = [context, *(parameter.replace(kind=only) for parameter in own), *shared]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return run

    return decorate


@with_options()
def facts(
    context: Context,
    options: Options,
    documents: Annotated[int, typer.Option("--documents", metavar="N", min=1, help="Documents of each size.")] = 60,
) -> None:
    """Measure answers about generated documents.

    Their people and words never occur in training, nor do their phrasings, but for a few of a general form. Each figure
    is the share of answers that contain the value and no other document's. One document of one, four and eight facts,
    and memories of 20 and 100 documents asked through their index.

    Examples:
      parametric-memory eval facts --seed 1
      parametric-memory eval facts --documents 20 --controls none,in_prompt,untrained
      parametric-memory eval facts --base-model ./my-model --hypernetwork run/hypernetwork --json
    """
    from parametric_memory.evaluation.run_facts import evaluate_facts

    _evaluate(
        context,
        "facts",
        options,
        lambda examiner: evaluate_facts(examiner, options.seed, documents, context.tell),
    )


@with_options(without=["seed"])
def notes(
    context: Context,
    options: Options,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="Only the first N notes; all otherwise.")
    ] = None,
) -> None:
    """Measure answers about notes as people write them.

    120 notes written by hand lie in one memory, and each is asked about once: telephone numbers, lists, instructions,
    preferences, decisions. Figures are the share of answers that contain a right one, and of questions that recall the
    right note.

    Examples:
      parametric-memory eval notes
      parametric-memory eval notes --controls none --json
    """
    from parametric_memory.evaluation.run_notes import evaluate_notes

    _evaluate(
        context,
        "notes",
        options,
        lambda examiner: evaluate_notes(examiner, count, context.tell),
    )


@with_options(without=["seed"])
def conversations(
    context: Context,
    options: Options,
    pairs: Annotated[
        int | None, typer.Option("--pairs", metavar="N", min=1, help="Only the first N pairs of people; all otherwise.")
    ] = None,
    questions: Annotated[
        int | None, typer.Option("--questions", metavar="N", min=1, help="Only the first N questions; all otherwise.")
    ] = None,
) -> None:
    """Measure answers about what people said in chats.

    Pairs of people talk on several days; all of it lies in one memory, and the index finds who said what. Figures are
    the share of answers that contain a right one, of questions whose turn or session is recalled first (beside it the
    nearest sentence by vectors alone), and of questions that no turn answers for which nothing is attached.

    Examples:
      parametric-memory eval conversations
      parametric-memory eval conversations --pairs 1 --questions 10 --controls none,rag --json
    """
    from parametric_memory.evaluation.run_conversations import evaluate_conversations

    _evaluate(
        context,
        "conversations",
        options,
        lambda examiner: evaluate_conversations(examiner, pairs, questions, context.tell),
    )


@with_options()
def qa(
    context: Context,
    options: Options,
    data: Annotated[
        list[str], typer.Option("--data", metavar="FILE|NAME", help="Where the questions are. May be repeated.")
    ],
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=1, help="How many questions, at most; with --by, of each."),
    ] = 100,
    least_tokens: Annotated[
        int | None, typer.Option("--least-tokens", metavar="N", min=1, help="Only texts of at least so many tokens.")
    ] = None,
    most_tokens: Annotated[
        int | None, typer.Option("--most-tokens", metavar="N", min=1, help="Only texts of at most so many tokens.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Only extractive, abstractive or yesno.")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", metavar="NAME", help="Only this part of the data.")] = None,
    per_text: Annotated[
        int | None, typer.Option("--per-text", metavar="N", min=1, help="How many questions about one text, at most.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="kind|length", help="Also rows of each kind, or length. May be repeated."),
    ] = None,
    through_index: Annotated[
        bool, typer.Option("--indexed", help="Also ask one memory of all texts, through its index and its gate.")
    ] = False,
) -> None:
    """Measure answers to questions about given texts.

    FILE holds JSON lines, gzipped or not: context, question and answers, or a context with several such qas. NAME is a
    set that the package datasets gets from a hub: squad, drop, ropes, or a part of LongBench, such as 2wikimqa. Each
    text is internalized once, however long it is, and its sentences nearest to the question are attached. Figures are
    the share of answers that contain a right one, word F1, and exact match; of questions of yes or no, how many say the
    right word; how many times the prompt's share that is; and how well the confidence tells right from wrong.

    Examples:
      parametric-memory eval qa --data questions.jsonl --limit 200
      parametric-memory eval qa --data valid.jsonl.gz --kind extractive --most-tokens 256 --indexed
      parametric-memory eval qa --data valid.jsonl.gz --by kind --by length --json
      parametric-memory eval qa --data squad --hypernetwork run/hypernetwork --json
    """
    from parametric_memory.evaluation.run_qa import BY, Selection, evaluate_qa

    by = list(dict.fromkeys(by or ()))
    if unknown := [name for name in by if name not in BY]:
        raise typer.BadParameter(f"{unknown[0]!r} is not {' or '.join(BY)}.", param_hint="--by")
    selection = Selection(limit, most_tokens, kind, split, least_tokens, per_text, by)
    _evaluate(
        context,
        "qa",
        options,
        lambda examiner: evaluate_qa(examiner, data, selection, options.seed, context.tell, through_index),
        answer_tokens=48,
    )


@with_options(controls="none,in_prompt,random_adapter", beams=1)
def published(
    context: Context,
    options: Options,
    set: Annotated[str, typer.Option("--set", metavar="NAME", help="Which set it is.")],
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="The set's file, as it is published.")],
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="How many questions. Default: all.")
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option("--also", metavar="DIR", help="Another hypernetwork, as a column. May be repeated."),
    ] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option("--mode", metavar="read_twice|question_first", help="Also so. May be repeated."),
    ] = None,
    compress: Annotated[
        float | None,
        typer.Option("--compress", metavar="SHARE", min=0.01, max=1, help="Also LLMLingua-2, which keeps this much."),
    ] = None,
    compressor: Annotated[
        str | None, typer.Option("--compressor", metavar="MODEL", help="Its model: a folder or a hub id.")
    ] = None,
) -> None:
    """Measure as the authors of Doc-to-LoRA do.

    Sets: squad, drop, ropes; 2wikimqa, hotpotqa, multifieldqa_en and qasper of LongBench, with _e behind it of
    LongBench-E; squad_compact, drop_compact, ropes_compact and pwc_compact. FILE is JSON, JSON lines or Parquet, as
    published. Questions are put in the authors' words, answers have up to 256 tokens and are greedy; figures are word
    F1, or ROUGE-L of ropes, and exact match. The document is given. Relative scores are shares of the score of the
    document in the prompt. read_twice reads a document again under its own adapter, question_first makes the adapter of
    question and document. The control distilled_as_published is context distillation by the authors' recipe.

    Examples:
      parametric-memory eval published --set squad --data dev-v1.1.json --limit 200
      parametric-memory eval published --set squad --data dev-v1.1.json --also run/hypernetwork --controls all
      parametric-memory eval published --set qasper --data qasper.jsonl --mode read_twice --mode question_first
    """
    from parametric_memory.evaluation.compression import MODEL, Compressor
    from parametric_memory.evaluation.published_sets import ANSWER_TOKENS
    from parametric_memory.evaluation.run_published import evaluate_published

    compressed = Compressor(compress, compressor or MODEL) if compress is not None else None
    _evaluate(
        context,
        "published",
        options,
        lambda examiner: evaluate_published(
            examiner,
            set,
            data,
            limit=limit,
            seed=options.seed,
            also=also or (),
            modes=tuple(mode or ()),
            compress=compressed,
            report=context.tell,
        ),
        answer_tokens=ANSWER_TOKENS,
    )


@with_options()
def needle(
    context: Context,
    options: Options,
    lengths: Lengths = "1024,2048,4096,8192,16384,32768",
    documents: Annotated[int, typer.Option("--documents", metavar="N", min=1, help="Texts of each length.")] = 10,
    needles: Annotated[int, typer.Option("--needles", metavar="N", min=1, help="Facts in each text, all asked.")] = 1,
    magic: Annotated[
        bool, typer.Option("--magic", help="Doc-to-LoRA's needle: a magic number in a line that is repeated.")
    ] = False,
) -> None:
    """Measure answers about one fact in a long text.

    The text is internalized whole. In the prompt, the middle of a text is cut out that is longer than the base model's
    window. Several facts in one text are asked about in the time that it takes to internalize one. With --magic a
    number is hidden as Doc-to-LoRA's authors hide it, at ten depths, and the text is given.

    Examples:
      parametric-memory eval needle
      parametric-memory eval needle --lengths 1024,131072 --documents 4 --controls none --plot needle.png
      parametric-memory eval needle --lengths 32768 --documents 10 --needles 10 --controls none
      parametric-memory eval needle --magic --lengths 256,1024,4096 --documents 50 --hypernetwork needle/hypernetwork
    """
    from parametric_memory.evaluation.run_needle import evaluate_magic_number, evaluate_needle

    sizes = _numbers(lengths)
    if magic:
        if needles > 1:
            raise typer.BadParameter("--magic hides one number in each text: leave out --needles.")
        _evaluate(
            context,
            "needle",
            options,
            lambda examiner: evaluate_magic_number(examiner, options.seed, sizes, documents, context.tell),
        )
        return
    _evaluate(
        context,
        "needle",
        options,
        lambda examiner: evaluate_needle(examiner, options.seed, sizes, documents, context.tell, needles),
    )


@with_options(without=["controls", "distill_seconds"])
def pictures(
    context: Context,
    options: Options,
    data: Annotated[
        list[Path], typer.Option("--data", metavar="DIR", help="A folder for each class in it. May be repeated.")
    ],
    vision: Vision = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Pictures of each class. Default: all.")
    ] = None,
) -> None:
    """Measure what is said of pictures under their adapters, by a model that cannot see them.

    Each picture is read by --vision, see train vision, or by the model that the hypernetwork was made to read with; the
    base model is asked under its adapter what it shows. Figures are the share of answers that name the class, beside no
    adapter and the adapter of a picture of another class; classes that the projection was never taught are a row of
    their own.

    Examples:
      parametric-memory eval pictures --vision vision/ --data photos/test
      parametric-memory eval pictures --vision vision/ --data photos/test --data others/test --limit 10 --json
    """
    from parametric_memory.evaluation.run_pictures import evaluate_pictures

    _evaluate(
        context,
        "pictures",
        options,
        lambda examiner: evaluate_pictures(examiner, data, limit=limit, seed=options.seed, report=context.tell),
        vision=vision,
    )


@with_options(without=["beams"])
def memory(
    context: Context,
    options: Options,
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=2, help="Documents in the memory, each asked about once.")
    ] = 40,
    save: Annotated[
        bool, typer.Option("--save", help="Also write the best threshold into the folder of --hypernetwork.")
    ] = False,
) -> None:
    """Measure what recall's defaults are chosen from.

    One memory of many documents: how many adapters an answer merges, with which weights, cut to which rank; how many
    sentences of a document, weighted how sharply; and how many right recalls and unrelated questions pass a threshold
    of similarity. The last row is the best threshold; with --save every memory of that hypernetwork follows it.

    Examples:
      parametric-memory eval memory
      parametric-memory eval memory --documents 100 --controls none --json
      parametric-memory eval memory --base-model ./my-model --hypernetwork run/hypernetwork --save
    """
    from parametric_memory.evaluation.run_memory import evaluate_memory
    from parametric_memory.hypernetworks.checkpoint import save_calibration
    from parametric_memory.hypernetworks.record import read_record

    folder = Path(context.hypernetwork or "")
    if save and options.without:
        raise typer.BadParameter("A threshold is saved as it is with all rules: leave out --without.")
    if save:
        if context.hypernetwork is None:
            raise typer.BadParameter(
                "A threshold is saved with a hypernetwork of yours: name its folder.", param_hint="--hypernetwork"
            )
        read_record(folder)

    _evaluate(
        context,
        "memory",
        options,
        lambda examiner: evaluate_memory(examiner, options.seed, documents, context.tell),
        (lambda rows: save_calibration(folder, threshold=rows[-1].memory)) if save else None,
    )


@with_options(without=["beams"], controls=f"{_CHEAP},distilled", distill_seconds=150.0)
def efficiency(
    context: Context,
    options: Options,
    lengths: Lengths = "1024,4096,8192",
) -> None:
    """Measure what internalizing costs, and what it saves.

    Seconds to internalize a text and to the first token of an answer, megabytes of the adapter and of the key-value
    cache of the same text (computed from shapes, for gemma-2-2b too), and answers a second. Context distillation, of
    the shortest text only, is stopped after --distill-seconds.

    Examples:
      parametric-memory eval efficiency
      parametric-memory eval efficiency --lengths 256,1024 --controls in_prompt,rag
    """
    from parametric_memory.evaluation.run_efficiency import evaluate_efficiency

    sizes = _numbers(lengths)
    _evaluate(
        context,
        "efficiency",
        options,
        lambda examiner: evaluate_efficiency(examiner, options.seed, sizes, context.tell),
        answers=False,  # but greedily, and of other lengths
    )


@with_options(without=["controls", "distill_seconds", "beams", "without", "plot"])
def recall(
    context: Context,
    options: Options,
    documents: Annotated[int, typer.Option("--documents", metavar="N", min=2, help="Texts in each memory.")] = 100,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Also questions about passages, as `eval qa` reads.")
    ] = None,
) -> None:
    """Measure what is found, and what the judge brings.

    Every question is looked up as the memory does, and by vectors alone: the gain is the difference, in points, with
    the standard error of the paired difference. Generated facts, statements of the asker, and real passages of a file;
    questions that nothing answers are among them. No language model answers.

    Examples:
      parametric-memory eval recall --seed 1
      parametric-memory eval recall --documents 200 --data train.jsonl.gz --json
    """
    from parametric_memory.evaluation.run_recall import evaluate_recall

    _evaluate(
        context,
        "recall",
        options,
        lambda examiner: evaluate_recall(examiner.memory, options.seed, documents, data, context.tell),
        answers=False,
    )


@with_options(without=["controls", "distill_seconds", "beams", "plot"])
def unknown(
    context: Context,
    options: Options,
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=2, help="Generated texts in each memory.")
    ] = 100,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Also questions about passages, as `eval qa` reads.")
    ] = None,
    passages: Annotated[
        int | None, typer.Option("--passages", metavar="N", min=2, help="How many of its passages; all otherwise.")
    ] = None,
) -> None:
    """Measure whether a memory knows what is not in it.

    Questions that nothing in memory answers, beside others that something does: about people and things that no text
    names, about what the asker never said, and, of a file, about the half of its passages that is not in memory. How
    many find something above the threshold; above the one that keeps 95 % of the others; and how well the score tells
    both apart. Also how often the right sentence is first of all. No language model answers.

    Examples:
      parametric-memory eval unknown --documents 200
      parametric-memory eval unknown --data valid.jsonl.gz --json
      parametric-memory eval unknown --data valid.jsonl.gz --passages 200
    """
    from parametric_memory.evaluation.run_unknown import evaluate_unknown

    _evaluate(
        context,
        "unknown",
        options,
        lambda examiner: evaluate_unknown(examiner.memory, options.seed, documents, data, passages, context.tell),
        answers=False,
    )


@with_options(without=["controls", "distill_seconds", "plot"])
def confidence(
    context: Context,
    options: Options,
    data: Annotated[str, typer.Option("--data", metavar="FILE|NAME", help="Where the questions are.")],
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=2, help="How many questions, at most.")] = 200,
    most_tokens: Annotated[
        int | None, typer.Option("--most-tokens", metavar="N", min=1, help="Only texts of at most so many tokens.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Only extractive, abstractive or yesno.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="DIR", help="Also write the best weights into this judge's folder.")
    ] = None,
) -> None:
    """Measure how well an answer's confidence tells right from wrong.

    All passages lie in one memory, and every question is answered, whatever the gate would say. Figures are the share
    of pairs, a right answer and a wrong one, in which the right one is told to be surer (AUC). With --save the weights
    are written that make the confidence the probability that these answers are right.

    Examples:
      parametric-memory eval confidence --data valid.jsonl.gz
      parametric-memory eval confidence --data train.jsonl.gz --limit 400 --save run/judge
    """
    from parametric_memory.evaluation.run_confidence import evaluate_confidence
    from parametric_memory.evaluation.run_qa import Selection
    from parametric_memory.index.judge_config import read_judge_config, save_weights

    if save is not None:
        read_judge_config(save)
    fitted: dict[str, float] = {}

    def evaluate(examiner: Examiner) -> list[EvalRow]:
        selection = Selection(limit, most_tokens, kind)
        rows, weights = evaluate_confidence(examiner, data, selection, options.seed, context.tell)
        fitted.update(weights)
        return rows

    _evaluate(context, "confidence", options, evaluate)
    if save is not None:
        save_weights(save, **fitted)
        context.tell(f"Saved in {save}: {', '.join(f'{name} {value:.3g}' for name, value in fitted.items())}")


@with_options()
def conflict(
    context: Context,
    options: Options,
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=2, help="Contradictions, and pairs of documents.")
    ] = 40,
) -> None:
    """Measure which source wins where two disagree.

    Documents against what the base model knows by itself, also by how sure it is; and the newer of two documents
    against the older one. All lie in a memory that is asked through its index and gate. An answer that holds both
    values, or neither, counts for no side.

    Examples:
      parametric-memory eval conflict
      parametric-memory eval conflict --documents 200 --plot conflict.png
    """
    from parametric_memory.evaluation.run_conflict import evaluate_conflict

    _evaluate(
        context,
        "conflict",
        options,
        lambda examiner: evaluate_conflict(examiner, options.seed, documents, context.tell),
    )


@with_options(without=["controls", "distill_seconds", "beams", "without"])
def skills(
    context: Context,
    options: Options,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", metavar="FILE", help="Tasks that nothing was trained on. May be repeated."),
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option("--benchmark", metavar="NAME=FILE", help="A published benchmark. May be repeated."),
    ] = None,
    skills: Annotated[
        Path | None, typer.Option("--skills", metavar="DIR", help="The hypernetwork; else the one that comes along.")
    ] = None,
    rebuilt: Annotated[
        Path | None, typer.Option("--rebuilt", metavar="DIR", help="Another one, trained by reconstruction.")
    ] = None,
    all_tasks: Annotated[
        Path | None, typer.Option("--all-tasks", metavar="DIR", help="A PEFT folder: one LoRA of all tasks.")
    ] = None,
    own: Annotated[
        Path | None, typer.Option("--own", metavar="DIR", help="What train lora --each made of these tasks.")
    ] = None,
    as_document: Annotated[
        bool, typer.Option("--as-document", help="Also have the memory's hypernetwork read the description.")
    ] = False,
    leave_out: Annotated[
        str, typer.Option("--leave-out", metavar="LIST", help="Columns that are not wanted, by their names in JSON.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Questions of a task, at most.")] = 20,
    run_code: Annotated[
        bool, typer.Option("--run-code", help="Run the programs that the model writes, to score HumanEval and MBPP.")
    ] = False,
    float32: Annotated[bool, typer.Option("--float32", help="Compute in float32.")] = False,
) -> None:
    """Measure skills: tasks done under an adapter that was made of their description.

    The same questions are answered without adapter, with the description or three examples in the prompt, and under
    other adapters: of another task's description, of one that says nothing, and, where they are given, one LoRA of all
    tasks, the task's own, and the skill of a hypernetwork that was trained by reconstruction. Each figure is the mean
    over tasks of the share of right answers, or of ROUGE-L where an answer is generated.

    Examples:
      parametric-memory eval skills --data held-out.jsonl --skills run/hypernetwork
      parametric-memory eval skills --data held-out.jsonl --all-tasks all/adapter --own oracles/ --plot skills.png
      parametric-memory eval skills --benchmark arc-easy=ARC-Easy-Test.jsonl --benchmark boolq=dev.jsonl --limit 50
    """
    from parametric_memory.evaluation.benchmark_tasks import benchmark_task, scorer
    from parametric_memory.evaluation.run_skills import COLUMNS, Compared, evaluate_skills
    from parametric_memory.models.skill_makers import skill_folder
    from parametric_memory.training.data.tasks import read_tasks

    tasks = read_tasks(data) if data else []
    tasks += [benchmark_task(*_named_file(given)) for given in benchmark or ()]
    if not tasks:
        raise typer.BadParameter("Name tasks with --data, or a benchmark with --benchmark.")
    left_out = frozenset(name.strip() for name in leave_out.split(",") if name.strip())
    if unknown := left_out - COLUMNS.keys() | left_out & {"memory"}:
        raise typer.BadParameter(f"There is no column {min(unknown)} to leave out: there are {', '.join(COLUMNS)}.")

    def evaluate(examiner: Examiner) -> list[EvalRow]:
        models = examiner.memory.models
        if float32:
            models.base.model.float()
        folder = skill_folder(models.base, skills)
        compared = Compared(folder, rebuilt, all_tasks, own, as_document, left_out)
        return evaluate_skills(
            examiner.memory, tasks, compared, options.seed, limit, context.tell, scorer(run_code=run_code)
        )

    _evaluate(context, "skills", options, evaluate, answers=False, titles=COLUMNS)


def _named_file(given: str) -> tuple[str, Path]:
    name, equals, file = given.partition("=")
    if not equals:
        raise typer.BadParameter(f"--benchmark is NAME=FILE, not {given}.")
    return name, Path(file)


def _evaluate(
    context: Context,
    name: str,
    options: Options,
    evaluate: Callable[[Examiner], list[EvalRow]],
    then: Callable[[Sequence[EvalRow]], None] | None = None,
    answer_tokens: int = 32,
    answers: bool = True,
    titles: Mapping[str, str] | None = None,
    vision: str | None = None,
) -> None:
    """Runs one evaluation and shows its rows: with --json alone on stdout, else with what they come from below.

    Args:
        then: what is done with the rows when they have been shown.
        answers: whether a language model answers, always in the examiner's one way.
        titles: what the columns are called; as `CONTROLS` says when not given.
        vision: what reads pictures.
    """
    from parametric_memory.adapters.peft_folder import load_peft
    from parametric_memory.evaluation.controls import Examiner
    from parametric_memory.evaluation.plots import check_plot, draw_rows
    from parametric_memory.evaluation.results import command_line, result_of
    from parametric_memory.evaluation.rows import CONTROLS, as_table

    titles = CONTROLS if titles is None else titles
    chosen = _chosen(options.controls)
    if options.plot is not None:
        check_plot(options.plot)
    models = ModelSettings(vision=vision)
    with open_memory(context, models, RecallSettings(without=tuple(options.without or ()))) as memory:
        examiner = Examiner(
            memory,
            chosen,
            answer_tokens=answer_tokens,
            distill_seconds=options.distill_seconds,
            beams=options.beams,
            skill=None if options.skill is None else load_peft(options.skill),
        )
        command = command_line("parametric-memory", sys.argv[1:])
        result = result_of(
            name,
            command,
            options.seed,
            memory,
            lambda: _named(evaluate(examiner), options),
            (lambda: examiner.search) if answers else None,
        )
    rows = result.rows
    origin = f"`{command}`, seed {options.seed}: {result.origin}"
    if context.json:
        context.tell(origin)
    context.show(result, f"{as_table(rows, titles)}\n\n{origin}")
    if then is not None:
        then(rows)
    if options.plot is not None:
        draw_rows(rows, f"eval {name}", options.plot, titles)


def _named(rows: Sequence[EvalRow], options: Options) -> list[EvalRow]:
    """Rows that say which rules were turned off."""
    off = f", without {', '.join(options.without)}" if options.without else ""
    return [row.model_copy(update={"case": f"{row.case}{off}"}) for row in rows]


def _chosen(controls: str) -> tuple[str, ...]:
    from parametric_memory.evaluation.controls import CHEAP, COSTLY

    known = (*CHEAP, *COSTLY)
    named = [name.strip() for name in controls.split(",") if name.strip()]
    unknown = [name for name in named if name not in (*known, "all")]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is no control: they are {', '.join(known)}, and all.", param_hint="--controls"
        )
    return tuple(control for control in known if control in named or "all" in named)


def _numbers(written: str) -> tuple[int, ...]:
    parts = [part.strip() for part in written.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise typer.BadParameter(f"{written!r} is no list of lengths, such as 1024,4096.", param_hint="--lengths")
    return tuple(dict.fromkeys(map(int, parts)))
