"""`serve`, `mcp` and `keys`: the memory for other programs, over HTTP and as tools of agents."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from parametric_memory.commands.arguments import Engine, EngineRank
from parametric_memory.commands.context import Context, on_engine, open_memory, table
from parametric_memory.documents.cleaning import shown_in_line
from parametric_memory.server import require_server
from parametric_memory.server.keys import Keys
from parametric_memory.server.settings import ASKED, DEFAULT_PORT, TOKEN_VARIABLE, ServerSettings
from parametric_memory.settings import RecallSettings


def serve(
    context: Context,
    host: Annotated[
        str, Option(metavar="ADDRESS", help="Where to listen. Others than this machine need a key.")
    ] = "127.0.0.1",
    port: Annotated[int, Option(metavar="N", min=0, max=65535, help="The port; 0: any that is free.")] = DEFAULT_PORT,
    token: Annotated[
        str | None,
        Option(metavar="TEXT", envvar=TOKEN_VARIABLE, help="Token that clients send; better set in the environment."),
    ] = None,
    origin: Annotated[
        list[str] | None, Option(metavar="URL", help="A page of another host that may send requests. Repeatable.")
    ] = None,
    name: Annotated[
        list[str] | None,
        Option(metavar="NAME", help="Also answer to this host name, as behind a proxy. Needs a key. Repeatable."),
    ] = None,
    remember: Annotated[
        str,
        Option(
            metavar="RULE",
            help="Chat turns to remember: asked, on request; statements, also those that state something; never.",
        ),
    ] = ASKED,
    hybrid: Annotated[bool, Option("--hybrid", help="Also put what is recalled into the prompt, as text.")] = False,
    engine: Engine = None,
    engine_rank: EngineRank = 64,
    max_body: Annotated[float, Option(metavar="MB", min=0.001, help="The largest request that adds.")] = 25.0,
    waiting: Annotated[int, Option(metavar="N", min=1, help="Most requests at a time; others are refused.")] = 64,
    together: Annotated[int, Option(metavar="N", min=1, help="Most answers in one forward pass.")] = 16,
    timeout: Annotated[float, Option(metavar="SECONDS", min=0.1, help="The longest that an answer may take.")] = 120.0,
) -> None:
    """Serve the memory over HTTP: OpenAI's API, memories, MCP, and a page to look at it.

    The page is at the printed address, the API of memories is described below /docs, OpenAI clients use /v1 and MCP
    clients /mcp. One process holds the models; concurrent requests share forward passes. Stop it with Ctrl-C or
    SIGTERM: running answers have a few seconds to finish.

    Examples:
      parametric-memory serve
      parametric-memory serve --port 9000 --memory ./work
      PARAMETRIC_MEMORY_TOKEN=... parametric-memory serve --host 0.0.0.0
      PARAMETRIC_MEMORY_TOKEN=... parametric-memory serve --name memory.example
    """
    require_server()
    from parametric_memory.server.app import build
    from parametric_memory.server.listening import Listener, end_process

    settings = ServerSettings(
        host=host,
        port=port,
        token=token,
        origins=tuple(url.rstrip("/") for url in origin or ()),
        hosts=tuple(name or ()),
        max_body=int(max_body * 1_000_000),
        waiting=waiting,
        together=together,
        seconds=timeout,
        remember=remember,
    )
    with open_memory(context, recall=RecallSettings(hybrid=hybrid)) as memory:
        memory = on_engine(memory, engine, max_rank=engine_rank, timeout=timeout)

        def tell(port: int) -> None:
            address = f"[{host}]" if ":" in host else host
            context.tell(f"Serving {shown_in_line(str(memory.storage.location))} at http://{address}:{port}/")

        Listener(build(memory, settings), settings, tell).listen()
    end_process()


def mcp(
    context: Context,
    namespace: Annotated[str | None, Option(metavar="NAME", help="Where calls look that name none.")] = None,
) -> None:
    """Give an agent the memory as tools, over standard input and output (MCP).

    For the configuration of a client, which starts this command by itself. It has the tools add_memory,
    search_memories, get_memory, update_memory, delete_memory and ask_memory.

    Examples:
      parametric-memory mcp
      parametric-memory mcp --memory ./work --namespace ana
    """
    require_server()
    from parametric_memory.server.agents import tools_of
    from parametric_memory.server.service import Service

    with open_memory(context) as memory:
        service = Service(memory, ServerSettings(seconds=600))
        tools_of(service, namespace).run("stdio")
        service.desk.close()


def add(
    context: Context,
    name: Annotated[str, Argument(metavar="NAME", help="What the key is called, to remove it by.")],
    namespace: Annotated[
        list[str] | None, Option(metavar="NAME", help="A namespace that it opens; all, unless given. Repeatable.")
    ] = None,
) -> None:
    """Make an API key. It is printed only now; its hash alone is stored.

    As soon as there is a key, every request needs one, to running servers too.

    Examples:
      parametric-memory keys add laptop
      parametric-memory keys add ana-agent --namespace ana
    """
    key = Keys().add(name, namespace or ())
    context.show({"name": name, "key": key, "namespaces": namespace or []}, key)


def list_(context: Context) -> None:
    """List the API keys: names, namespaces, when they were made.

    Examples:
      parametric-memory keys list
    """
    keys = Keys().all()
    rows = [(key.name, ", ".join(key.namespaces) or "all", f"{key.created_at:%Y-%m-%d %H:%M}") for key in keys]
    told = [key.model_dump(mode="json", exclude={"sha256"}) for key in keys]
    context.show(told, table(("name", "namespaces", "made"), rows))


def rm(context: Context, name: Annotated[str, Argument(metavar="NAME", help="What the key is called.")]) -> None:
    """Remove an API key; servers refuse it at once.

    Examples:
      parametric-memory keys rm laptop
    """
    Keys().remove(name)
    context.show({"removed": name}, f"removed {shown_in_line(name)}")
