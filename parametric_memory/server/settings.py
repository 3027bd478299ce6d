"""The settings of a server.

Knows nothing about frameworks and requests.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from parametric_memory.errors import SettingsError

# Which chat turns are added to the memory: those whose request asks for it, also those that state something, or none.
REMEMBER = ASKED, STATEMENTS, NEVER_REMEMBERED = "asked", "statements", "never"
TOKEN_VARIABLE = "PARAMETRIC_MEMORY_TOKEN"
DEFAULT_PORT = 8765


@dataclass(frozen=True)
class ServerSettings:
    """How a memory is served. Raises SettingsError for a value that is not allowed."""

    host: str = "127.0.0.1"  # the address to listen on; unless it is a loopback address, a token or keys are needed
    port: int = DEFAULT_PORT  # 0: any that is free
    token: str | None = None  # opens all of the memory; None: none is needed, unless there are keys
    origins: tuple[str, ...] = ()  # pages of other hosts that may send requests, as `https://app.example`
    # Further names that the server answers to, such as that of a reverse proxy. They only matter on a loopback address;
    # on others it answers to any. They need a token or keys, since a proxy passes on requests of other machines.
    hosts: tuple[str, ...] = ()
    max_body: int = 25_000_000  # bytes of a request that adds to the memory
    max_question: int = 4_000_000  # bytes of any other: conversations with tools, questions, texts to embed
    max_query: int = 20_000  # characters of a text to search for
    max_values: int = 300_000  # in the JSON of a request, counted by its commas; not in files
    max_schema: int = 5_000  # values in its JSON schemas, including those of tools, counted by their commas
    max_stops: int = 4  # of a request
    max_stop: int = 256  # characters of each
    max_connections: int = 1000  # open ones; further ones are closed at once
    waiting: int = 64  # requests, running or waiting; further ones are refused with 429
    together: int = 16  # answers that share a forward pass
    seconds: float = 120.0  # of a request
    max_tokens: int = 2048  # of an answer
    grace: float = 2.0  # seconds for running answers to finish when the server stops
    remember: str = ASKED  # one of `REMEMBER`

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
