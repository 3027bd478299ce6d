"""An agent that is told facts, turn by turn, and later answers from them in a new process.

    python examples/remembering_agent.py
    python examples/remembering_agent.py --memory DIR "Lina Okafor moved to Bergen." "Where did Lina Okafor move to?"

Without turns it runs a demonstration: this process is told three facts, and a second process is asked about them.
The default model is too small to decide when to call a tool, so the graph decides: statements go to the tool
`remember`, questions to the chat model. With a larger model, use LangGraph's prebuilt agent with `memory_tools`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from langchain_parametric_memory import ChatParametricMemory, Remember
from parametric_memory import ParametricMemory

FACTS = [
    "Lina Okafor moved to Bergen in 2021.",
    "Project Bluefin is led by Marco Ilves.",
    "The Wi-Fi password of the Tamarind Hotel is copper lantern.",
]
QUESTIONS = [
    "Which city did Lina Okafor move to?",
    "Who leads Project Bluefin?",
    "What is the Wi-Fi password of the Tamarind Hotel?",
]


def remembering_agent(memory: ParametricMemory) -> Any:
    """A compiled graph over messages."""
    chat, remember = ChatParametricMemory(memory=memory, max_tokens=24), Remember(memory=memory)

    def kind_of_turn(state: MessagesState) -> Literal["ask", "keep"]:
        return "ask" if state["messages"][-1].text.rstrip().endswith("?") else "keep"

    def keep(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage(remember.invoke({"text": state["messages"][-1].text}))]}

    def ask(state: MessagesState) -> dict[str, Any]:
        # Only the question: earlier turns are recalled from the memory.
        return {"messages": [chat.invoke(state["messages"][-1:])]}

    graph = StateGraph(MessagesState)
    graph.add_node(keep)
    graph.add_node(ask)
    graph.add_conditional_edges(START, kind_of_turn)
    graph.add_edge("keep", END)
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
    talk(folder, FACTS)
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
