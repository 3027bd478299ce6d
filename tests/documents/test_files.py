from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest
from bs4.builder import ParserRejectedMarkup

from parametric_memory.documents.files import Document, as_document, find_documents, read_documents
from parametric_memory.documents.passages import reading
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import DocumentError
from tests.documents.one_document import the_document

FACT = "Lina Okafor moved to Bergen in 2021."


def pdf(*pages: str, title: str | None = None) -> bytes:
    """A PDF with one line of text a page, as a small writer makes it."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, page in enumerate(pages):
        content = f"BT /F1 12 Tf 72 720 Td ({page}) Tj ET"
        resources = "/Resources << /Font << /F1 3 0 R >> >> /MediaBox [0 0 612 792]"
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * i} 0 R {resources} >>")
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    if title:
        objects.append(f"<< /Title ({title}) >>")
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    info = f" /Info {len(objects)} 0 R" if title else ""
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R{info} >>\nstartxref\n{len(body)}\n%%EOF"
    return body + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


# Reading


def test_a_text_file_has_its_path_as_source_and_its_name_as_title(tmp_path: Path) -> None:
    path = tmp_path / "moves.txt"
    path.write_text(FACT + "\n")

    document = the_document(path)

    assert (document.text, document.title, document.source) == (FACT, "moves", str(path))


def test_a_line_that_stands_alone_is_the_title() -> None:
    assert the_document(b"Moves of 2021\n\n" + FACT.encode(), "a.txt").title == "Moves of 2021"
    assert the_document(FACT.encode()).title == FACT
    assert len(the_document(b"word " * 100).title) <= 81


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"])
def test_common_encodings_are_read(encoding: str) -> None:
    text = "Zoë Müller zahlt 5 £."
    assert the_document(text.encode(encoding), "a.txt").text == text


def test_a_page_may_declare_its_encoding() -> None:
    page = '<html><head><meta charset="koi8-r"></head><body><p>Привет, Лина</p></body></html>'
    assert the_document(page.encode("koi8-r"), "a.html").text == "Привет, Лина"


def test_markdown_becomes_text_that_keeps_headings_and_tables() -> None:
    markdown = (
        "# The *Move*\n\nLina [moved](https://example.org) to\n**Bergen**.<!-- hidden -->\n\n"
        "- one `code`\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    document = the_document(markdown.encode(), "a.md")

    assert document.title == "The Move"
    assert document.text == "# The Move\n\nLina moved to Bergen.\n\n- one code\n- two\n\na | b\n--- | ---\n1 | 2"


def test_front_matter_is_no_text_but_gives_the_title() -> None:
    document = the_document(b'---\ntitle: "Moves"\ntags: [a]\n---\n\n# Other\n\nText.\n', "a.md")
    assert document.title == "Moves"
    assert document.text == "# Other\n\nText."


def test_rules_are_no_front_matter() -> None:
    text = the_document(b"---\n\nLina lives in Bergen.\n\n---\nTomas lives in Oslo.\n", "a.md").text
    assert "Bergen" in text and "Oslo" in text
    for slides in (b"---\n# Lina\n\nLives in Bergen.\n\n---\nOslo", b"---\nNote: Bergen.\n\nMore prose.\n\n---\nOslo"):
        assert "Bergen" in the_document(slides, "a.md").text
    for front in ("# by hand\ntags:\n- a\n- b\n  c: d\n", "title: Moves: a history\n", ""):
        assert the_document(f"---\n{front}---\nText.".encode(), "a.md").text == "Text."


def test_a_page_may_leave_out_the_end_of_its_head() -> None:
    page = b"<!doctype html><html><head><meta charset=utf-8><title>T</title><body><p>Lina lives in Bergen."
    document = the_document(page, "a.html")
    assert (document.title, document.text) == ("T", "Lina lives in Bergen.")


def test_html_is_read_without_scripts_styles_and_navigation() -> None:
    page = """<!DOCTYPE html><html><head><title> Moves
      2021 </title><style>p {}</style></head><body><nav>Home | About</nav><!-- note -->
      <h1>Who moved</h1><p>Lina <b>moved</b>
      to Bergen.<br>In 2021.</p><ul><li><p>one</p></li><li>two</li></ul><script>alert(1)</script>
      <pre>  kept
        apart</pre><footer>© us</footer></body></html>"""
    for name in ("page.html", None):
        document = the_document(page.encode(), name)
        assert document.title == "Moves 2021"
        assert document.text == "# Who moved\n\nLina moved to Bergen.\nIn 2021.\n\n- one\n\n- two\n\nkept\n apart"


def test_of_a_page_with_a_main_part_only_that_is_read() -> None:
    page = b"<html><body><div>menu</div><main><p>The text.</p></main></body></html>"
    assert the_document(page, "a.htm").text == "The text."


def test_a_pdf_is_read_with_its_own_title_or_the_file_name() -> None:
    document = the_document(pdf(FACT, "Page two.", title="Moves"), "file.pdf")
    assert document.text == f"{FACT}\n\nPage two."
    assert document.title == "Moves"
    assert the_document(pdf(FACT, title="Microsoft Word - x.doc"), "file.pdf").title == "file"
    assert the_document(pdf(FACT)).text == FACT


def test_a_table_in_a_pdf_is_read_by_its_columns() -> None:
    rows = [("Shipping to", "Price", "Days"), ("United Kingdom", "9.90", "5-8"), ("Norway", "12.00", "7")]
    page = ") Tj -300 -20 Td (".join(") Tj 150 0 Td (".join(row) for row in rows)
    assert sentences(reading(the_document(pdf(page), "a.pdf").text)) == [
        "Shipping to United Kingdom: Price 9.90",
        "Shipping to United Kingdom: Days 5-8",
        "Shipping to Norway: Price 12.00",
        "Shipping to Norway: Days 7",
    ]


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "a.txt", "a.txt is empty"),
        (b" \n ", "a.txt", "a.txt is empty"),
        (b"<html><body><script>x()</script></body></html>", "a.html", "a.html is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.txt", "a.txt is binary"),
        (bytes(range(1, 256)) * 10, "a.txt", "a.txt is binary"),
        (b"\xff\xfea", "a.txt", "a.txt begins as utf-16 and is not"),
        (b"no pdf at all", "a.pdf", "a.pdf cannot be read as PDF"),
        (pdf(FACT)[:200], "a.pdf", "a.pdf cannot be read as PDF|a.pdf is a PDF without text"),
        (pdf(""), "a.pdf", "a.pdf is a PDF without text"),
        (b"\0\1", None, "The input is binary"),
    ],
)
def test_a_file_that_cannot_be_remembered_is_one_line_with_its_name(
    content: bytes, name: str | None, problem: str
) -> None:
    with pytest.raises(DocumentError, match=f"^({problem})") as caught:
        the_document(content, name)
    assert "\n" not in str(caught.value)


def test_a_locked_pdf_says_so(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    (tmp_path / "open.pdf").write_bytes(pdf(FACT))
    writer = PdfWriter(PdfReader(tmp_path / "open.pdf"))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")

    with pytest.raises(DocumentError, match="is locked by a password"):
        the_document(tmp_path / "locked.pdf")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(DocumentError, match=r"huge\.txt is too large: 100 MB, and 20 MB is the limit"):
        the_document(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless files")
def test_an_endless_file_is_refused() -> None:
    with pytest.raises(DocumentError, match="/dev/zero cannot be read: it is a pipe or a device, not a file") as raised:
        the_document("/dev/zero")
    assert str(raised.value).endswith("Give what comes out of it as bytes, or to -.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_pipe_that_is_named_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(DocumentError, match=r"pipe\.txt cannot be read: it is a pipe or a device, not a file"):
        the_document(tmp_path / "pipe.txt")


def test_a_name_that_no_file_can_have_is_one_clear_line() -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        the_document("a\0b.txt")


def test_a_missing_file_and_a_folder_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"none\.txt cannot be read: No such file"):
        the_document(tmp_path / "none.txt")
    with pytest.raises(DocumentError, match="is a folder"):
        the_document(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text(FACT)
    path.chmod(0)
    with pytest.raises(DocumentError, match=r"secret\.txt cannot be read: Permission denied"):
        the_document(path)


# Finding


def test_folders_are_searched_in_order_without_hidden_and_binary_files(tmp_path: Path) -> None:
    for name in ("b.md", "a.txt", "sub/c.HTML", ".hidden.txt", ".git/d.txt", "image.png", "sub/code.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(FACT)
    (tmp_path / "binary.txt").write_bytes(b"\0\1\2")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "file.pdf").write_bytes(pdf(FACT))
    (tmp_path / "wide.txt").write_bytes(FACT.encode("utf-16"))

    found = find_documents([tmp_path / "b.md", tmp_path])

    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "b.md",
        "a.txt",
        "file.pdf",
        "wide.txt",
        "sub/c.HTML",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_text(FACT)
    assert find_documents([tmp_path]) == [tmp_path / "a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_links_out_of_a_folder_and_in_circles_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "private.txt", tmp_path / "folder"
    outside.write_text(FACT)
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text(FACT)
    (folder / "out.txt").symlink_to(outside)
    (folder / "within.txt").symlink_to("a.txt")
    (folder / "nowhere.txt").symlink_to("none.txt")
    (folder / "itself.txt").symlink_to("itself.txt")
    (folder / "sub" / "up").symlink_to(folder)
    (tmp_path / "other").symlink_to(folder)

    for named in (folder, tmp_path / "other"):
        assert find_documents([named]) == [named / "a.txt", named / "within.txt"]
    assert find_documents([folder / "out.txt"]) == [folder / "out.txt"]  # it is named


def test_a_file_that_is_named_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / ".notes"
    path.write_text(FACT)
    assert find_documents([str(path)]) == [path]


def test_a_folder_with_nothing_usable_is_named_with_what_would_be(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    with pytest.raises(DocumentError, match=r"Nothing in .* can be remembered: no file with text .* \.txt, .*\.pdf"):
        find_documents([tmp_path])


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"There is no file or folder .*nowhere"):
        find_documents([tmp_path / "nowhere"])


def test_a_text_in_the_place_of_a_path_is_told_in_one_line() -> None:
    with pytest.raises(DocumentError, match=r"Lina Okafor.*: check the path") as raised:
        find_documents([f"{FACT} " * 100])
    assert len(str(raised.value)) < 400


# Odd files


def test_a_page_that_declares_what_is_no_encoding_is_read_all_the_same() -> None:
    page = b'<!doctype html><meta charset="undefined"><p>Lina lives in Bergen.'
    assert the_document(page).text == "Lina lives in Bergen."


def test_a_page_that_the_parser_rejects_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def rejects(*_arguments: object) -> None:
        raise ParserRejectedMarkup("unknown status keyword")

    monkeypatch.setattr("bs4.BeautifulSoup.__init__", rejects)
    page = tmp_path / "page.html"
    page.write_text("<html><p>Weight <![5 kg]</p></html>", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"page\.html cannot be read as HTML"):
        the_document(page)


@pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")
def test_a_file_whose_name_is_no_unicode_is_read_under_a_name_that_can_be_kept(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    try:
        path.write_text(FACT, encoding="utf-8")
    except OSError:
        pytest.skip("this disk takes no such name")
    document = the_document(path)
    assert (document.text, document.title) == (FACT, "caf\ufffd")
    assert document.source is not None and document.source.encode()


@pytest.mark.parametrize("text", ["<html> is the root element.", "%PDF-1.7 is how such files begin."])
def test_a_text_that_is_given_as_one_is_not_taken_for_a_file(text: str) -> None:
    assert as_document(text) == Document(text, text)


def test_a_chat_that_bears_no_time_was_held_when_it_is_said_to(tmp_path: Path) -> None:
    lines = [{"role": "user", "content": "I moved yesterday."}, {"role": "assistant", "content": "Congratulations!"}]
    (tmp_path / "chat.jsonl").write_text("\n".join(map(json.dumps, lines)))
    [document] = read_documents(tmp_path / "chat.jsonl", None, {"user": "Ana"}, "2024-05-07")
    assert "moved yesterday" in document.text and document.said_at == datetime(2024, 5, 7)
    lines[0]["created_at"] = "2020-01-02T10:00"
    [document] = read_documents("\n".join(map(json.dumps, lines)).encode(), "chat.jsonl", None, "2024-05-07")
    assert "2 January 2020" in document.title and document.said_at == datetime(2020, 1, 2, 10)
    with pytest.raises(DocumentError, match="soon"):
        read_documents(tmp_path / "chat.jsonl", None, None, "soon")
