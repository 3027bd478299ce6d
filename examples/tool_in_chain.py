"""Memory as a tool that a chain calls: one step looks up a fact, the next writes a reply with it.

python examples/tool_in_chain.py
"""

from __future__ import annotations

import tempfile

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableBranch, RunnablePassthrough

from langchain_parametric_memory import AskMemory, ChatParametricMemory, Remember
from parametric_memory import ParametricMemory

NOTES = [
    "Breakfast at the Tamarind Hotel ends at 10:45.",
    "The Wi-Fi password of the Tamarind Hotel is copper lantern.",
]
LETTERS = [
    {"guest": "Ada", "question": "What is the Wi-Fi password of the Tamarind Hotel?"},
    {"guest": "Ben", "question": "What is the largest ocean on Earth?"},
]
UNKNOWN = "We do not know that. Please ask at the desk."
PROMPT = ChatPromptTemplate.from_template("Write one short, polite sentence that tells {guest} this: {fact}")


def replying_chain(memory: ParametricMemory) -> Runnable[dict[str, str], dict[str, str]]:
    """Takes `guest` and `question`, adds `fact` and `reply`."""
    ask_memory = AskMemory(memory=memory, max_tokens=24, when_unknown=UNKNOWN)
    # Any chat model can write the reply. This one is the base model without memory.
    writer = ChatParametricMemory(memory=memory, from_memory=False, max_tokens=40)
    written = PROMPT | writer | StrOutputParser()
    reply = RunnableBranch((lambda letter: letter["fact"] == UNKNOWN, lambda letter: letter["fact"]), written)
    return RunnablePassthrough.assign(fact=ask_memory) | RunnablePassthrough.assign(reply=reply)


def main(folder: str) -> None:
    with ParametricMemory(folder) as memory:
        remember = Remember(memory=memory)
        for note in NOTES:
            print(remember.invoke({"text": note}))
        chain = replying_chain(memory)
        for letter in LETTERS:
            done = chain.invoke(letter)
            print(f"\n{letter['guest']} asks: {letter['question']}\n  fact:  {done['fact']}\n  reply: {done['reply']}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        main(f"{temporary}/memory")
