"""What whoever runs a server decides about it.

Knows nothing about frameworks and requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from parametric_memory.errors import SettingsError

ASKED, STATEMENTS, NEVER_REMEMBERED = "asked", "statements", "never"  # when a chat turn is remembered
REMEMBER = (ASKED, STATEMENTS, NEVER_REMEMBERED)
TOKEN_VARIABLE = "PARAMETRIC_MEMORY_TOKEN"
DEFAULT_PORT = 8765


@dataclass(frozen=True)
class ServerSettings:
    """How a memory is served.

    Attributes:
        host: the address to listen on; another than this machine's own needs a token or keys.
        port: 0: any that is free.
        token: what a client must show to use all of the memory; None: nothing, unless there are keys.
        origins: pages of other hosts that may send requests, as `https://app.example`.
        hosts: names that the server goes by, beside those of this machine: a proxy before it passes them on. They
            matter where it listens on an address of this machine; elsewhere it answers to any name. They, too, need a
            token or keys: what a proxy passes on comes from other machines.
        max_body: the largest request that adds to the memory, in bytes.
        max_question: the largest of all others: conversations with their tools, questions, texts to embed.
        max_query: the longest text to search for, in characters.
        max_values: how many values the JSON of a request may list, as its commas tell. Files have no such limit.
        max_schema: how many values its JSON schemas may list, those of tools too: keywords, properties, choices.
        max_stops, max_stop: how many stops an answer may have, and the characters of each.
        max_connections: how many may be open; further ones are closed at once.
        waiting: how many requests may be in work or wait for it; more are told to come again.
        together: how many answers are written in one forward pass, at most.
        seconds: the longest that an answer may take.
        max_tokens: the longest answer.
        grace: seconds that answers in work have when the server is stopped.
        remember: which chat turns are remembered: those that the request says so of ("asked"), also those that tell
            something ("statements"), or "never".

    Raises:
        SettingsError: a number is too small, there is no such rule, a host's name is none, or the token is empty.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: str | None = None
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    max_body: int = 25_000_000
    max_question: int = 4_000_000
    max_query: int = 20_000
    max_values: int = 300_000
    max_schema: int = 5_000
    max_stops: int = 4
    max_stop: int = 256
    max_connections: int = 1000
    waiting: int = 64
    together: int = 16
    seconds: float = 120.0
    max_tokens: int = 2048
    grace: float = 2.0
    remember: str = ASKED

    def __post_init__(self) -> None:
        for name in ("waiting", "together", *(name for name in vars(self) if name.startswith("max_"))):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if not self.seconds > 0:
            raise SettingsError(f"seconds must be more than 0, not {self.seconds:g}.")
        if self.remember not in REMEMBER:
            raise SettingsError(
                f"There is no rule {self.remember!r} to remember by: name one of {', '.join(REMEMBER)}."
            )
        for name in self.hosts:
            if not _is_host(name):
                raise SettingsError(f"{name!r} is no host name: give it as memory.example, without https:// and port.")
        if self.token is not None and not self.token.strip():
            raise SettingsError("The token is empty: anybody could show it. Give one, or none.")

    @property
    def needs_key(self) -> bool:
        """Whether other machines can use the server, by themselves or through a proxy."""
        return not self.is_local or bool(self.hosts)

    @property
    def is_local(self) -> bool:
        """Whether the server listens on an address of this machine alone."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def _is_host(name: str) -> bool:
    """Whether the header Host of a request may hold a name, as programs send it."""
    try:
        return bool(re.fullmatch(r"[A-Za-z0-9._-]+", name) or ip_address(name))
    except ValueError:
        return False
