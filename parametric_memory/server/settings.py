"""The settings of a server.

Knows nothing about frameworks and requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from parametric_memory.errors import SettingsError

ASKED, STATEMENTS, NEVER_REMEMBERED = "asked", "statements", "never"  # when a chat turn is added to the memory
REMEMBER = (ASKED, STATEMENTS, NEVER_REMEMBERED)
TOKEN_VARIABLE = "PARAMETRIC_MEMORY_TOKEN"
DEFAULT_PORT = 8765


@dataclass(frozen=True)
class ServerSettings:
    """How a memory is served.

    Attributes:
        host: the address to listen on. Unless it is a loopback address, a token or keys are needed.
        port: 0 means any free port.
        token: opens all of the memory. None: no token is needed, unless there are keys.
        origins: pages of other hosts that may send requests, as `https://app.example`.
        hosts: further host names that the server answers to, such as the name of a reverse proxy. They only matter on a
            loopback address; on others it answers to any name. They need a token or keys, since a proxy passes on
            requests of other machines.
        max_body: the largest request that adds to the memory, in bytes.
        max_question: the largest other request, in bytes: conversations with tools, questions, texts to embed.
        max_query: the longest text to search for, in characters.
        max_values: the most values in the JSON of a request, counted by its commas. Does not apply to files.
        max_schema: the most values in its JSON schemas, including those of tools, counted by their commas.
        max_stops, max_stop: the most stop texts of a request, and the most characters of each.
        max_connections: the most open connections; further ones are closed at once.
        waiting: the most requests running or waiting; further ones are refused with 429.
        together: the most answers that share a forward pass.
        seconds: the time limit of a request.
        max_tokens: the longest answer, in tokens.
        grace: seconds for running answers to finish when the server stops.
        remember: which chat turns are added to the memory: those whose request asks for it ("asked"), also those that
            state something ("statements"), or none ("never").

    Raises SettingsError: a number is too small, `remember` or a host name is invalid, or the token is empty.
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
        """Whether other machines can reach the server, directly or through a proxy."""
        return not self.is_local or bool(self.hosts)

    @property
    def is_local(self) -> bool:
        """Whether the server listens on a loopback address."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def _is_host(name: str) -> bool:
    """Whether a name can be the value of the header Host."""
    try:
        return bool(re.fullmatch(r"[A-Za-z0-9._-]+", name) or ip_address(name))
    except ValueError:
        return False
