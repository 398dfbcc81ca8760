"""What somebody attaches on a phone: albums, sizes, and what the apps would not let them send."""

import base64
import urllib.request
from typing import Any

import pytest

from tests.simulated import Simulator, SimulatorError
from tests.simulator.conftest import Ask
from tests.simulator.door import Door
from tests.simulator.test_telegram import started
from tests.simulator.test_twilio import written

PNG = b"\x89PNG\r\n\x1a\n" + b"the dam at noon"
MEGABYTE = 1024 * 1024


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def photos(count: int, content: bytes = PNG) -> list[dict[str, str]]:
    return [{"name": f"{number}.png", "content": encoded(content + b"%d" % number)} for number in range(count)]


def test_photos_sent_at_once_are_an_album_on_telegram(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    phone = started(sim, bot)
    ask(lambda b: b.set_webhook(door.url, drop_pending_updates=True))
    sent = sim.act(phone["id"], "album", bot=bot, photos=photos(3), text="the street")["messages"]
    sim.wait_for(lambda: len(door.updates("message")) == 3)
    told = door.updates("message")
    assert [each["message_id"] for each in told] == [int(each) for each in sent]
    assert len({each["media_group_id"] for each in told}) == 1
    assert [each.get("caption") for each in told] == ["the street", None, None]
    shown = sim.messages(phone["id"], bot)[-3:]
    assert {each["media"]["album"] for each in shown} == {told[0]["media_group_id"]}
    assert sim.file(shown[2]["media"]["file"]) == PNG + b"2"


def test_one_photo_alone_is_no_album(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    phone = started(sim, bot)
    ask(lambda b: b.set_webhook(door.url, drop_pending_updates=True))
    sim.act(phone["id"], "album", bot=bot, photos=photos(1))
    assert "media_group_id" not in sim.wait_for(lambda: door.updates("message"))[0]


def test_photos_sent_at_once_are_single_messages_on_whatsapp(sim: Simulator, sender: str, door: Door) -> None:
    phone = written(sim, sender)
    sim.act(phone["id"], "album", bot=sender, photos=photos(2), text="the street")
    sim.wait_for(lambda: len(door.knocks) == 3)
    forms = [knock.form() for knock in door.knocks[1:]]
    assert sorted((form["Body"], form["NumMedia"]) for form in forms) == [("", "1"), ("the street", "1")]
    assert "album" not in sim.messages(phone["id"])[-1]["media"]


def test_a_document_says_its_type_and_size_and_is_never_opened_in_the_page(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    sim.send(phone["id"], bot, "document", b"<script>1</script>", name="page.html")
    found = sim.messages(phone["id"])[-1]["media"]
    assert (found["name"], found["mime_type"], found["size"]) == ("page.html", "text/html", 18)
    with urllib.request.urlopen(f"{sim.url}/api/files/{found['file']}", timeout=5) as answer:
        assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("act", "wish", "why"),
    [
        ("send", {"kind": "video"}, "kind is photo, document or location"),
        ("send", {"kind": "photo", "content": "%%"}, "not base64"),
        ("send", {"kind": "photo", "name": "empty.png"}, "nothing in empty.png"),
        ("send", {"kind": "photo", "name": "a.txt", "content": encoded(b"words")}, "a.txt is none"),
        ("send", {"kind": "photo", "content": encoded(PNG), "text": "x" * 1025}, "1,024 characters"),
        ("send", {"kind": "location", "latitude": "north", "longitude": 1}, "latitude is a number"),
        ("send", {"kind": "location", "latitude": 1, "longitude": 181}, "longitude is between -180 and 180"),
        ("send", {"kind": "location", "latitude": "nan", "longitude": 1}, "latitude is between"),
        ("album", {"photos": photos(11)}, "1 to 10"),
        ("album", {"photos": "many"}, "1 to 10"),
        ("album", {"photos": ["one"]}, "a name and a content"),
    ],
)
def test_what_no_app_would_send_is_refused_with_its_reason_and_nothing_is_sent(
    sim: Simulator, sender: str, act: str, wish: dict[str, Any], why: str
) -> None:
    phone = written(sim, sender)
    with pytest.raises(SimulatorError, match=why) as refused:
        sim.act(phone["id"], act, bot=sender, **wish)
    assert refused.value.status == 409
    assert len([each for each in sim.messages(phone["id"]) if each["from"] == "phone"]) == 1


def test_what_is_too_large_is_refused_with_the_size_that_would_do(sim: Simulator, sender: str) -> None:
    phone = written(sim, sender)
    with pytest.raises(SimulatorError, match=r"a photo may have 10 MB; this photo has 10\.0 MB"):
        sim.send(phone["id"], sender, "photo", PNG + bytes(10 * MEGABYTE))
    with pytest.raises(SimulatorError, match=r"a document may have 16 MB; plan\.pdf has 17\.0 MB"):
        sim.send(phone["id"], sender, "document", bytes(17 * MEGABYTE), name="plan.pdf")
    with pytest.raises(SimulatorError, match="40 MB together"):
        sim.act(phone["id"], "album", bot=sender, photos=photos(5, PNG + bytes(8 * MEGABYTE + MEGABYTE // 2)))
    with pytest.raises(SimulatorError, match="a call may have 60 MB"):
        sim.act(phone["id"], "album", bot=sender, photos=photos(5, PNG + bytes(10 * MEGABYTE)))


def test_telegram_takes_a_larger_document_than_bots_may_fetch(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    sim.send(phone["id"], bot, "document", bytes(21 * MEGABYTE), name="large.bin")
    assert sim.messages(phone["id"])[-1]["media"]["size"] == 21 * MEGABYTE
