"""A PostgreSQL server of the tests' own: one in each process that asks for it, started at the first request.

It listens on a Unix socket in a temporary folder and nowhere else, and ends with the process that started it, however
that one ends.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

_USER = "tests"
_ROOM = 500_000_000  # bytes; a server takes a fifth of it

# A crash of the machine may cost a throwaway server its data, so nothing waits for the disk. Killed clients cost none.
_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 200
max_wal_size = 128MB
fsync = off
full_page_writes = off
"""

# A shell keeps the server: it starts it, waits for a line or for the end of the pipe, and removes all. The pipe ends
# with the process of the tests, even where that was killed and could not clean up. The shell may then have nobody left
# to tell that the server is ready: that must not end it. QUIT ends a server at once, whoever is connected.
_KEEPER = """
trap : PIPE
exec 2>>"$2/log"
told=failed
if "$1/initdb" --pgdata="$2/data" --username="$4" --auth=trust --encoding=UTF8 --locale=C --no-sync </dev/null >&2
then
    printf '%s' "$3" >>"$2/data/postgresql.conf"
    "$1/postgres" -D "$2/data" </dev/null >&2 &
    while [ $told = failed ] && kill -0 $!
    do
        sleep 0.05
        if grep -qs ^ready "$2/data/postmaster.pid"; then told=ready; fi
    done
fi
echo $told
read -r _
if [ $told = ready ]; then kill -QUIT $!; wait; fi
rm -rf "$2"
"""


@dataclass(frozen=True)
class PostgresServer:
    """A server that accepts connections.

    Attributes:
        folder: where its socket and its data are.
    """

    folder: Path

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{_USER}@/{database}?host={quote(str(self.folder))}"


@cache
def server() -> PostgresServer:
    """This process's server. It ends with the process."""
    stack = ExitStack()
    started = stack.enter_context(running())
    atexit.register(stack.close)
    return started


@contextmanager
def fresh_database() -> Iterator[str]:
    """An empty database of this process's server, which is dropped afterwards; its URL."""
    home, name = server(), f"test_{uuid.uuid4().hex}"
    _tell(home, f"CREATE DATABASE {name}")
    try:
        yield home.url(name)
    finally:
        _tell(home, f"DROP DATABASE {name} WITH (FORCE)")  # what is still connected is cut off


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A server for as long as the context lasts: for tests that end it themselves."""
    programs = _programs()
    if programs is None:
        reason = "PostgreSQL's server is not here; install PostgreSQL: apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    process, owner = os.getpid(), _owner()
    folder = Path(tempfile.mkdtemp(prefix="pmem-postgres-", dir=_root()))
    if owner is not None:
        shutil.chown(folder, *owner)
    keeper = subprocess.Popen(
        ["sh", "-c", _KEEPER, "keeper", str(programs), str(folder), _SETTINGS.format(folder=folder), _USER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd="/",  # the server's user may not enter the folder where the tests were started
        start_new_session=True,  # Ctrl-C is for the tests, which end the server themselves
        user=None if owner is None else owner[0],
        group=None if owner is None else owner[1],
        extra_groups=None if owner is None else [],
    )
    try:
        assert keeper.stdout is not None
        if keeper.stdout.readline() != "ready\n":
            raise RuntimeError(f"PostgreSQL does not start:\n{(folder / 'log').read_text()}")
        yield PostgresServer(folder)
    finally:
        if os.getpid() == process:  # a forked process that ends leaves the server to its parent
            keeper.communicate("end\n")


def _tell(home: PostgresServer, statement: str) -> None:
    with psycopg.connect(home.url(), autocommit=True) as connection:
        connection.execute(statement)


def _programs() -> Path | None:
    """The folder with the server's programs: that of PATH, or the newest where Debian puts them."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], reverse=True)
    return next((f for f in folders if all((f / name).is_file() for name in ("initdb", "postgres"))), None)


def _owner() -> tuple[int, int] | None:
    """Whom the server runs as: PostgreSQL refuses root. None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    from pwd import getpwall

    users = {user.pw_name: (user.pw_uid, user.pw_gid) for user in getpwall()}
    return users.get("postgres") or users["nobody"]


def _root() -> Path:
    """Where the server's folder is made: where TMPDIR says, else in main memory, if it can be there."""
    usual, memory = Path(tempfile.gettempdir()), Path("/dev/shm")
    roots = [memory, usual] if usual == Path("/tmp") else [usual, memory, Path("/tmp")]
    for root in roots:
        if _is_fit(root):
            return root
    raise RuntimeError(f"A PostgreSQL server of the tests' own needs {_ROOM:,} free bytes in one of {roots}.")


def _is_fit(root: Path) -> bool:
    """Whether the server's user comes in and may write, there is room, and a socket's path is not too long."""
    if not os.access(root, os.W_OK) or shutil.disk_usage(root).free < _ROOM or len(str(root)) > 60:
        return False
    if os.geteuid() != 0:
        return True
    parents = root.resolve().parents
    return root.stat().st_mode & 0o003 == 0o003 and all(folder.stat().st_mode & 0o001 for folder in parents)
