"""An agent that is told facts, turn by turn, and later answers from them in a new process.

    python examples/remembering_agent.py
    python examples/remembering_agent.py --memory DIR "/remember Lina Okafor moved to Bergen." "Where does Lina live?"

Without turns it runs a demonstration: this process is told three facts, and a second process is asked about them.

The default model is too small to decide when to call a tool, so no model decides. Commands say what to do:
`/remember TEXT`, `/read FILE` and `/forget WORDS`. Every other turn is a question. The memory itself says whether it
holds an answer; if not, the agent says how to tell it. `tool_calling_agent.py` lets a larger model decide.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from langchain_parametric_memory import ChatParametricMemory, Forget, Remember
from parametric_memory import ParametricMemory

FACTS = [
    "Lina Okafor moved to Bergen in 2021.",
    "Project Bluefin is led by Marco Ilves.",
    "The Wi-Fi password of the Tamarind Hotel is copper lantern.",
]
QUESTIONS = [
    "Which city did Lina Okafor move to?",
    "Tell me who leads Project Bluefin",
    "What is the Wi-Fi password of the Tamarind Hotel?",
    "What is the Wi-Fi password of the Heron Inn?",
]
UNKNOWN = "I do not know that yet. Tell me with /remember, or name a document with /read."


def remembering_agent(memory: ParametricMemory) -> Any:
    """A compiled graph over messages."""
    chat = ChatParametricMemory(memory=memory, max_tokens=24, abstain=True)
    remember, forget = Remember(memory=memory), Forget(memory=memory)

    def read(file: str) -> str:
        return ", ".join(f"Read {entry.title}" for entry in memory.add_files(file))

    commands = {
        "/remember": lambda text: remember.invoke({"text": text}),
        "/read": read,
        "/forget": lambda about: forget.invoke({"about": about}),
    }

    def command_of(state: MessagesState) -> str:
        command, _, rest = state["messages"][-1].text.strip().partition(" ")
        return "command" if command in commands and rest else "ask"

    def run_command(state: MessagesState) -> dict[str, Any]:
        command, _, rest = state["messages"][-1].text.strip().partition(" ")
        return {"messages": [AIMessage(commands[command](rest))]}

    def ask(state: MessagesState) -> dict[str, Any]:
        # Only the question: earlier turns are recalled from the memory.
        answer = chat.invoke(state["messages"][-1:])
        return {"messages": [answer if answer.response_metadata["remembered"] else AIMessage(UNKNOWN)]}

    graph = StateGraph(MessagesState)
    graph.add_node("command", run_command)
    graph.add_node("ask", ask)
    graph.add_conditional_edges(START, command_of)
    graph.add_edge("command", END)
    graph.add_edge("ask", END)
    return graph.compile()


def talk(folder: str, turns: Sequence[str]) -> None:
    with ParametricMemory(folder) as memory:
        agent = remembering_agent(memory)
        for turn in turns:
            answer = agent.invoke({"messages": [("user", turn)]})["messages"][-1]
            recalls = [recall["title"] for recall in answer.response_metadata.get("recalls", ()) if recall["attached"]]
            print(f"user:  {turn}\nagent: {answer.text}", flush=True)
            if recalls:
                print(f"       (from the weights of: {', '.join(recalls)})", flush=True)


def show(folder: str) -> None:
    print("One process is told:", flush=True)
    talk(folder, [f"/remember {fact}" for fact in FACTS])
    print("\nA new process is asked:", flush=True)
    subprocess.run([sys.executable, __file__, "--memory", folder, *QUESTIONS], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", metavar="DIR", help="the folder of the memory; a temporary one when not given")
    parser.add_argument("turns", nargs="*", metavar="TURN", help="what the user says")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = arguments.memory or f"{temporary}/memory"
        if arguments.turns:
            talk(folder, arguments.turns)
        else:
            show(folder)
