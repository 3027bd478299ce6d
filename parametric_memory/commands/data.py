"""`data make`: training data for document hypernetworks, out of any texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parametric_memory.commands.context import Context, open_models
from parametric_memory.files.durable import storage_errors

if TYPE_CHECKING:
    from parametric_memory.training.make import Writer

_KEY = "OPENAI_API_KEY"


def make(
    context: Context,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the data go.")],
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Files and folders with texts.")] = None,
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", metavar="FILE", help="JSON lines with a field text. May be repeated."),
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", metavar="N", min=1, help="Of questions.")] = 2,
    questions: Annotated[int, typer.Option("--questions", metavar="N", min=1, help="In each round.")] = 5,
    answer_tokens: Annotated[
        int, typer.Option("--answer-tokens", metavar="N", min=1, help="The longest answer that is kept.")
    ] = 256,
    text_tokens: Annotated[
        int, typer.Option("--text-tokens", metavar="N", min=16, help="Longer texts are cut.")
    ] = 2000,
    short: Annotated[
        float, typer.Option("--short", metavar="SHARE", min=0, max=1, help="Of questions that wish the answer alone.")
    ] = 0.5,
    by_sentence: Annotated[
        bool, typer.Option("--by-sentence", help="Ask about one sentence after the other: for small models.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="How many texts, at most. Default: all.")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="An OpenAI-compatible server that writes the questions."),
    ] = None,
    server_model: Annotated[
        str | None, typer.Option("--server-model", metavar="NAME", help="What the server calls its model.")
    ] = None,
    server_answers: Annotated[
        bool, typer.Option("--server-answers", help="The server writes the answers too.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same wordings.")] = 0,
) -> None:
    """Make questions and answers about texts, for train d2l --rows-from.

    A model asks about each text in rounds, after the first one harder questions; the base model answers with the text
    in its prompt, greedily, and what it finds likely at every token is kept. Answers that do not end are left out. With
    --server another model asks, and with --server-answers it answers too; a key is taken from OPENAI_API_KEY. The same
    command goes on where it was stopped, and takes up texts that are new.

    Examples:
      parametric-memory data make notes/ --by-sentence --questions 8 --output made/
      parametric-memory data make --text prose.jsonl.gz --limit 200 --output made/
      parametric-memory data make notes/ --server http://localhost:8000/v1 --server-model gemma-3 --output made/
      parametric-memory train d2l --kind doc-to-lora --rows-from made/ --output run/
    """
    if not paths and not text:
        raise typer.BadParameter("Name files or folders, or JSON lines of texts with --text.")
    if server is not None and server_model is None:
        raise typer.BadParameter("--server needs --server-model: what the server calls its model.")
    if by_sentence and server is not None:
        raise typer.BadParameter("--by-sentence is for the base model, which asks where there is no --server.")
    if server_answers and server is None:
        raise typer.BadParameter("--server-answers needs --server.")
    from parametric_memory.training.make import MakeConfig, make_data

    texts = _texts(paths or (), text or ())[:limit]
    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)
    writer: Writer | None = None
    if server is not None and server_model is not None:
        from parametric_memory.training.make import ServerWriter

        writer = ServerWriter(server, server_model, os.environ.get(_KEY))
    config = MakeConfig(rounds, questions, answer_tokens, text_tokens, short, seed, by_sentence)
    base = open_models(context).base
    made = make_data(base, output, texts, config, context.tell, writer, writer if server_answers else None)
    context.show(
        {"data": output, "documents": made.documents, "questions": made.questions},
        f"{made.questions} questions about {made.documents} texts: train d2l --rows-from {output} learns them",
    )


def _texts(paths: list[str] | tuple[str, ...], lines: list[Path] | tuple[Path, ...]) -> list[str]:
    from parametric_memory.text.documents import find_documents, read_documents
    from parametric_memory.training.data.question_answering import read_texts

    found = [document.text for file in find_documents(paths) for document in read_documents(file)] if paths else []
    return found + [text for path in lines for text in read_texts(path)]
