"""Phones and their page."""

import json
import re
import urllib.request
from typing import Any

import pytest

from tests.simulated import Simulator, SimulatorError
from tests.simulator.conftest import Ask
from tests.simulator.test_telegram import MENU, started


def test_a_new_phone_has_a_believable_owner(sim: Simulator) -> None:
    phone = sim.new_phone("whatsapp", "ta")
    assert re.fullmatch(r"\+65[89]\d{7}", phone["number"])
    assert re.search("[\u0b80-\u0bff]", phone["name"])
    named = sim.new_phone("telegram", "zh-hans", name="陈美玲")
    assert (named["name"], named["language_code"], named["chats"]) == ("陈美玲", "zh-hans", [])
    assert named["number"].isdigit()


def test_the_state_holds_what_the_page_shows(sim: Simulator, bot: str, sender: str) -> None:
    phone = started(sim, bot)
    sim.post("/api/links", title="Invitation", url="https://t.me/sim_bot?start=x", note="for an officer")
    state = sim.call("GET", "/api/state")
    assert {"id": bot, "channel": "telegram", "name": "Simulated Bot", "handle": "sim_bot"} in state["bots"]
    assert {b["handle"] for b in state["bots"]} == {"sim_bot", "+6560000001"}
    assert state["links"] == [{"title": "Invitation", "url": "https://t.me/sim_bot?start=x", "note": "for an officer"}]
    assert state["phones"] == [sim.phone(phone["id"])]
    assert state["limits"] is False
    assert isinstance(state["revision"], int)
    assert sender == "6560000001"


def test_a_message_has_every_field_the_page_reads(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    chat = sim.phone(phone["id"])["chats"][0]
    assert chat.keys() == {"bot", "window_until", "typing", "messages"}
    fields = "id from text at edited deleted ticks error buttons list template media toast has_preview"
    assert chat["messages"][0].keys() == set(fields.split())


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://t.me/sim_bot?start=topic-7", "/start topic-7"),
        ("t.me/Sim_Bot", "/start"),
        ("tg://resolve?domain=sim_bot&start=abc", "/start abc"),
    ],
)
def test_a_telegram_link_presses_start(sim: Simulator, bot: str, url: str, text: str) -> None:
    phone = sim.new_phone("telegram")
    assert sim.open(phone["id"], url) == bot
    assert sim.messages(phone["id"], bot)[0]["text"] == text


def test_a_whatsapp_link_types_its_text_and_opens_the_window(sim: Simulator, sender: str) -> None:
    phone = sim.new_phone("whatsapp")
    assert sim.open(phone["id"], "https://wa.me/6560000001?text=Join%20haze") == sender
    chat = sim.phone(phone["id"])["chats"][0]
    assert chat["messages"][0]["text"] == "Join haze"
    assert chat["window_until"] > chat["messages"][0]["at"]


def test_a_link_without_text_opens_an_empty_chat(sim: Simulator, sender: str) -> None:
    phone = sim.new_phone("whatsapp")
    sim.open(phone["id"], "https://wa.me/6560000001")
    chat = sim.phone(phone["id"])["chats"][0]
    assert (chat["bot"], chat["messages"], chat["window_until"]) == (sender, [], None)


@pytest.mark.parametrize("url", ["https://t.me/nobody_bot", "https://example.sg/x", "https://wa.me/6560000001"])
def test_a_link_that_leads_nowhere_says_so(sim: Simulator, bot: str, sender: str, url: str) -> None:
    phone = sim.new_phone("telegram")
    with pytest.raises(SimulatorError) as refused:
        sim.open(phone["id"], url)
    assert refused.value.status == 409
    assert bot != sender


def test_only_buttons_that_are_there_can_be_tapped(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    sent = ask(lambda b: b.send_message(int(phone["number"]), "choose", reply_markup=MENU))
    with pytest.raises(SimulatorError, match="no such button"):
        sim.tap(phone["id"], bot, str(sent.message_id), "zz")


def test_a_phone_can_change_its_language_and_be_thrown_away(sim: Simulator) -> None:
    phone = sim.new_phone("telegram")
    sim.act(phone["id"], "language", language_code="ms")
    assert sim.phone(phone["id"])["language_code"] == "ms"
    sim.call("DELETE", f"/api/phones/{phone['id']}")
    with pytest.raises(SimulatorError) as refused:
        sim.phone(phone["id"])
    assert refused.value.status == 404


def test_many_phones_are_made_at_once_and_only_a_few_are_shown(sim: Simulator, bot: str) -> None:
    ids = sim.new_phones(2000, "telegram", ["en", "ta"], started_with=bot)
    assert len(set(ids)) == 2000
    assert [sim.phone(phone)["language_code"] for phone in ids[:3]] == ["en", "ta", "en"]
    assert len(sim.call("GET", "/api/state")["phones"]) == 12
    assert sim.call("GET", "/control/health")["phones"] == 2000


def test_the_page_hears_what_changed(sim: Simulator, bot: str) -> None:
    with urllib.request.urlopen(f"{sim.url}/api/events", timeout=5) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        stream.readline()
        phone = started(sim, bot)
        changed: dict[str, Any] = {}
        removed: list[str] = []
        sim.call("DELETE", f"/api/phones/{sim.new_phone('whatsapp')['id']}")
        while phone["id"] not in changed or not removed:
            line = stream.readline()
            if line.startswith(b"data: "):
                news = json.loads(line.removeprefix(b"data: "))
                changed |= {found["id"]: found for found in news["phones"]}
                removed += news["removed"]
    assert changed[phone["id"]]["chats"][0]["messages"][0]["text"] == "/start"
    assert removed[0].startswith("whatsapp-")


def test_the_page_is_served_and_never_stored(sim: Simulator) -> None:
    with urllib.request.urlopen(f"{sim.url}/", timeout=5) as page:
        assert page.headers["Cache-Control"] == "no-store"
        assert "text/html" in page.headers["Content-Type"]
    with urllib.request.urlopen(f"{sim.url}/page/index.html", timeout=5) as page:
        assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/phones/none/say", 404), ("/api/phones", 400), ("/control/bots", 400), ("/control/senders", 400)],
)
def test_an_impossible_wish_is_refused_with_its_reason(sim: Simulator, path: str, status: int) -> None:
    with pytest.raises(SimulatorError, match='"error"') as refused:
        sim.post(path)
    assert refused.value.status == status
