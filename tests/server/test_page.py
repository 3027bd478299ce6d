"""A browser drives the page: Chromium that TEST_CHROMIUM names, or that is installed; else this is skipped."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from parametric_memory import ParametricMemory
from parametric_memory.answering.answering import Answering, PreparedAnswer
from parametric_memory.documents.files import Document
from parametric_memory.records import NOT_HELD, Answer
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from parametric_memory.server.settings import ServerSettings
from tests.server.live import listening

playwright = pytest.importorskip("playwright.sync_api", reason="the package `playwright` is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
SECONDS = 30.0  # the longest that anything is waited for
DROPPED = """([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    return data;
}"""
# What the line of an upload tells, and how far its bar is, whenever one of them changes.
PROGRESS = """() => {
    window.told = [];
    new MutationObserver(() => {
        const bar = document.querySelector("#progress progress"), text = bar?.previousElementSibling.textContent;
        if (bar && window.told.at(-1)?.[0] !== text) window.told.push([text, bar.position]);
    }).observe(document.getElementById("progress"), { subtree: true, childList: true, attributes: true });
}"""
# The colour of a text, or of what stands where one is to be typed, and those behind it, the nearest first: each
# [red, green, blue], and the opacity where it is not 1.
COLOURS = """(node) => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const behind = [];
    for (let at = node; at; at = at.parentElement) behind.push(numbers(getComputedStyle(at).backgroundColor));
    return [numbers(getComputedStyle(node, node.placeholder ? "::placeholder" : null).color), behind];
}"""
WORDS = ("h1", "header p", "h3", ".text", ".small", ".title", ".primary", ".forget", ".badge", "footer a")
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> Hal keeps snakes."

Colour = Sequence[float]  # red, green, blue, each 0 to 255

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed, and TEST_CHROMIUM names none"),
]


@pytest.fixture
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, memory: ParametricMemory, keys: Keys) -> Iterator[Any]:
    """The page, on which nothing may go wrong that its console would tell."""
    with listening(build(memory, ServerSettings(), keys)) as url:
        page, wrong = browser.new_page(), []
        page.on("console", lambda message: wrong.append(message.text) if _is_wrong(message) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(url)
        yield page
        assert wrong == []


def _is_wrong(message: Any) -> bool:
    return message.type == "error" and "Failed to load resource" not in message.text  # an answer that says no


def entries(page: Any) -> Any:
    return page.locator("#entries li:visible")


def forget(page: Any, title: str) -> None:
    page.get_by_role("button", name=f"Forget {title}", exact=True).click()


def ask(page: Any, question: str) -> None:
    """Ask, and wait until both answers are there."""
    page.fill("#question", question)
    page.press("#question", "Enter")
    for about in ("#with-about", "#alone-about"):
        playwright.expect(page.locator(about)).to_contain_text("tokens read", timeout=SECONDS * 1000)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that the server does."""
    ends = time.monotonic() + SECONDS
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
    assert holds()


def test_a_memory_is_added_asked_explained_and_forgotten(page: Any, memory: ParametricMemory, tmp_path: Path) -> None:
    expect = playwright.expect
    expect(entries(page)).to_have_count(3)
    page.fill("#text", "Ada keeps bees in Turin.")
    page.press("#text", "Control+Enter")
    expect(entries(page)).to_have_count(4)
    expect(entries(page).first).to_contain_text("Ada keeps bees")

    page.fill("#question", "What does Ada keep in Turin?")
    page.press("#question", "Enter")
    expect(page.locator("#with-about")).to_contain_text("tokens read", timeout=30_000)
    expect(page.locator("#alone-about")).to_contain_text("tokens read", timeout=30_000)
    assert page.inner_text("#with").strip() == memory.ask("What does Ada keep in Turin?").text.strip()
    expect(page.locator("#recalls li").first).to_contain_text("Ada keeps bees in Turin.")
    page.get_by_role("button", name="Show which words count").first.click()
    expect(page.locator("#recalls mark").first).to_be_visible(timeout=30_000)

    page.fill("#search", "cello orchestra")
    expect(entries(page).first).to_contain_text("Tomas Reyes")
    page.fill("#search", "")
    expect(entries(page)).to_have_count(4)

    page.get_by_role("button", name="Forget Ada keeps bees").click()
    expect(entries(page)).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(entries(page)).to_have_count(4)
    page.get_by_role("button", name="Forget Ada keeps bees").click()
    page.evaluate("document.querySelector('#with-about').textContent = ''")  # that of the question before
    page.fill("#question", "Who?")
    page.press("#question", "Enter")  # a question is not answered from what was forgotten before
    expect(page.locator("#with-about")).to_contain_text("tokens read", timeout=30_000)
    assert len(memory.list()) == 3


