"""`ask` and `recall`: questions answered from the memory, and what a query finds in it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, BadParameter, Option

from parametric_memory.commands import arguments
from parametric_memory.commands.context import Context, on_engine, open_memory, table
from parametric_memory.documents.cleaning import clean, shown, shown_in_line
from parametric_memory.records import Answer, KeptToken, Recall, RecalledPassage
from parametric_memory.settings import RecallSettings

if TYPE_CHECKING:
    from parametric_memory.internalize.selection import Models


def ask(
    context: Context,
    question: Annotated[str, Argument(metavar="QUESTION", help="The question, or - for stdin.")],
    no_memory: Annotated[bool, Option("--no-memory", help="Answer with the base model alone.")] = False,
    hybrid: Annotated[bool, Option("--hybrid", help="Also put what is recalled into the prompt, as text.")] = False,
    abstain: Annotated[
        bool | None,
        Option(
            "--abstain/--no-abstain",
            help="Where the memory does not hold the answer, say so; or let the base model answer by itself.",
            show_default="--abstain, unless skills are named",
        ),
    ] = None,
    explain: Annotated[bool, Option("--explain", help="Also show the sentences that are attached.")] = False,
    max_tokens: Annotated[int, Option(metavar="N", min=1, help="The longest answer, in tokens.")] = 64,
    max_rank: arguments.MaxRank = None,
    skill: Annotated[list[str] | None, Option(metavar="NAME", help="A skill to answer under. May be repeated.")] = None,
    engine: arguments.Engine = None,
    engine_rank: arguments.EngineRank = 64,
    where: arguments.Where = arguments.ANYWHERE,
) -> None:
    """Answer a question from the memory.

    The answer goes to stdout, what was recalled for it to stderr. In a terminal it is written piece by piece, unless
    --json is given.

    Examples:
      parametric-memory ask "Where does Lina Okafor live?"
      parametric-memory ask "What is the refund policy?" --filter team=sales --json
      parametric-memory ask "How many planets are there?" --no-abstain
      parametric-memory ask "Who mentors Spiro?" --explain
      parametric-memory ask "Who leads Project Bluefin?" --at 2021-06-30
      parametric-memory ask "Why was the harbour closed?" --hybrid
      parametric-memory ask "Is this review positive? I would go again." --skill sentiment
      parametric-memory ask - < question.txt
    """
    question = arguments.text_of(question)
    if no_memory:
        if any((hybrid, abstain, explain, max_rank, skill, engine, *vars(where).values())):
            raise BadParameter(
                "Without memory there is no --hybrid, --abstain, --explain, --skill, --engine, --filter, --namespace, "
                "--user, --agent, --run, --at or --max-rank."
            )
        with open_memory(context) as memory:
            answer = plain_answer(memory.models, question, max_tokens)
        context.show(answer, answer.text)
        return
    with open_memory(context, recall=RecallSettings(max_rank=max_rank)) as opened:
        context.check_memory(opened)
        memory = on_engine(opened, engine, max_rank=engine_rank)
        how: dict[str, Any] = {**where.arguments, "skills": skill or (), "max_new_tokens": max_tokens}
        how |= {"hybrid": hybrid or None, "abstain": abstain}
        goes_on = abstain is False or bool(skill and abstain is None)
        with closing(memory.answering):  # an engine unloads what it was given
            if context.json or not sys.stdout.isatty():
                answer = memory.ask(question, **how)
                _tell_recalls(context, answer.recalls, goes_on, explain)
                context.show(answer, answer.text)
            else:
                recalls, pieces = memory.stream(question, **how)
                _tell_recalls(context, recalls, goes_on, explain)
                for piece in pieces:
                    print(shown(piece), end="", flush=True)
                print()


def recall(
    context: Context,
    query: Annotated[str, Argument(metavar="QUERY", help="What to look for, or - for stdin.")],
    k: Annotated[int, Option("-k", metavar="N", min=1, help="How many entries, at most.")] = 4,
    where: arguments.Where = arguments.ANYWHERE,
    explain: Annotated[
        bool, Option("--explain", help="Also show the words that each attached adapter keeps, by layer.")
    ] = False,
) -> None:
    """Show which entries a query recalls, best first, and their best sentences. No language model runs.

    Of conversations, the turns are shown whose sentences an answer would attach.

    Examples:
      parametric-memory recall "Lina"
      parametric-memory recall "refund policy" -k 10 --filter team=sales
      parametric-memory recall "tea" --user ana --run monday
      parametric-memory recall "Lina" --explain
    """
    with open_memory(context) as memory:
        context.check_memory(memory)
        recalls = memory.recall(arguments.text_of(query), k, **where.arguments)
        explained = [r for r in recalls if explain and r.attached]
        kept = {r.entry_id: memory.adapters.explain(r.entry_id, namespace=r.namespace) for r in explained}
    rows = [(r.score, r.weight, "yes" if r.attached else "no", r.entry_id, r.title) for r in recalls]
    parts = [table(("score", "weight", "attached", "id", "title"), rows)]
    if found := [(p.score, p.weight, p.text, r.entry_id) for r in recalls for p in _shown(r) if p.text]:
        parts.append(table(("score", "weight", "sentence", "id"), found))
    if turns := [(*turn, r.entry_id) for r in recalls for turn in _turns(r)]:
        parts.append(table(("turn", "said by", "at", "score", "id"), turns))
    parts += [f"{_headed(r)}\n{words_by_layer(kept[r.entry_id])}" for r in explained]
    context.show(
        [r.model_dump(mode="json") | ({"kept": dict(kept[r.entry_id])} if r in explained else {}) for r in recalls],
        "\n\n".join(parts),
    )


def plain_answer(models: Models, question: str, max_tokens: int) -> Answer:
    """What the base model answers by itself."""
    from parametric_memory.language_model.requests import Request

    base = models.base
    prompt = base.chat.question(clean(question, "The question", "say what you want to know"))
    base.check_fits(prompt, "The question", "shorten it")
    [completion] = base.generate([Request(prompt, max_new_tokens=max_tokens)])
    text, tokens = completion.text.strip(), len(prompt)
    return Answer(text=text, remembered=False, confidence=completion.confidence, prompt_tokens=tokens)


def recalled(recall: Recall) -> str:
    """A recall in a few words."""
    return f"{shown_in_line(recall.title)} (score {recall.score:.2f}, weight {recall.weight:.2f})"


def _headed(recall: Recall) -> str:
    """What an explanation begins with: whose it is, and which rule put it first."""
    lines = [f"{recall.title} ({recall.entry_id})"]
    if recall.newer_than:
        lines.append(f"  counts before what is older and answers too: {', '.join(recall.newer_than)}")
    return "\n".join(map(shown_in_line, lines))


def _tell_recalls(context: Context, recalls: Sequence[Recall], goes_on: bool, explain: bool = False) -> None:
    """goes_on: whether the base model answers where nothing is recalled."""
    attached = [r for r in recalls if r.attached]
    for recall in attached:
        context.tell(f"Recalled {recalled(recall)} {shown_in_line(recall.entry_id)}")
        for passage in recall.passages if explain else ():
            strength = recall.weight * passage.weight
            context.tell(f"  {passage.score:.2f}, weight {strength:.2f}: {shown_in_line(passage.text)}")
        for turn, speaker, when, _ in _turns(recall):
            context.tell(f"  turn {turn}: {shown_in_line(speaker)}{f', {when}' if when else ''}")
    if not attached:
        context.tell(f"Nothing was recalled{': the answer comes from the base model alone' if goes_on else ''}.")


def _shown(recall: Recall) -> Sequence[RecalledPassage]:
    """The sentences that are attached; of an entry that is not, the best one."""
    return recall.passages if recall.attached else recall.passages[:1]


def _turns(recall: Recall) -> list[tuple[int, str, str, float]]:
    """Of what is attached of a conversation: the turn, who said it, when, and the score."""
    said = [(p.said, p.score) for p in recall.passages if p.said is not None and p.said.turns]
    return [
        (s.turn, s.speaker, f"{s.said_at:%Y-%m-%d %H:%M}".removesuffix(" 00:00") if s.said_at else "", score)
        for s, score in said
    ]


def words_by_layer(kept: Mapping[str, Sequence[KeptToken]]) -> str:
    """The words that an adapter keeps, layer by layer; neighbouring layers that keep the same words share a line.

    kept: by module, in the document's order.
    """
    if not kept:
        return "  (the rows of this adapter do not stand for words)"
    lines = []
    for words, group in groupby(kept.items(), lambda item: _kept_words(item[1])):
        first, *_, last = [module for module, _ in group] * 2
        lines.append(f"  {_place(first)}{'' if first == last else f' to {_place(last)}'}: {words}")
    return "\n".join(lines)


def _kept_words(tokens: Sequence[KeptToken]) -> str:
    """Tokens as they follow each other in the document, an ellipsis where others stand between them."""
    parts = [
        token.word if not i or token.position == tokens[i - 1].position + 1 else f" … {token.word}"
        for i, token in enumerate(tokens)
    ]
    return " ".join("".join(parts).split())


def _place(module: str) -> str:
    """`layer 18` for `model.layers.18.mlp.down_proj`; other modules by their name."""
    number = re.search(r"\.(\d+)\.", module)
    return f"layer {number[1]}" if number else module
