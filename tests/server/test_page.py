"""A browser drives the page: Chromium that TEST_CHROMIUM names, or that is installed; else this is skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from parametric_memory.server.settings import ServerSettings
from tests.server.live import listening

playwright = pytest.importorskip("playwright.sync_api", reason="the package `playwright` is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> Hal keeps snakes."

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
    return page.locator("#entries li")


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
    page.get_by_role("button", name="Show the words that have rows").first.click()
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
    page.fill("#question", "Who?")
    page.press("#question", "Enter")  # a question is not answered from what was forgotten before
    expect(page.locator("#with-about")).to_contain_text("tokens read", timeout=30_000)
    assert len(memory.list()) == 3


def test_files_are_added_and_one_that_cannot_be_read_is_told(page: Any, tmp_path: Path) -> None:
    (tmp_path / "goats.md").write_text("# Goats\n\nGoats eat the roses of Ada.")
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01\x02")
    page.set_input_files("#files", [tmp_path / "goats.md", tmp_path / "bad.txt"])
    playwright.expect(page.locator("#progress .failed")).to_contain_text("bad.txt")
    playwright.expect(entries(page).first).to_contain_text("Goats")


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