def test_files_are_added_and_one_that_cannot_be_read_is_told(page: Any, tmp_path: Path) -> None:
    (tmp_path / "goats.md").write_text("# Goats\n\nGoats eat the roses of Ada.")
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01\x02")
    page.set_input_files("#files", [tmp_path / "goats.md", tmp_path / "bad.txt"])
    playwright.expect(page.locator("#progress .failed")).to_contain_text("bad.txt is binary")
    playwright.expect(page.locator("#progress")).to_contain_text("1 of 2 files: remembered")
    playwright.expect(entries(page).first).to_contain_text("Goats")


def test_an_entry_is_edited_and_its_history_shown(browser: Any, open_memory: Any, keys: Keys) -> None:
    memory = open_memory(versions=3)
    memory.add("Ada keeps bees in Turin.", id="ada")
    expect = playwright.expect
    with listening(build(memory, ServerSettings(), keys)) as url:
        page = browser.new_page()
        page.goto(url)
        page.get_by_role("button", name="Edit Ada keeps bees in Turin.").click()
        page.get_by_label("Text", exact=True).fill("Ada keeps goats in Turin.")
        page.get_by_role("button", name="Save").click()
        expect(entries(page).first).to_contain_text("Ada keeps goats")
        assert memory.history("ada").text == "Ada keeps goats in Turin."
        page.get_by_role("button", name="History of Ada keeps goats in Turin.").click()
        expect(page.locator("#versions li")).to_have_count(2)
        expect(page.locator("#versions li").last).to_contain_text("Ada keeps bees in Turin.")
        page.get_by_role("button", name="Close").click()
        page.get_by_role("button", name="Edit Ada keeps goats in Turin.").click()
        page.get_by_role("button", name="Cancel").click()
        assert memory.get("ada").version == 2


def test_where_nothing_is_remembered_the_page_says_so_unless_an_answer_is_wanted(page: Any) -> None:
    ask(page, "zzz qqq xxx?")
    assert page.inner_text("#with") == NOT_HELD
    assert page.inner_text("#why-told") == "Nothing that is remembered answers this."
    page.get_by_label("Answer even if nothing is remembered about it").check()
    page.evaluate("document.querySelector('#with-about').textContent = ''")
    ask(page, "zzz qqq xxx?")
    assert page.inner_text("#with") != NOT_HELD


