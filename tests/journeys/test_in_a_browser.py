"""The README's walk in a real browser: `loudhailer up --demo`, Debian's Chromium, a person's clicks and keys.

With LOUDHAILER_PICTURES set to a folder it keeps the README's pictures there (`make screenshots`).
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.journeys.steps import TEXTS
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


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The one address that `loudhailer up --demo` prints, in a folder with nothing in it and an empty environment."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        [str(ROOT / "loudhailer"), "up", "--demo"],
        cwd=tmp_path,
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


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def test_a_stranger_walks_the_readme(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(address)
    picture(page, "welcome")

    tamil = add_phone(page, "telegram", "ta")
    tamil.locator("[data-role=start]").click()
    subscribe(tamil, "தமிழ்", "வெள்ள எச்சரிக்கை", "முடிந்தது", "ஆம், சந்தா சேர்")
    malay = add_phone(page, "whatsapp", "ms")
    malay.locator("[data-role=say-hi]").click()
    subscribe(malay, "Bahasa Melayu", "Amaran banjir", "Siap", "Ya, langgan")

    officer = become_officer(page)
    announce(officer)
    expect(messages(tamil)).to_contain_text([TEXTS["ta"]])
    expect(messages(malay)).to_contain_text([TEXTS["ms"]])
    expect(messages(officer)).to_contain_text(["2 of 2"])
    picture(page, "phones")

    say(malay, "STOP")
    expect(messages(malay)).to_contain_text(["MULA"])
    said = messages(malay).count()
    announce(officer, "North")
    expect(messages(tamil).filter(has_text=TEXTS["ta"])).to_have_count(2)
    page.wait_for_timeout(1500)
    assert messages(malay).count() == said

    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, "phones-narrow")


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


def announce(officer: Locator, *areas: str) -> None:
    """The whole dialog, up to the confirmation; for everywhere, or for these areas."""
    before = messages(officer).filter(has_text="Confirmed:").count()
    asked = messages(officer).filter(has_text="What is it?").count()
    say(officer, "/announce")
    expect(messages(officer).filter(has_text="What is it?")).to_have_count(asked + 1)
    choose(officer, "Notice")
    expect(messages(officer).filter(has_text="Who is it for?")).to_have_count(asked + 1)
    choose(officer, "Flood alerts")
    expect(messages(officer).filter(has_text="Which areas is it for?")).to_have_count(asked + 1)
    for area in areas:
        choose(officer, area)
        expect(messages(officer).last).to_contain_text(f"✅ {area}")
    choose(officer, "Next" if areas else "All areas")
    for number, locale in enumerate(("en", "ms", "ta", "zh_Hans"), start=1):
        prompts = messages(officer).filter(has_text=f"{number} of 4")
        expect(prompts).to_have_count(asked + 1)
        say(officer, TEXTS[locale])
    summaries = messages(officer).filter(has_text="type this code")
    expect(summaries).to_have_count(asked + 1, timeout=60_000)
    if areas:
        expect(summaries.last).to_contain_text(f"Only for: {', '.join(areas)}")
    code = re.findall(r"\b[A-Z0-9]{5}\b", summaries.last.inner_text())[-1]
    say(officer, code)
    expect(messages(officer).filter(has_text="Confirmed:")).to_have_count(before + 1)


def picture(page: Page, name: str) -> None:
    """Keep a picture, where pictures are wanted."""
    folder = os.environ.get("LOUDHAILER_PICTURES")
    if folder:
        page.wait_for_timeout(800)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
