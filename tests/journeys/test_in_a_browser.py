"""The README's walk in a real browser: `loudhailer up --demo`, Debian's Chromium, a person's clicks and keys.

With LOUDHAILER_PICTURES set to a folder it keeps the README's pictures there (`make screenshots`).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.journeys import table
from tests.journeys.steps import TEXTS
from tests.journeys.table import add_phone, become_officer, choose, messages, opened, picture, say, subscribe

pytestmark = table.pytestmark


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The one address that `loudhailer up --demo` prints, in a folder with nothing in it and an empty environment."""
    with table.demonstration(tmp_path) as found:
        yield found


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    with table.chromium() as found:
        yield found


def test_a_stranger_walks_the_readme(address: str, browser: Browser) -> None:
    page = opened(browser, address)
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
