"""A collection in Chroma, in a folder and in a server; and what happens where that is damaged or does not answer."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parametric_memory.errors import MemoryFolderError, SettingsError, StorageError
from parametric_memory.index import chroma
from parametric_memory.index.chroma import ChromaIndex, IndexServer
from parametric_memory.index.exact import Stored
from tests.servers import Proxy, chroma_server, free_port
from tests.storage.small import stored

EAST, NORTH, WEST, NORTH_EAST = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [1.0, 1.0, 0.0]
HALF = pytest.approx(0.5**0.5, abs=1e-5)


DEFAULT: dict[int, str] = defaultdict(lambda: "default")  # the namespace of every revision


def many(count: int, dimension: int) -> Stored:
    """A vector for each of so many revisions."""
    drawn = np.random.default_rng(0).normal(size=(count, dimension)).astype(np.float32)
    return Stored(np.arange(count), np.zeros(count, np.int64), np.full(count, -1), drawn)


Again = Callable[[], ChromaIndex]


@pytest.fixture(params=["folder", "server"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Again]:
    """Opens one index, each time in a new instance."""
    name, opened = f"pm-{uuid.uuid4().hex[:12]}", list[ChromaIndex]()

    def open_() -> ChromaIndex:
        place = tmp_path / "chroma" if request.param == "folder" else IndexServer(request.getfixturevalue("chroma_url"))
        opened.append(ChromaIndex(place, name))
        return opened[-1]

    yield open_
    for index in opened:
        index.close()


@pytest.fixture
def index(again: Again) -> ChromaIndex:
    return again()


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[ChromaIndex]:
    index = ChromaIndex(tmp_path / "chroma", "chroma")
    yield index
    index.close()


def test_the_nearest_come_first_each_once_with_their_cosine_similarity(index: ChromaIndex) -> None:
    index.put([stored(1, WEST, [5.0, 0.0, 0.0]), stored(7, NORTH_EAST)], DEFAULT)
    assert index.nearest(EAST, 5) == ([(1, pytest.approx(1, abs=1e-5)), (7, HALF)], True)
    assert index.ids() == {"1:0", "1:1", "7:0"}


def test_reading_an_index_that_is_not_there_makes_nothing(index: ChromaIndex) -> None:
    assert index.ids() == set()
    with pytest.raises(MemoryFolderError, match="is gone"):
        index.nearest(EAST, 5)
    index.delete([(1, 2)])
    assert not index.exists
    assert not isinstance(index.place, Path) or not index.place.exists()


def test_namespaces_do_not_meet_and_a_revision_moves_by_being_put_again(index: ChromaIndex) -> None:
    index.put([stored(1, EAST), stored(2, EAST, NORTH)], {1: "a", 2: "b ü"})
    assert [revision for revision, _ in index.nearest(EAST, 5, "a")[0]] == [1]
    assert [revision for revision, _ in index.nearest(EAST, 5, "b ü")[0]] == [2]
    assert index.nearest(EAST, 5, "nobody")[0] == []
    index.put([stored(1, EAST)], {1: "b ü"})
    assert {revision for revision, _ in index.nearest(EAST, 5, "b ü")[0]} == {1, 2}
    assert index.nearest(EAST, 5, "a")[0] == [] and len(index.ids()) == 3


def test_what_is_deleted_is_not_found_and_what_is_not_there_is_no_error(index: ChromaIndex) -> None:
    index.put([stored(1, EAST, NORTH), stored(2, WEST)], DEFAULT)
    index.delete([(1, 2), (3, 4)])
    assert index.ids() == {"2:0"} and [revision for revision, _ in index.nearest(EAST, 5)[0]] == [2]
    index.delete([(2, 1)])
    assert index.nearest(EAST, 5) == ([], True)


def test_more_than_a_batch_and_a_page_are_written_and_read(index: ChromaIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chroma, "_A_PAGE", 70)
    index.put([of_many := many(300, 3)], DEFAULT)
    assert len(index.ids()) == 300
    assert index.nearest(of_many.vectors[123].tolist(), 1)[0][0] == (123, pytest.approx(1, abs=1e-5))
    index.delete((number, 1) for number in range(290))
    assert len(index.ids()) == 10


def test_of_many_only_those_that_are_asked_for_are_looked_at(index: ChromaIndex) -> None:
    index.put([of_many := many(500, 8)], DEFAULT)
    found, whole = index.nearest(of_many.vectors[7].tolist(), 10)
    assert found[0] == (7, pytest.approx(1, abs=1e-5)) and len(found) == 400 and whole is False
    assert index.nearest(of_many.vectors[7].tolist(), 10**6)[1] is True


def test_where_hundreds_are_the_same_it_is_told_that_not_all_were_seen(index: ChromaIndex) -> None:
    index.put([*(stored(number, EAST) for number in range(300)), stored(1000, NORTH)], DEFAULT)
    found, whole = index.nearest(EAST, 10**6)
    assert len(found) < 301 and whole is None


def test_another_instance_sees_what_was_written(index: ChromaIndex, again: Again) -> None:
    index.put([stored(1, EAST)], DEFAULT)
    index.close()
    other = again()
    assert other.exists and other.ids() == {"1:0"}
    other.put([stored(2, NORTH)], DEFAULT)
    other.close()
    assert index.ids() == {"1:0", "2:0"}


def test_a_destroyed_index_is_gone_and_can_be_made_again(index: ChromaIndex) -> None:
    index.put([stored(1, EAST)], DEFAULT)
    for _ in range(2):
        index.destroy()
        assert not index.exists and index.ids() == set()
    assert not isinstance(index.place, Path) or not index.place.exists()
    index.put([stored(2, [1.0, 0.0])], DEFAULT)  # of another length, too
    assert index.ids() == {"2:0"}


def test_threads_may_share_an_index(index: ChromaIndex) -> None:
    index.put([stored(0, EAST)], DEFAULT)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(20):
                assert index.nearest(EAST, 1)[0][0][0] == 0
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 10):
        index.put([stored(number, WEST)], DEFAULT)
    for thread in threads:
        thread.join()
    assert failures == [] and len(index.ids()) == 10


def test_importing_the_index_does_not_import_chroma() -> None:
    code = "import sys, parametric_memory.index.chroma; sys.exit('chromadb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# In a folder


def damage_database(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"this is no database" * 500)


def damage_tables(folder: Path) -> None:
    path = folder / "chroma.sqlite3"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xaa" * (len(content) - 8192)
    path.write_bytes(content)


def damage_vectors(folder: Path) -> None:
    for path in folder.glob("*/*.bin"):
        path.write_bytes(b"\xff" * 100)


@pytest.mark.parametrize("damage", [damage_database, damage_tables, damage_vectors])
def test_a_damaged_index_is_told_in_one_line_and_can_be_destroyed(
    in_folder: ChromaIndex, damage: Callable[[Path], None]
) -> None:
    in_folder.put([many(1500, 3)], DEFAULT)  # more than Chroma holds in its queue
    in_folder.close()
    assert isinstance(in_folder.place, Path)
    damage(in_folder.place)
    for _ in range(2):
        with pytest.raises(MemoryFolderError, match=r"^The index in .*chroma is damaged: ") as raised:
            in_folder.nearest(EAST, 3)
        assert "\n" not in str(raised.value)
    in_folder.destroy()
    in_folder.put([stored(1, EAST)], DEFAULT)
    assert in_folder.ids() == {"1:0"}


def test_a_collection_of_another_distance_is_refused(in_folder: ChromaIndex) -> None:
    import chromadb

    client = chromadb.PersistentClient(str(in_folder.place), chromadb.Settings(anonymized_telemetry=False))
    client.create_collection("entries", embedding_function=None)
    client.close()
    with pytest.raises(MemoryFolderError, match="chroma holds an index of another kind"):
        in_folder.nearest(EAST, 3)


def test_a_file_in_the_way_is_one_clear_line(in_folder: ChromaIndex) -> None:
    assert isinstance(in_folder.place, Path)
    in_folder.place.write_text("not a folder")
    with pytest.raises(StorageError, match=r"Could not use the index in .*: a file stands where a folder is needed"):
        in_folder.put([stored(1, EAST)], DEFAULT)


def test_an_index_that_was_abandoned_is_opened_anew(in_folder: ChromaIndex) -> None:
    in_folder.put([stored(1, EAST)], DEFAULT)
    in_folder.abandon()
    assert in_folder.ids() == {"1:0"}
    in_folder.put([stored(2, NORTH)], DEFAULT)
    assert len(in_folder.ids()) == 2


# In a server


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://host",
        "ftp://host:21",
        "http://",
        "http://host:port",
        "http://host:99999",
        "",
        "https://:8000",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="is no address of an index server, such as http://localhost:8000"):
        IndexServer(url)


USES: dict[str, Callable[[ChromaIndex], Any]] = {
    "put": lambda index: index.put([stored(1, EAST)], DEFAULT),
    "delete": lambda index: index.delete([(1, 1)]),
    "nearest": lambda index: index.nearest(EAST, 3),
    "ids": lambda index: index.ids(),
    "destroy": lambda index: index.destroy(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_server_that_is_not_there_is_told_with_the_way_out(use: Callable[[ChromaIndex], Any]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(
        StorageError, match=rf"Could not use the index server at {url} \(.*refused\): start one"
    ) as raised:
        use(ChromaIndex(IndexServer(f"{url}/"), "a"))
    assert "\n" not in str(raised.value) and "`chroma run`, or name another with --index" in str(raised.value)


@pytest.mark.parametrize("status", [401, 404, 500, 502])
def test_a_proxy_that_answers_in_the_servers_place_is_told_in_one_line(chroma_url: str, status: int) -> None:
    with Proxy(chroma_url) as proxy:
        index = ChromaIndex(IndexServer(proxy.url), f"pm-{uuid.uuid4().hex[:12]}")
        index.put([stored(1, EAST)], DEFAULT)
        proxy.status = status
        for of in (index, ChromaIndex(IndexServer(proxy.url), "other")):
            for use in USES.values():
                with pytest.raises((StorageError, MemoryFolderError), match=rf"index server at {proxy.url}") as raised:
                    use(of)
                assert "\n" not in str(raised.value) and "<" not in str(raised.value)
        proxy.status = None
        assert index.ids() == {"1:0"}
        index.destroy()


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b"<html>", b'{"error": "x"}', b"\xff"])
def test_what_is_no_chroma_server_is_told_in_one_line(body: bytes) -> None:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = do_PUT = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        for use in (USES["put"], USES["nearest"], USES["ids"]):
            with pytest.raises(StorageError, match=rf"index server at {url}") as raised:
                use(ChromaIndex(IndexServer(url), "a"))
            assert "\n" not in str(raised.value)
        server.shutdown()


def test_a_collection_that_somebody_took_away_is_told(chroma_url: str) -> None:
    index = ChromaIndex(IndexServer(chroma_url), f"pm-{uuid.uuid4().hex[:12]}")
    index.put([stored(1, EAST)], DEFAULT)
    ChromaIndex(IndexServer(chroma_url), index.name).destroy()
    with pytest.raises(MemoryFolderError, match=rf"index server at {chroma_url} has no such collection"):
        index.ids()
    index.close()
    assert not index.exists
    index.put([stored(2, EAST)], DEFAULT)
    assert index.ids() == {"2:0"}
    index.destroy()


def test_a_server_that_comes_back_is_used_again(tmp_path: Path) -> None:
    port = free_port()
    index = ChromaIndex(IndexServer(f"http://127.0.0.1:{port}"), "pm-a")
    with chroma_server(tmp_path / "server", port):
        index.put([stored(1, EAST)], DEFAULT)
    with pytest.raises(StorageError, match="start one there with `chroma run`"):
        index.ids()
    with chroma_server(tmp_path / "server", port):
        assert len(index.ids()) == 1
