"""The phones page as a person uses it: `loudhailer up --demo`, Debian's Chromium, clicks and keys."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.simulated import ROOT

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
]
PATIENCE_MS = 20_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="not provided: chromium - apt-get install chromium"),
]


@contextlib.contextmanager
def demonstration(folder: Path) -> Iterator[str]:
    """The one address that `loudhailer up --demo` prints, in a folder with nothing in it and an empty environment."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        [str(ROOT / "loudhailer"), "up", "--demo"],
        cwd=folder,
        env={**environment, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://[0-9.:]+", line)
        assert found, line
        yield found.group()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stdout.close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def opened(browser: Browser, address: str, width: int = 1440) -> Page:
    """The page of the phones."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(address)
    return page


def add_phone(page: Page, channel: str, language: str) -> Locator:
    """A new phone with this language, by the bar's button."""
    name = {"telegram": "Telegram", "whatsapp": "WhatsApp"}[channel]
    before = phone_ids(page)
    page.get_by_label(f"Language of the new {name} phone").select_option(language)
    page.get_by_role("button", name=f"Add a {name} phone").click()
    expect(page.locator("[data-phone]")).to_have_count(len(before) + 1)
    (fresh,) = phone_ids(page) - before
    return page.locator(f"[data-phone='{fresh}']")


def phone_ids(page: Page) -> set[str]:
    """The ids of the phones on the table."""
    found = page.locator("[data-phone]")
    return {phone_id(found.nth(each)) for each in range(found.count())}


def messages(phone: Locator) -> Locator:
    """Everything from us on a phone."""
    return phone.locator("[data-role=message][data-from=bot]")


def choose(phone: Locator, label: str) -> None:
    """Tap the newest button of this label, or open the newest list and choose the row. Nothing else is tapped."""
    expect(messages(phone).last).to_be_visible()
    buttons = phone.locator("[data-role=button]").filter(has_text=label)
    lists = phone.locator("[data-role=button][aria-haspopup=dialog]:visible")
    for _ in range(100):
        if buttons.count():
            buttons.last.click()
            return
        if lists.count() and chose_row(phone, lists.last, label):
            return
        phone.page.wait_for_timeout(200)
    raise AssertionError(f"nothing to tap says {label!r}")


def chose_row(phone: Locator, opener: Locator, label: str) -> bool:
    """Open a list and send the row of this label; close it again where there is none."""
    opener.click()
    rows = phone.locator("[data-role=list-item]").filter(has_text=label)
    if not rows.count():
        phone.page.keyboard.press("Escape")
        return False
    rows.last.click()
    phone.locator("[data-role=list-send]").click()
    return True


def subscribe(phone: Locator, language: str, topic: str, done: str, yes: str) -> None:
    """Language, topic, consent, in the words on the screen."""
    for label in (language, topic, done, yes):
        choose(phone, label)
        phone.page.wait_for_timeout(1200)


def say(phone: Locator, text: str) -> None:
    """Type and press Enter."""
    composer = phone.locator("[data-role=composer]")
    composer.fill(text)
    composer.press("Enter")


def become_officer(page: Page) -> Locator:
    """Open the invitation on a new phone, from the drawer."""
    phone = add_phone(page, "telegram", "en")
    page.locator("#try").click()
    page.get_by_label("Phone for: Become an officer").select_option(phone_id(phone))
    page.get_by_label("Open on the chosen phone: Become an officer").click()
    page.get_by_label("Close things to try").click()
    expect(page.locator("#drawer")).to_be_hidden()
    expect(messages(phone)).to_contain_text(["/announce"])
    return phone


def phone_id(phone: Locator) -> str:
    """The id the page knows a phone by."""
    found = phone.get_attribute("data-phone")
    assert found is not None
    return found


def picture(page: Page, name: str) -> None:
    """Keep a picture, where pictures are wanted."""
    folder = os.environ.get("LOUDHAILER_PICTURES")
    if folder:
        page.wait_for_timeout(800)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def portrait(phone: Locator, name: str) -> None:
    """Keep a picture of one phone, where pictures are wanted."""
    folder = os.environ.get("LOUDHAILER_PICTURES")
    if folder:
        phone.evaluate("phone => scrollBy(0, phone.getBoundingClientRect().top - 90)")  # clear of the bar
        phone.page.wait_for_timeout(800)
        phone.locator(".frame").screenshot(path=str(Path(folder) / f"{name}.jpg"), quality=80)
