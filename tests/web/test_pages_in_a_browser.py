"""The pages in a real browser: axe finds nothing, nothing stands out of a narrow screen, in every language.

With LOUDHAILER_PICTURES set to a folder it keeps pictures of two pages there (`make screenshots`).
"""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from waitress.server import create_server

from broadcast.states import Kind
from db import engine
from tests.bot import people
from tests.web.town import Town, lively
from web.rendering import tag

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
PAGES = ("water/", "water/a/FLD77", "water/a/WRNG2", "water/a/GONE2", "water/a/NNNNN", "nobody/")
WIDE, NARROW, OLD = 1280, 360, 320
STANDS_OUT = "document.documentElement.scrollWidth > innerWidth"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="not provided: chromium - apt-get install chromium"),
]


@pytest.fixture
def address(migrated_sqlite_url: str) -> Iterator[str]:
    """A town's pages on a real web server."""
    made = engine.create_engine(migrated_sqlite_url)
    town = Town(engine.session_factory(made))
    _fill(town)
    server = create_server(town.app(), host="127.0.0.1", port=0)
    serving = threading.Thread(target=server.run)
    serving.start()
    yield f"http://127.0.0.1:{server.effective_port}/"
    server.close()
    serving.join(10)
    made.dispose()


def _fill(town: Town) -> None:
    lively(town)
    town.announces(town.agency("quiet", is_bare=True), "ONLY2", kind=Kind.ALERT, topic=None)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def test_axe_finds_nothing_and_nothing_stands_out_of_any_screen(address: str, browser: Browser) -> None:
    axe, page = Axe(), browser.new_page()
    for path in (*PAGES, "quiet/"):
        for locale in people.LOCALES:
            for width in (WIDE, NARROW, OLD):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(f"{address}{path}?lang={tag(locale)}")
                assert not page.evaluate(STANDS_OUT), (path, locale, width)
            found = axe.run(page, options=RULES)
            assert found.violations_count == 0, (path, locale, found.generate_report())
            page.evaluate("document.dir = 'rtl'")  # as the page is in a language that is written so
            assert not page.evaluate(STANDS_OUT), (path, locale, "from right to left")


def test_the_form_works_from_the_keyboard_and_every_page_leads_back(address: str, browser: Browser) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(f"{address}water/?lang=en")
    page.get_by_label("Code of the announcement").fill("wrng2")
    page.keyboard.press("Enter")
    assert "Corrected:" in page.inner_text("main")
    page.get_by_role("link", name="Read the correction").click()
    assert "Genuine:" in page.inner_text("main")
    page.get_by_role("link", name="தமிழ்").click()
    assert page.get_attribute("html", "lang") == "ta"
    page.locator("main a").last.click()
    assert page.get_attribute("html", "lang") == "ta"
    assert "FLD77" in page.inner_text("main")
    assert not complaints, complaints  # the browser refused nothing of the page
    _pictures(page, address)


def _pictures(page: Page, address: str) -> None:
    """Keep two pictures, where pictures are wanted."""
    folder = os.environ.get("LOUDHAILER_PICTURES")
    if not folder:
        return
    for name, path, width, height in (
        ("public-page", "water/?lang=en", WIDE, 1100),
        ("verified-narrow", "water/a/WRNG2?lang=ta", NARROW, 800),
    ):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address + path)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