def test_what_a_document_says_is_shown_and_not_done(page: Any, memory: ParametricMemory) -> None:
    memory.add(HOSTILE, title=HOSTILE, source=HOSTILE)
    page.reload()
    playwright.expect(entries(page).first).to_contain_text("<img src=x")
    page.fill("#question", "What does Hal keep?")
    page.press("#question", "Enter")
    playwright.expect(page.locator("#recalls")).to_contain_text("<img src=x", timeout=30_000)
    assert page.title() == "Parametric Memory"


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.fill("#question", "Where did Lina Okafor move to?")
    page.press("#question", "Enter")
    playwright.expect(page.locator("#with-about")).to_contain_text("tokens read", timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_api_is_described(page: Any) -> None:
    page.goto(page.url + "docs")
    page.get_by_text("POST /search").click()
    playwright.expect(page.locator("details[open]")).to_contain_text("query string, needed")


def test_the_keyboard_reaches_everything(page: Any) -> None:
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    order = [name for name in reached if name in ("question", "Ask", "text", "Remember", "files", "search")]
    assert order == ["question", "Ask", "text", "Remember", "files", "search"]
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"


def test_a_key_is_asked_for_and_used(browser: Any, memory: ParametricMemory, keys: Keys) -> None:
    with listening(build(memory, ServerSettings(token="secret"), keys)) as url:
        page = browser.new_page()
        page.goto(url)
        page.fill("#key", "secret")
        page.press("#key", "Enter")
        playwright.expect(entries(page)).to_have_count(3)


def test_forgetting_is_counted_and_so_is_taking_it_back(page: Any, memory: ParametricMemory) -> None:
    expect, count, nothing = playwright.expect, page.locator("#count"), page.locator("#nothing")
    titles = [entry.title for entry in memory.list()]
    expect(count).to_have_text("3")
    page.clock.install()
    forget(page, titles[0])
    expect(count).to_have_text("2")
    page.keyboard.press("Enter")  # the button that takes it back has the focus
    expect(count).to_have_text("3")
    expect(entries(page)).to_have_count(3)
    assert page.evaluate("document.activeElement.ariaLabel") == f"Forget {titles[0]}"

    for title in titles:
        forget(page, title)
    expect(count).to_have_text("")
    expect(nothing).to_have_text("Nothing is remembered yet.")
    page.clock.fast_forward("00:09")
    until(lambda: not memory.list())
    expect(nothing).to_be_visible()

    page.fill("#text", "Ada keeps bees in Turin.")
    page.press("#text", "Control+Enter")
    expect(count).to_have_text("1")
    expect(nothing).to_be_hidden()


def test_what_a_search_finds_is_counted_without_what_is_forgotten(page: Any) -> None:
    expect, count = playwright.expect, page.locator("#count")
    page.fill("#search", "cello orchestra")
    expect(count).to_contain_text("found")
    found = entries(page).count()
    entries(page).first.get_by_role("button", name="Forget").click()
    expect(count).to_have_text(f"{found - 1} found" if found > 1 else "")
    page.fill("#search", "")
    expect(count).to_have_text("2")
    expect(entries(page)).to_have_count(2)


def test_what_cannot_be_forgotten_is_shown_again(page: Any, memory: ParametricMemory) -> None:
    title = memory.get("entry1").title
    page.route("**/memories/entry1?*", lambda route: route.fulfill(status=500, json={"detail": "The disk is full."}))
    page.clock.install()
    forget(page, title)
    playwright.expect(page.locator("#count")).to_have_text("2")
    page.clock.fast_forward("00:09")
    playwright.expect(page.locator("#toasts")).to_contain_text("The disk is full.")
    playwright.expect(page.locator("#count")).to_have_text("3")
    playwright.expect(entries(page)).to_have_count(3)


def test_everything_is_shown_once_also_when_some_of_it_was_forgotten(page: Any, memory: ParametricMemory) -> None:
    memory.add_files(*[Document(f"The shelf {i} has letters of {1900 + i}.", f"Shelf {i}") for i in range(42)])
    expect, more = playwright.expect, page.get_by_role("button", name="Show more")
    page.reload()
    expect(page.locator("#count")).to_have_text("45")
    expect(entries(page)).to_have_count(20)
    page.clock.install()
    newest = [entry.title for entry in reversed(memory.list())]
    for title in newest[3:6]:
        forget(page, title)
    page.clock.fast_forward("00:09")
    until(lambda: len(memory.list()) == 42)

    more.click()
    expect(entries(page)).to_have_count(40)  # 17 are left, 3 have moved up to the first page, 20 are on the second
    for title in newest[8:10]:  # these are on their way, and the server still has them
        forget(page, title)
    more.click()
    expect(entries(page)).to_have_count(40)
    expect(more).to_be_hidden()
    expect(page.locator("#count")).to_have_text("40")
    assert entries(page).locator(".title").all_inner_texts() == [*newest[:3], *newest[6:8], *newest[10:]]


def test_an_entry_whose_id_is_a_path_is_explained_and_forgotten(page: Any, memory: ParametricMemory) -> None:
    id = "notes/2024/bees & goats?#1 100%.md"
    memory.add("Ada keeps bees in Turin.", id=id)
    page.reload()
    ask(page, "What does Ada keep in Turin?")
    page.get_by_role("button", name="Show which words count").first.click()
    playwright.expect(page.locator("#recalls mark").first).to_be_visible(timeout=SECONDS * 1000)
    page.clock.install()
    forget(page, "Ada keeps bees in Turin.")
    page.clock.fast_forward("00:09")
    until(lambda: id not in [entry.id for entry in memory.list()])


def test_of_two_questions_at_once_the_second_is_answered(page: Any) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data) if request.url.endswith("/ask") else None)
    page.evaluate("""() => {
        const field = document.getElementById("question");
        for (field.value of ["What is red?", "Who plays the cello?"]) field.form.requestSubmit();
    }""")
    playwright.expect(page.locator("#with-about")).to_contain_text("tokens read", timeout=SECONDS * 1000)
    playwright.expect(page.locator("#alone-about")).to_contain_text("tokens read", timeout=SECONDS * 1000)
    assert len(sent) == 2 and all("cello" in body for body in sent)


