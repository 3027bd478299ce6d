"""What stands before a question in an agent's prompt, some of the time: a system message, earlier turns.

An adapter that is only ever trained on bare questions answers worse behind them. Knows nothing about what is asked.
"""

from __future__ import annotations

import random

from parametric_memory.language_model.chat import ChatFormat, Message

SYSTEM_MESSAGES = (
    "You are a helpful assistant.",
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
    "Answer in one short sentence.",
    "You remember what you were told. Answer from memory.",
    "You are the assistant of a small company. Be polite, and use what you know about its people and projects.",
)
EARLIER_TURNS = (
    ("Hello!", "Hello! How can I help you today?"),
    ("Which is the longest river in Europe?", "The longest river in Europe is the Volga."),
    ("I have a few questions for you.", "Of course! What would you like to know?"),
    ("Make this shorter: We are pleased to be able to invite you.", "You are invited."),
    ("How many days does a leap year have?", "A leap year has 366 days."),
    ("Thank you, that helps.", "You're welcome! Is there anything else?"),
)
_MOST_TURNS = 2


def draw_messages(rng: random.Random, chat: ChatFormat, system_share: float, turns_share: float) -> list[Message]:
    """Messages to ask a batch's questions behind; most often none.

    system_share, turns_share: how often there is a system message, and how often there are earlier turns. What the
        model's chat template does not know is left out.
    """
    turns: list[Message] = []
    if rng.random() < turns_share:
        for user, assistant in rng.sample(EARLIER_TURNS, rng.randint(1, _MOST_TURNS)):
            turns += [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    system = [{"role": "system", "content": rng.choice(SYSTEM_MESSAGES)}] if rng.random() < system_share else []
    return next((m for m in ([*system, *turns], turns) if _can_be_written(chat, m)), [])


def _can_be_written(chat: ChatFormat, messages: list[Message]) -> bool:
    from jinja2 import TemplateError

    try:
        chat.conversation([*messages, {"role": "user", "content": "Hello?"}])
    except (TemplateError, ValueError):  # the template refuses a role, or there is none
        return False
    return True
