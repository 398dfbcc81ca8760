"""The phones' page in a real browser: markup stays text, and everything can be reached."""

import json
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.journeys.table import CHROMIUM, FLAGS, PATIENCE_MS, pytestmark
from tests.simulated import TELEGRAM_TOKEN, Simulator

__all__ = ["pytestmark"]  # marked as a browser test, and skipped where there is no Chromium
EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
LINK = 'javascript:window.pwned=1 http://x"onmouseover="window.pwned=1'

OUT_OF_REACH = """() => [...document.querySelectorAll("#topbar button, #topbar select, #topbar input, #live")]
    .filter((each) => each.checkVisibility())
    .filter((each) => {
        const { left, right, top, bottom } = each.getBoundingClientRect();
        const there = [left + 2, right - 2].map((x) => document.elementFromPoint(x, (top + bottom) / 2));
        return left < 0 || right > innerWidth || !there.every((found) => found?.closest("#topbar"));
    })
    .map((each) => each.getAttribute("aria-label") ?? each.id)"""


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page()
        browser.close()


def bot_says(sim: Simulator, chat: str, text: str) -> None:
    """A message from the bot, with a button."""
    keyboard = {"inline_keyboard": [[{"text": EVIL[:60], "callback_data": "k"}]]}
    said = json.dumps({"chat_id": int(chat), "text": text, "reply_markup": keyboard}).encode()
    headers = {"Content-Type": "application/json"}
    call = urllib.request.Request(f"{sim.telegram_url}{TELEGRAM_TOKEN}/sendMessage", said, headers)
    urllib.request.urlopen(call, timeout=5).close()


def test_markup_in_names_texts_and_labels_is_shown_and_never_run(sim: Simulator, page: Page) -> None:
    bot = sim.add_bot(name=EVIL)
    phone = sim.new_phone("telegram", name=EVIL)
    sim.say(phone["id"], bot, EVIL)
    for text in (EVIL, LINK, f"/start {EVIL}", "\u202e" + EVIL):
        bot_says(sim, phone["number"], text)
    sim.post("/api/links", title=EVIL, url="javascript:window.pwned=1", note=EVIL)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(sim.url)
    expect(page.locator("[data-phone]")).to_contain_text([EVIL], timeout=PATIENCE_MS)
    page.locator("#try").click()
    for link in page.locator("#drawer a, [data-phone] a").all():
        assert (link.get_attribute("href") or "").startswith(("http://", "https://"))
        assert link.get_attribute("onmouseover") is None
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0
    assert complaints == []


@pytest.mark.parametrize("letters", ["normal", "2px"], ids=["letters as they are", "wide letters"])
def test_nothing_of_the_top_bar_lies_under_the_drawer_or_outside(sim: Simulator, page: Page, letters: str) -> None:
    page.goto(sim.url)
    page.evaluate("letters => document.body.style.letterSpacing = letters", letters)
    for is_open in (False, True):
        if is_open:
            page.locator("#try").click()
        for width in (360, 420, 640, 800, 900, 901, 1000, 1120, 1280, 1360, 1440, 1560, 1720, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate("() => new Promise(requestAnimationFrame)")
            assert page.evaluate(OUT_OF_REACH) == [], (width, is_open)
    page.get_by_label("Close things to try").click()
    expect(page.locator("#drawer")).to_be_hidden()