def test_files_are_remembered_one_after_the_other_and_the_page_tells_which(page: Any, tmp_path: Path) -> None:
    expect, names = playwright.expect, ["ants.md", "bees.md", "cats.md"]
    for name in names:
        (tmp_path / name).write_text(f"The {name.removesuffix('.md')} of Ada live in Turin.")
    page.evaluate(PROGRESS)
    page.set_input_files("#files", [tmp_path / name for name in names])
    expect(page.locator("#progress")).to_have_text("3 files: remembered as 3 entries")
    expect(entries(page)).to_have_count(6)
    steps = [(text, step) for text, step in page.evaluate("window.told") if text.startswith("Reading")]
    assert [text for text, _ in steps] == [f"Reading and remembering {n} … ({i} of 3)" for i, n in enumerate(names, 1)]
    assert [step for _, step in steps] == pytest.approx([0, 1 / 3, 2 / 3])

    page.evaluate(PROGRESS)
    page.set_input_files("#files", tmp_path / "ants.md")
    expect(page.locator("#progress")).to_contain_text("ants.md: known already")
    assert ["Reading and remembering ants.md …", -1] in page.evaluate("window.told")  # a bar that runs to and fro


def test_a_file_that_is_dropped_on_the_page_is_remembered(page: Any) -> None:
    expect, target = playwright.expect, page.locator("#drop")
    data = page.evaluate_handle(DROPPED, ["bees.md", "Ada keeps bees in Turin."])
    page.dispatch_event("h1", "dragover", {"dataTransfer": data})
    expect(target).to_be_visible()
    page.dispatch_event("body", "dragleave")
    expect(target).to_be_hidden()
    page.dispatch_event("h1", "dragover", {"dataTransfer": data})
    page.dispatch_event("h1", "drop", {"dataTransfer": data})
    expect(target).to_be_hidden()
    expect(entries(page)).to_have_count(4)
    expect(entries(page).first).to_contain_text("Ada keeps bees in Turin.")
    expect(entries(page).first).to_contain_text("bees.md")


def test_text_and_files_that_are_pasted_are_remembered(page: Any) -> None:
    expect = playwright.expect
    page.fill("#question", "Ada keeps bees in Turin.")
    page.press("#question", "Control+a")
    page.press("#question", "Control+x")
    page.press("#text", "Control+v")
    expect(page.locator("#text")).to_have_value("Ada keeps bees in Turin.")
    page.get_by_role("button", name="Remember").click()
    expect(entries(page).first).to_contain_text("Ada keeps bees in Turin.")
    expect(page.locator("#text")).to_have_value("")

    data = page.evaluate_handle(DROPPED, ["goats.md", "Goats eat the roses of Ada."])
    page.locator("body").evaluate(
        "(body, clipboardData) => body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))",
        data,
    )
    expect(entries(page)).to_have_count(5)
    expect(entries(page).first).to_contain_text("goats.md")


def test_a_key_is_asked_for_where_a_file_is_sent_without(
    browser: Any, memory: ParametricMemory, keys: Keys, tmp_path: Path
) -> None:
    (tmp_path / "bees.md").write_text("Ada keeps bees in Turin.")
    with listening(build(memory, ServerSettings(token="secret"), keys)) as url:
        page = browser.new_page()
        page.goto(url)
        page.fill("#key", "secret")
        page.press("#key", "Enter")
        playwright.expect(entries(page)).to_have_count(3)
        page.evaluate("sessionStorage.setItem('key', 'of yesterday')")
        page.set_input_files("#files", tmp_path / "bees.md")
        page.fill("#key", "secret")
        page.press("#key", "Enter")
        playwright.expect(page.locator("#progress")).to_have_text("bees.md: remembered")
        playwright.expect(entries(page).first).to_contain_text("Ada keeps bees in Turin.")


