"""`eval`: what a memory answers about what was never seen in training, what it recalls, and what skills do."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import BadParameter, Option

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.context import Context, open_memory, options_of
from parametric_memory.settings import ModelSettings, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.evaluation.rows import EvalRow
    from parametric_memory.evaluation.runner import Runner
else:  # signatures are evaluated, and help is shown without loading torch
    EvalRow = Runner = Any

Rows = list[EvalRow]
Passages = Annotated[Path | None, Option(metavar="FILE", help="Also questions about passages, as `eval qa` reads.")]

NEEDLE = "hybrid,none,in_prompt,random_adapter,rag,judged_text,shared_rows"  # whole adapters of long texts take long
USUAL = f"{NEEDLE},wrong_document"
QUICK = "hybrid,none,random_adapter,rag,judged_text"  # for one's own questions: no document is read once more


@dataclass(frozen=True)
class Options:
    """What evaluations take besides their own options."""

    seed: Annotated[int, Option(metavar="N", help="Same seed, same questions.")] = 0
    controls: Annotated[
        str,
        Option(
            metavar="LIST",
            help="Any of hybrid, none, in_prompt, random_adapter, rag, untrained, judged_text, wrong_document, "
            "marked_words, shared_rows, shared_rows_text, strength_0, whole_adapter, or all.",
        ),
    ] = USUAL
    skill: Annotated[
        Path | None, Option(metavar="DIR", help="A PEFT folder: two columns more, the memory beside it and it alone.")
    ] = None
    without: Annotated[
        list[str] | None, Option(metavar="RULE", help="Turn off a rule about answers. May be repeated.")
    ] = None
    answers: Annotated[
        Path | None, Option(metavar="FILE", help="Store answers here as they come; an interrupted run resumes.")
    ] = None


def evaluation(
    *, without: Sequence[str] = (), answer_tokens: int = 32, answers: bool = True, skills: bool = False, **defaults: Any
) -> Callable[[Callable[..., Rows]], Callable[..., None]]:
    """Makes a command of a function of a runner that returns rows. The runner loads the models at first use: options
    are checked before. The command has the options of `Options` after its own. It shows the rows: with --json alone on
    stdout, else with command and models below.

    Args:
        without: shared options that it does not have; they keep their defaults.
        answers: whether a language model answers, always in the runner's one way.
        skills: whether its columns are those of skills.
        defaults: of shared options, in place of the usual ones.
    """
    without = [*without, "skill"] if "controls" in without else without
    shared = [
        option.replace(default=defaults.get(option.name, option.default))
        for option in options_of(Options)
        if option.name not in without
    ]

    def decorate(evaluate: Callable[..., Rows]) -> Callable[..., None]:
        @wraps(evaluate)
        def command(context: Context, **values: Any) -> None:
            from parametric_memory.adapters.peft_folder import load_peft
            from parametric_memory.evaluation.results import command_line, result_of
            from parametric_memory.evaluation.rows import CONTROLS, SKILL_COLUMNS, as_table
            from parametric_memory.evaluation.runner import Runner

            options = Options(**{option.name: values.pop(option.name) for option in shared})
            models = ModelSettings(trust_remote_code=values.get("trust_remote_code", False))
            off = f", without {', '.join(options.without)}" if options.without else ""
            columns, seed = _chosen(options.controls), options.seed

            def measure() -> Rows:
                return [row.model_copy(update={"case": f"{row.case}{off}"}) for row in evaluate(runner, **values)]

            with open_memory(context, models, RecallSettings(without=tuple(options.without or ()))) as memory:
                skill = None if options.skill is None else load_peft(options.skill)
                kept, tell, own = options.answers, context.tell, {"answer_tokens": answer_tokens, "seed": seed}
                runner = Runner(memory, columns, skill=skill, kept=kept, report=tell, **own)
                line = command_line("parametric-memory", sys.argv[1:])
                search = (lambda: runner.search) if answers else None
                try:
                    result = result_of(evaluate.__name__, line, seed, memory, measure, search)
                except KeyboardInterrupt:
                    where = f"are in {kept}:" if kept else "are lost; with --answers FILE"
                    tell(f"Stopped. {runner.answerer.done:,} answers {where} the same command goes on there.")
                    raise
                result = result.model_copy(update={"kept_answers": runner.answerer.reused})
            origin = f"`{line}`, seed {seed}: {result.origin}"
            if context.json:
                tell(origin)
            context.show(result, f"{as_table(result.rows, SKILL_COLUMNS if skills else CONTROLS)}\n\n{origin}")

        _, *own = inspect.signature(evaluate, eval_str=True).parameters.values()
        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = [context, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *shared]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return command

    return decorate


def _chosen(controls: str) -> tuple[str, ...]:
    from parametric_memory.evaluation.runner import CONTROLS

    named = [name.strip() for name in controls.split(",") if name.strip()]
    if unknown := [name for name in named if name not in (*CONTROLS, "all")]:
        raise BadParameter(
            f"{unknown[0]!r} is no control: they are {', '.join(CONTROLS)}, and all.", param_hint="--controls"
        )
    return tuple(c for c in CONTROLS if c in named or "all" in named)


@evaluation(controls=f"{USUAL},whole_adapter")
def facts(
    runner: Runner, documents: Annotated[int, Option(metavar="N", min=1, help="Documents of each size.")] = 60
) -> Rows:
    """Measure answers about generated documents.

    Their names, words and phrasings do not occur in training, except a few general phrasings. Each figure is the share
    of answers that contain the value and no other document's. One document of one, two, four and eight facts, and
    memories of 20 and 100 documents asked through their index.

    Examples:
      parametric-memory eval facts --seed 1
      parametric-memory eval facts --documents 20 --controls none,in_prompt,untrained
      parametric-memory eval facts --base-model ./my-model --hypernetwork run/hypernetwork --json
    """
    from parametric_memory.evaluation.run_facts import evaluate_facts

    return evaluate_facts(runner, runner.seed, documents)


@evaluation(controls="hybrid,in_prompt,judged_text,whole_adapter")
def curves(
    runner: Runner,
    curve: Annotated[
        list[str] | None, Option(metavar="NAME", help="facts, adapters, wordings or documents. May be repeated.")
    ] = None,
    seeds: Annotated[int, Option(metavar="N", min=1, help="How many seeds, from --seed on.")] = 5,
    questions: Annotated[
        int, Option(metavar="N", min=2, help="How many questions with each seed, at each point.")
    ] = 20,
) -> Rows:
    """Measure how answers fall as one thing grows.

    Facts a document (1 to 32), documents in memory (1 to 10,000, most of them about the same people), adapters attached
    together (1 to 8, side by side and averaged), and questions worded as in training or otherwise. The same questions
    are asked at each point. Standard errors are over seeds; so is that of the difference to the first point, in points.

    Examples:
      parametric-memory eval curves --answers curves.db --json
      parametric-memory eval curves --curve facts --curve adapters --seeds 2 --questions 5
    """
    from parametric_memory.evaluation.run_curves import CURVES, evaluate_curves

    if unknown := [name for name in curve or () if name not in CURVES]:
        raise BadParameter(f"{unknown[0]!r} is not {' or '.join(CURVES)}.", param_hint="--curve")
    return evaluate_curves(runner, runner.seed, seeds, questions, curve or tuple(CURVES))


@evaluation(without=["seed"])
def notes(
    runner: Runner,
    count: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N notes; all otherwise.")] = None,
) -> Rows:
    """Measure answers about notes as people write them.

    120 notes written by hand lie in one memory, and each is asked about once: telephone numbers, lists, instructions,
    preferences, decisions. Figures are the share of answers that contain a right one, and of questions that recall the
    right note.

    Examples:
      parametric-memory eval notes
      parametric-memory eval notes --controls none --json
    """
    from parametric_memory.evaluation.run_written import evaluate_notes

    return evaluate_notes(runner, count)


@evaluation(without=["seed"])
def conversations(
    runner: Runner,
    pairs: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N pairs of people.")] = None,
    questions: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N questions.")] = None,
    data: Annotated[Path | None, Option(metavar="FILE", help="LoCoMo or LongMemEval, as published, instead.")] = None,
) -> Rows:
    """Measure answers about what people said in chats.

    Pairs of people talk on several days; all of it lies in one memory, and the index finds who said what. Figures are
    the share of answers that contain a right one, of questions whose turn or session is recalled first (beside it the
    nearest sentence by vectors alone), of answerable questions for which something is attached, and of others for which
    nothing is. With --data, each conversation of LoCoMo, or question of LongMemEval, has a memory of its own. Rows are
    by category, scored as LoCoMo's authors do, and the others must be refused.

    Examples:
      parametric-memory eval conversations
      parametric-memory eval conversations --pairs 1 --questions 10 --controls none,rag --json
      parametric-memory eval conversations --data locomo10.json --pairs 1 --controls none,rag
    """
    from parametric_memory.evaluation.run_written import evaluate_conversations

    return evaluate_conversations(runner, pairs, questions, data)


@evaluation(without=["seed"])
def papers(
    runner: Runner,
    half: Annotated[Literal["a", "b"] | None, Option(metavar="a|b", help="Only this half; both otherwise.")] = None,
    limit: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N questions of a half.")] = None,
) -> Rows:
    """Measure answers about files as people write them.

    26 FAQs, tables, minutes, profiles, mails and chats lie in one memory. 200 questions are answered by one of them, 40
    are about one and answered by none. Figures are the shares of answers that are right, wrong and "The memory does not
    hold this.", and of those that say the same over and over. Half b is kept apart: nothing is changed because of it.

    Examples:
      parametric-memory eval papers
      parametric-memory eval papers --half a --limit 20 --controls hybrid --json
    """
    from parametric_memory.evaluation.run_written import HALVES, evaluate_papers

    return evaluate_papers(runner, HALVES if half is None else [half], limit)


@evaluation()
def two(runner: Runner, questions: Annotated[int, Option(metavar="N", min=2, help="How many questions.")] = 60) -> Rows:
    """Measure answers that need two documents, or three.

    Notes about people are in one memory. A question asks which of two people something is true of, what is true of
    both, or of whom it is true. A further column is the same memory attaching one document only. Figures are the share
    of answers that contain everything asked for, and of questions for which all documents are attached.

    Examples:
      parametric-memory eval two
      parametric-memory eval two --questions 20 --controls in_prompt,rag --json
    """
    from parametric_memory.evaluation.run_facts import evaluate_two

    return evaluate_two(runner, runner.seed, questions)


@evaluation(controls=QUICK, answer_tokens=48)
def qa(
    runner: Runner,
    data: Annotated[list[str], Option(metavar="FILE", help="Passages with questions. May be repeated.")],
    limit: Annotated[int, Option(metavar="N", min=1, help="How many questions, at most; with --by, of each.")] = 100,
    least_tokens: Annotated[int | None, Option(metavar="N", min=1, help="Only texts of at least N tokens.")] = None,
    most_tokens: Annotated[int | None, Option(metavar="N", min=1, help="Only texts of at most N tokens.")] = None,
    kind: Annotated[str | None, Option(metavar="KIND", help="Only extractive, abstractive or yesno.")] = None,
    per_text: Annotated[int | None, Option(metavar="N", min=1, help="Questions about one text, at most.")] = None,
    split: Annotated[str | None, Option(metavar="NAME", help="Not the records whose split is another one.")] = None,
    by: Annotated[list[str] | None, Option(metavar="kind|length", help="Also rows of each kind or length.")] = None,
    through_index: Annotated[
        bool, Option("--indexed", help="Also ask one memory of all texts, through its index.")
    ] = False,
) -> Rows:
    """Measure answers to questions about given texts.

    FILE holds JSON lines, gzipped or not: context, question and answers, or a context with several such qas. Each text
    is internalized once, however long it is, and its sentences nearest to the question are attached. Figures are the
    share of answers that contain a right one, word F1, exact match, and two learned scores of meaning; of yes/no
    questions, the share with the right word; the ratio to the share with the text in the prompt; and how well the
    confidence separates right from wrong.

    Examples:
      parametric-memory eval qa --data questions.jsonl --limit 200
      parametric-memory eval qa --data valid.jsonl.gz --kind extractive --most-tokens 256 --indexed
      parametric-memory eval qa --data valid.jsonl.gz --by kind --by length --json
      parametric-memory eval qa --data long.jsonl.gz --split valid --per-text 2
      parametric-memory eval qa --data questions.jsonl --hypernetwork run/hypernetwork --json
    """
    from parametric_memory.evaluation.run_qa import BY, Selection, evaluate_qa

    by = list(dict.fromkeys(by or ()))
    if unknown := [name for name in by if name not in BY]:
        raise BadParameter(f"{unknown[0]!r} is not {' or '.join(BY)}.", param_hint="--by")
    selection = Selection(limit, most_tokens, kind, least_tokens, per_text, by, split)
    return evaluate_qa(runner, data, selection, runner.seed, through_index)


@evaluation(controls="none,in_prompt,random_adapter,judged_text,wrong_document,shared_rows", answer_tokens=256)
def published(
    runner: Runner,
    set: Annotated[str, Option(metavar="NAME", help="Which set it is.")],
    data: Annotated[Path, Option(metavar="FILE", help="The set's file, as it is published.")],
    limit: Annotated[int | None, Option(metavar="N", min=1, help="How many questions. Default: all.")] = None,
    also: Annotated[
        list[Path] | None, Option(metavar="DIR", help="Another hypernetwork, as a column. Repeatable.")
    ] = None,
) -> Rows:
    """Measure as the authors of Doc-to-LoRA do.

    Sets: squad, drop, ropes; 2wikimqa, hotpotqa, multifieldqa_en and qasper of LongBench (with _e: of LongBench-E);
    squad_compact, drop_compact, ropes_compact and pwc_compact. FILE is JSON, JSON lines or Parquet, as published.
    Questions have the authors' wording, answers are greedy and have up to 256 tokens; figures are word F1, or ROUGE-L
    of ropes, and exact match. The document is given. Relative scores are shares of the score of the document in the
    prompt.

    Examples:
      parametric-memory eval published --set squad --data dev-v1.1.json --limit 200
      parametric-memory eval published --set squad --data dev-v1.1.json --also run/hypernetwork --controls all
    """
    from parametric_memory.evaluation.run_published import evaluate_published

    return evaluate_published(runner, set, data, limit=limit, seed=runner.seed, also=also or ())


@evaluation(controls=NEEDLE)
def needle(
    runner: Runner,
    lengths: Annotated[
        str, Option(metavar="LIST", help="Lengths of the texts, in tokens.")
    ] = "1024,2048,4096,8192,16384,32768",
    documents: Annotated[int, Option(metavar="N", min=1, help="Texts of each length.")] = 10,
    needles: Annotated[int, Option(metavar="N", min=1, help="Facts in each text, all asked.")] = 1,
    magic: Annotated[bool, Option("--magic", help="Doc-to-LoRA's needle: a number in repeated lines.")] = False,
) -> Rows:
    """Measure answers about one fact in a long text.

    The text is internalized whole. In the prompt, a text longer than the base model's window loses its middle. Several
    facts in one text take hardly longer than one. With --magic a number is hidden as Doc-to-LoRA's authors do it, at
    ten depths, and the text is given.

    Examples:
      parametric-memory eval needle
      parametric-memory eval needle --lengths 1024,131072 --documents 4 --controls none
      parametric-memory eval needle --lengths 32768 --documents 10 --needles 10 --controls none
      parametric-memory eval needle --magic --lengths 256,1024,4096 --documents 50 --hypernetwork needle-hypernetwork
    """
    from parametric_memory.evaluation.run_facts import evaluate_needle

    parts = [part.strip() for part in lengths.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise BadParameter(f"{lengths!r} is no list of lengths, such as 1024,4096.", param_hint="--lengths")
    if magic and needles > 1:
        raise BadParameter("--magic hides one number in each text: leave out --needles.")
    sizes = tuple(dict.fromkeys(map(int, parts)))
    return evaluate_needle(runner, runner.seed, sizes, documents, needles, magic)


@evaluation()
def conflict(
    runner: Runner,
    documents: Annotated[int, Option(metavar="N", min=2, help="Contradictions, and pairs of documents.")] = 40,
) -> Rows:
    """Measure which source wins where two disagree.

    Documents against what the base model knows by itself, also by how sure it is; and the newer of two documents
    against the older one; and statements in free words that contradict common knowledge or correct a value. All are in
    a memory that is asked through its index and gate. An answer with both values, or
    neither, counts for no side.

    Examples:
      parametric-memory eval conflict
      parametric-memory eval conflict --documents 200
    """
    from parametric_memory.evaluation.run_facts import evaluate_conflict

    return evaluate_conflict(runner, runner.seed, documents)


@evaluation(without=["controls", "without", "answers"], answers=False)
def recall(
    runner: Runner,
    documents: Annotated[int, Option(metavar="N", min=2, help="Texts in each memory.")] = 100,
    data: Passages = None,
) -> Rows:
    """Measure what questions recall, and what the judge brings.

    Every question is looked up as the memory does, and by vectors alone: the gain is the difference, in points, with
    the standard error of the paired difference. Generated facts, statements of the asker, and real passages of a file;
    questions that nothing answers are among them. No language model answers.

    Examples:
      parametric-memory eval recall --seed 1
      parametric-memory eval recall --documents 200 --data train.jsonl.gz --json
    """
    from parametric_memory.evaluation.run_recall import evaluate_recall

    return evaluate_recall(runner, runner.seed, documents, data)


@evaluation(without=["controls", "answers"], answers=False)
def unknown(
    runner: Runner,
    documents: Annotated[int, Option(metavar="N", min=2, help="Generated texts in each memory.")] = 100,
    data: Passages = None,
    passages: Annotated[int | None, Option(metavar="N", min=2, help="How many of its passages; all otherwise.")] = None,
) -> Rows:
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
    from parametric_memory.evaluation.run_recall import evaluate_unknown

    return evaluate_unknown(runner, runner.seed, documents, data, passages)


@evaluation(without=["controls", "without"], answers=False, skills=True)
def skills(
    runner: Runner,
    data: Annotated[list[Path], Option(metavar="FILE", help="Tasks that nothing was trained on. Repeatable.")],
    skills: Annotated[Path | None, Option(metavar="DIR", help="The hypernetwork. Default: the shipped one.")] = None,
    all_tasks: Annotated[Path | None, Option(metavar="DIR", help="A PEFT folder: one LoRA of all tasks.")] = None,
    own: Annotated[Path | None, Option(metavar="DIR", help="What train lora --each made of these tasks.")] = None,
    limit: Annotated[int, Option(metavar="N", min=1, help="Questions of a task, at most.")] = 20,
    float32: Annotated[bool, Option("--float32", help="Compute in float32.")] = False,
    save: Annotated[
        bool, Option("--save", help="Also write the tasks' scores to --skills: skill add says what to expect.")
    ] = False,
    trust_remote_code: TrustRemoteCode = False,
) -> Rows:
    """Measure skills: tasks done under an adapter that was made of their description.

    The same questions are answered without adapter, with the description or three examples in the prompt, and under
    other adapters: of another task's description, of one that says nothing, and, where they are given, one LoRA of all
    tasks and the task's own. Each figure is the mean over tasks of the share of right answers, or of ROUGE-L where an
    answer is generated. A task whose description cannot be read is named and left out.

    Examples:
      parametric-memory eval skills --data held-out.jsonl --skills run/hypernetwork
      parametric-memory eval skills --data checkable/phrasings.jsonl --skills run/hypernetwork --save
      parametric-memory eval skills --data held-out.jsonl --all-tasks all/adapter --own oracles/
    """
    from parametric_memory.evaluation.run_skills import evaluate_skills, measured_tasks
    from parametric_memory.hypernetworks.text_to_lora.folder import MEASURED_FILE, write_measured
    from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker, skill_folder
    from parametric_memory.training.data.tasks import read_tasks

    if save and skills is None:
        raise BadParameter("Scores are saved with a hypernetwork of yours: name its folder.", param_hint="--skills")
    tasks = read_tasks(data)
    models = runner.memory.models
    if float32:
        models.base.model.float()
    folder = skill_folder(models.base, skills)
    rows = evaluate_skills(runner, tasks, folder, all_tasks=all_tasks, own=own, seed=runner.seed, limit=limit)
    if save:
        maker = SkillMaker.load(folder, models.base, trust_remote_code=trust_remote_code)
        measured = measured_tasks(maker, tasks, rows)
        write_measured(folder, measured)
        runner.report(f"Saved in {folder / MEASURED_FILE}: {len(measured)} tasks")
    return rows
