"""Sending pictures, a document and a place from a phone's composer, with the keyboard, on both apps."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.journeys.test_in_a_browser import pytestmark
from tests.simulated import Simulator
from tests.simulator.test_attaching import PNG
from tests.simulator.test_page_in_a_browser import page
from tests.web.test_pages_in_a_browser import RULES

__all__ = ["page", "pytestmark"]


def on_the_table(sim: Simulator, page: Page, channel: str) -> tuple[Locator, str]:
    """A phone whose owner has said something, as the page shows it."""
    bot = sim.add_bot() if channel == "telegram" else sim.add_whatsapp_sender()
    phone = sim.new_phone(channel)["id"]
    sim.say(phone, bot, "hello")
    page.goto(sim.url)
    return page.locator(f"[data-phone='{phone}']"), phone


def attach(phone: Locator, way: str) -> None:
    """Open the menu and choose, without a mouse."""
    phone.get_by_role("button", name="Attach").focus()
    phone.page.keyboard.press("Enter")
    expect(phone.get_by_role("button", name="Photo")).to_be_focused()
    for _ in range(("Photo", "Document", "Location").index(way)):
        phone.page.keyboard.press("Tab")
    phone.page.keyboard.press("Enter")


def choose(phone: Locator, way: str, *files: FilePayload) -> None:
    """Attach these files."""
    with phone.page.expect_file_chooser() as chooser:
        attach(phone, way)
    chooser.value.set_files(list(files))


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


@pytest.mark.parametrize(("channel", "bubbles"), [("telegram", 1), ("whatsapp", 2)])
def test_photos_a_document_and_a_place_leave_by_the_keyboard(
    sim: Simulator, page: Page, channel: str, bubbles: int
) -> None:
    phone, phone_id = on_the_table(sim, page, channel)
    phone.get_by_label("Message", exact=True).fill("the street")
    choose(phone, "Photo", payload("one.png", PNG), payload("two.png", PNG + b"2"))
    expect(phone.get_by_label("Caption")).to_have_value("the street")
    phone.get_by_role("button", name="Send", exact=True).last.press("Enter")
    expect(phone.locator(".bubble.pictured")).to_have_count(bubbles)
    expect(phone.get_by_label("Message", exact=True)).to_have_value("")
    choose(phone, "Document", payload("plan.pdf", b"%PDF-1"))
    phone.get_by_label("Caption").press("Tab")
    page.keyboard.press("Enter")
    expect(phone.locator(".document")).to_contain_text("plan.pdf")
    attach(phone, "Location")
    phone.get_by_label("Name").press("Enter")
    expect(phone.get_by_label("Location: City Hall")).to_be_visible()
    sent = [(m["media"]["kind"], m["text"]) for m in sim.messages(phone_id) if m["media"]]
    assert sent == [("photo", "the street"), ("photo", ""), ("document", ""), ("location", "")]


def test_what_cannot_be_sent_is_said_in_the_sheet_and_nothing_is_lost(sim: Simulator, page: Page) -> None:
    phone, phone_id = on_the_table(sim, page, "whatsapp")
    choose(phone, "Photo", payload("words.txt", b"words"))
    phone.get_by_label("Caption").fill("look")
    found = Axe().run(page, context=".sheet", options=RULES)
    assert found.violations_count == 0, found.generate_report()
    send = phone.get_by_role("button", name="Send", exact=True).last
    send.click()
    expect(phone.get_by_role("alert")).to_have_text(
        "A photo is a JPEG, PNG or WebP file; words.txt is none: send it as a document."
    )
    expect(phone.get_by_label("Caption")).to_have_value("look")
    page.keyboard.press("Escape")
    expect(phone.get_by_role("button", name="Attach")).to_be_focused()
    choose(phone, "Photo", *[payload(f"{number}.png", PNG) for number in range(11)])
    expect(phone.get_by_role("alert")).to_have_text("At most 10 photos can be sent at once; these are 11.")
    expect(send).to_be_disabled()
    assert len(sim.messages(phone_id)) == 1
