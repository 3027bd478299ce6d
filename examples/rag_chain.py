"""A RAG chain over Chroma, and the same chain over parametric memory: two lines differ.

python examples/rag_chain.py

Both answer with the same base model. Over Chroma, adding embeds the notes, and the prompt of each question holds the
retrieved passages. Over parametric memory, adding also has the base model read the notes once and keeps adapter rows, 4
KB a token; the prompt holds only the question, and the passages are attached as adapters.
"""

from __future__ import annotations

import sys
import tempfile

from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableParallel, RunnablePassthrough
from langchain_core.vectorstores import VectorStore

from langchain_parametric_memory import ChatParametricMemory, ParametricMemoryVectorStore
from parametric_memory.internalize.embedding import MiniLMEmbeddings

try:
    from langchain_chroma import Chroma
except ModuleNotFoundError:
    sys.exit("This example compares with Chroma: pip install langchain-chroma")

NOTES = [
    "Lina Okafor moved to Bergen in 2021. She works there as a marine biologist.",
    "Project Bluefin is led by Marco Ilves. The project started in March.",
    "The Wi-Fi password of the Tamarind Hotel is copper lantern. Breakfast ends at 10:45.",
]
QUESTIONS = [
    "Which city did Lina Okafor move to?",
    "Who leads Project Bluefin?",
    "What is the Wi-Fi password of the Tamarind Hotel?",
]
PROMPT = ChatPromptTemplate.from_template("{passages}\n\n{question}")


def chain_over_chroma(folder: str) -> Runnable[str, str]:
    store = Chroma.from_texts(NOTES, MiniLMEmbeddings(), persist_directory=folder)
    answering = passages_and_question(store) | PROMPT | base_model(folder)
    return answering | with_tokens_read


def chain_over_memory(folder: str) -> Runnable[str, str]:
    store = ParametricMemoryVectorStore.from_texts(NOTES, MiniLMEmbeddings(), persist_directory=folder)
    answering = ChatParametricMemory(memory=store.memory, max_tokens=24)
    return answering | with_tokens_read


def passages_and_question(store: VectorStore) -> Runnable[str, dict[str, str]]:
    def text_of(found: list[Document]) -> str:
        return "\n\n".join(document.page_content for document in found)

    retriever = store.as_retriever(search_kwargs={"k": 1})
    return RunnableParallel(passages=retriever | text_of, question=RunnablePassthrough())


def base_model(folder: str) -> ChatParametricMemory:
    """The base model alone. Any other chat model could be used here."""
    return ChatParametricMemory(memory=f"{folder}/empty", from_memory=False, max_tokens=24)


def with_tokens_read(message: AIMessage) -> str:
    return f"{message.text} ({message.usage_metadata['input_tokens']} tokens read)"


def main(folder: str) -> None:
    chains = {
        "Chroma": chain_over_chroma(f"{folder}/chroma"),
        "parametric memory": chain_over_memory(f"{folder}/memory"),
    }
    for question in QUESTIONS:
        print(question)
        for name, chain in chains.items():
            print(f"  {name}: {chain.invoke(question)}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        main(temporary)
