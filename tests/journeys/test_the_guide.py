"""docs/guide-for-officers.md, step by step as it stands there, in a real browser, from the invitation to the group.

With LOUDHAILER_PICTURES set to a folder it keeps the guide's pictures there (`make screenshots`).
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import table
from tests.journeys.table import (
    add_phone,
    become_officer,
    choose,
    messages,
    opened,
    portrait,
    say,
    subscribe,
)
from tests.simulated import ROOT

GUIDE = ROOT / "docs" / "guide-for-officers.md"
ENGLISH = "The canal path at Jalan Besar is closed until Friday."
ALERT = "The canal at Jalan Besar overflows. Leave the ground floor now."
MINUTES = 10
WIDE = 1900  # five phones side by side

pytestmark = table.pytestmark


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The phones of the demonstration."""
    with table.demonstration(tmp_path) as address, table.chromium() as browser:
        yield opened(browser, address, WIDE)


def test_a_newcomer_follows_the_guide(page: Page) -> None:
    began = time.monotonic()
    mei, hafiz = citizens(page)
    officer = become_officer(page)
    messages(officer).filter(has_text="You are now an officer").scroll_into_view_if_needed()
    portrait(officer, "guide-invited")
    code = first_broadcast(page, officer)
    for citizen in (mei, hafiz):
        expect(messages(citizen).filter(has_text=ENGLISH)).to_have_count(1)
    assert time.monotonic() - began < MINUTES * 60
    looks_back(officer, code)
    approver = invites(page, officer)
    group = staff_group(page, officer)
    four_eyes(officer, approver)
    expect(messages(mei).filter(has_text=ALERT)).to_have_count(1)
    expect(messages(group).filter(has_text="sent an announcement")).to_have_count(1)
    portrait(group, "guide-group")


def citizens(page: Page) -> tuple[Locator, Locator]:
    """Step 1: two people to write to."""
    mei = add_phone(page, "telegram", "en")
    mei.locator("[data-role=start]").click()
    chooses(mei, "English", "What would you like to hear about from")
    choose(mei, "Flood alerts")
    expect(messages(mei).last).to_contain_text("✅")
    chooses(mei, "Done", "Do you agree?")
    chooses(mei, "Yes, subscribe", "You are now subscribed")
    hafiz = add_phone(page, "whatsapp", "ms")
    hafiz.locator("[data-role=say-hi]").click()
    subscribe(hafiz, "Bahasa Melayu", "Amaran banjir", "Siap", "Ya, langgan")
    return mei, hafiz


def first_broadcast(page: Page, officer: Locator) -> str:
    """Step 3: from /announce to the curve; the announcement's code."""
    asks(officer, "/announce", "What is it?")
    chooses(officer, "Notice", "Who is it for?")
    chooses(officer, "Flood alerts", "Which areas is it for?")
    chooses(officer, "All areas", "1 of 4")
    portrait(officer, "guide-draft")
    asks(officer, ENGLISH, "2 of 4")
    for number in (3, 4):
        asks(officer, "/skip", f"{number} of 4")
    asks(officer, "/skip", "What do people get who read these?")
    chooses(officer, "English", "type this code")
    messages(officer).filter(has_text="Preview.").last.scroll_into_view_if_needed()
    portrait(officer, "guide-preview")
    slow(page, "whatsapp")
    typed = messages(officer).filter(has_text="type this code").last.inner_text()
    asks(officer, re.findall(r"\b[A-Z0-9]{5}\b", typed)[-1], "Confirmed:")
    expect(messages(officer).filter(has_text="1 of 2 people")).to_have_count(1)
    portrait(officer, "guide-progress")
    expect(messages(officer).filter(has_text="how fast it arrived")).to_have_count(1)
    portrait(officer, "guide-curve")
    return messages(officer).filter(has_text="Confirmed:").last.inner_text().split()[1]


def slow(page: Page, channel: str) -> None:
    """Have an app take its time, so that there is something to see on the way."""
    url = page.url.rstrip("/") + "/control/faults"
    page.request.post(url, data={"kind": "slow", "channel": channel, "seconds": 4, "count": 1})


def looks_back(officer: Locator, code: str) -> None:
    """Step 4: who got it, and the file."""
    asks(officer, f"/who {code}", "Which do you need as a file?")
    asks(officer, "1", f"{code}-reached.csv")
    portrait(officer, "guide-who")


def invites(page: Page, officer: Locator) -> Locator:
    """Step 5: a colleague on WhatsApp, who approves."""
    asks(officer, "/officers", "Choose a number")
    chooses(officer, "Invite an officer", "What may the new officer do?")
    chooses(officer, "approver", "What is the name")
    asks(officer, "Lim", "wa.me")
    told = messages(officer).filter(has_text="wa.me").last.inner_text()
    approver = add_phone(page, "whatsapp", "en")
    invitation = re.findall(r"o-[\w-]+", told)[0]
    asks(approver, f"/start {invitation}", "/approve")
    return approver


def staff_group(page: Page, officer: Locator) -> Locator:
    """Step 6: a group that is told."""
    officer.get_by_label("Menu of").click()
    before = page.locator("[data-phone]").count()
    page.get_by_role("button", name="Make a group with").click()
    expect(page.locator("[data-phone]")).to_have_count(before + 1)
    group = page.locator("[data-phone]").filter(has_text="Duty room").last
    asks(officer, "/group", "No staff group")
    chooses(officer, "Allow a group", "/group@")
    typed = re.findall(r"/group@\S+ \w+", messages(officer).last.inner_text())[0]
    asks(group, typed, "now a staff group")
    return group


def four_eyes(officer: Locator, approver: Locator) -> None:
    """Step 7: an alert, which needs a second person here."""
    asks(officer, "/announce", "What is it?")
    chooses(officer, "ALERT", "Who is it for?")
    chooses(officer, "Flood alerts", "Which areas is it for?")
    chooses(officer, "All areas", "1 of 4")
    asks(officer, ALERT, "2 of 4")
    for number in (3, 4):
        asks(officer, "/skip", f"{number} of 4")
    asks(officer, "/skip", "What do people get who read these?")
    chooses(officer, "English", "has to approve this")
    chooses(officer, "Submit", "is submitted")
    expect(messages(approver).filter(has_text="approval is still needed")).to_have_count(1)
    portrait(approver, "guide-approval")
    chooses(approver, "Approve", "Approved.")
    expect(messages(officer).filter(has_text="approved").last).to_be_visible()
    chooses(officer, "Send it now", "type this code")
    typed = messages(officer).filter(has_text="type this code").last.inner_text()
    asks(officer, re.findall(r"\b[A-Z0-9]{5}\b", typed)[-1], "Confirmed:")
    portrait(officer, "guide-code")


def asks(phone: Locator, text: str, answer: str) -> None:
    """Type something and wait for the answer."""
    before = messages(phone).filter(has_text=answer).count()
    say(phone, text)
    expect(messages(phone).filter(has_text=answer)).to_have_count(before + 1)


def chooses(phone: Locator, label: str, answer: str) -> None:
    """Tap something and wait for the answer."""
    before = messages(phone).filter(has_text=answer).count()
    choose(phone, label)
    expect(messages(phone).filter(has_text=answer)).to_have_count(before + 1)
