"""`eval facts`: how much of what was never seen in training a memory answers, against its controls."""

from __future__ import annotations

from typing import Annotated

import typer

from parametric_memory.commands.context import Context, open_memory


def facts(
    context: Context,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same documents.")] = 0,
    documents: Annotated[int, typer.Option("--documents", metavar="N", min=1, help="Documents of each size.")] = 60,
) -> None:
    """Measure answers about generated documents.

    Their people, phrasings and words never occur in training. Answers are generated, never teacher-forced. Each
    figure is the share of answers that contain the value and no other document's: with memory, without, with the
    document in the prompt, and under another document's adapter.

    Examples:
      parametric-memory eval facts --seed 1
      parametric-memory eval facts --base-model ./my-model --hypernetwork run/hypernetwork --json
    """
    from parametric_memory.evaluation.rows import as_table
    from parametric_memory.evaluation.run_facts import evaluate_facts

    with open_memory(context) as memory:
        found = evaluate_facts(memory, seed, documents, context.tell)
    context.show({"eval": "facts", "seed": seed, "rows": found}, as_table(found))