def test_both_answers_grow_side_by_side(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expect, words = playwright.expect, ["To ", "Bergen, ", "in ", "2021."]
    going_on = {from_memory: threading.Semaphore(0) for from_memory in (False, True)}

    def word_by_word(_: Answering, prepared: PreparedAnswer, abandoned: object = None) -> Iterator[str | Answer]:
        """A model that writes a word whenever the test lets it."""
        for word in words:
            assert going_on[prepared.request.from_memory].acquire(timeout=SECONDS)
            yield word
        seconds = {"first_token": 0.1, "total": 0.2}
        yield Answer(text="".join(words), remembered=True, confidence=0.5, prompt_tokens=9, timings=seconds)

    monkeypatch.setattr(Answering, "stream", word_by_word)
    page.fill("#question", "Where did Lina Okafor move to?")
    page.press("#question", "Enter")
    for i in range(1, len(words)):
        so_far = "".join(words[:i]).strip()
        for from_memory, place in ((True, "#with"), (False, "#alone")):
            expect(page.locator(".waiting, .coming")).to_have_count(2)  # both are still being written
            going_on[from_memory].release()
            expect(page.locator(place)).to_have_text(so_far)
    alone, beside = page.locator(".alone").bounding_box(), page.locator(".remembered").bounding_box()
    assert alone["y"] == beside["y"] and alone["x"] + alone["width"] < beside["x"]
    for semaphore in going_on.values():
        semaphore.release()
    expect(page.locator(".coming")).to_have_count(0)


def test_in_the_dark_the_page_is_dark_and_its_words_are_read_in_either(page: Any, tmp_path: Path) -> None:
    ask(page, "Where did Lina Okafor move to?")
    page.get_by_role("button", name="Show which words count").first.click()
    playwright.expect(page.locator("#recalls mark").first).to_be_visible(timeout=SECONDS * 1000)
    colours, brightness = {}, {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours[scheme] = colours_of(page.locator("body"))
        for place in (*WORDS, "#recalls mark", "[placeholder]"):
            for part in page.locator(place).all():
                assert contrast(*colours_of(part)) >= 4.5, f"{place} where it is {scheme}"
        brightness[scheme] = brightness_of(page, tmp_path / f"{scheme}.png")
    (ink, back), (ink_in_the_dark, back_in_the_dark) = colours["light"], colours["dark"]
    assert luminance(ink) < luminance(back) and luminance(ink_in_the_dark) > luminance(back_in_the_dark)
    assert brightness["light"] > 200 > 60 > brightness["dark"]


def colours_of(part: Any) -> tuple[Colour, Colour]:
    """Of its text, and of what is behind it, where colours let others shine through."""
    ink, behind = part.evaluate(COLOURS)
    back = [255.0, 255.0, 255.0]
    for *colour, opacity in reversed([(*colour, 1.0)[:4] for colour in behind]):
        back = [opacity * above + (1 - opacity) * below for above, below in zip(colour, back, strict=True)]
    return ink[:3], back


def luminance(colour: Colour) -> float:
    """How bright a colour is, as WCAG has it: 0 to 1."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: Colour, back: Colour) -> float:
    """Of a text, as WCAG has it: 1 to 21; 4.5 is enough to read small letters."""
    darker, brighter = sorted((luminance(ink), luminance(back)))
    return (brighter + 0.05) / (darker + 0.05)


def brightness_of(page: Any, picture: Path) -> float:
    """Of a picture of the page, 0 to 255; it must not be blank."""
    page.screenshot(path=picture)
    with Image.open(picture) as opened:
        shown = opened.convert("RGB")
    colours = shown.getcolors(shown.width * shown.height) or []
    assert shown.size == (1280, 720) and len(colours) > 50
    assert max(count for count, _ in colours) < 0.9 * shown.width * shown.height
    return float(ImageStat.Stat(shown.convert("L")).mean[0])
