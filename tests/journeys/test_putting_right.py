"""A wrong announcement is corrected and then recalled, and the worker is killed in the middle of both."""

import signal
from collections import Counter
from collections.abc import Callable

import pytest

from tests.journeys.crowd import doubted, everybody, settle_in, who_got
from tests.journeys.steps import announce, wait_until_quiet
from tests.journeys.town import Person, Town

EACH = 60  # people on each channel
RATE = 25.0  # messages a second and sender, so that there is a middle to be killed in
RIGHT = {
    "en": "There is no flood.",
    "ms": "Tiada banjir.",
    "ta": "வெள்ளம் இல்லை.",
    "zh_Hans": "没有洪水。",
}

pytestmark = pytest.mark.timeout(300)


def test_what_was_wrong_is_put_right_and_taken_back_although_workers_die(place: Town) -> None:
    officer = settle_in(place, EACH, RATE)
    first = announce(officer, place)
    officer.see(f"{first} · Flood alerts · finished", seconds=60.0)
    on_telegram = {phone for phone in everybody(place).values() if phone.startswith("telegram")}
    on_whatsapp = set(everybody(place).values()) - on_telegram
    before = doubted(place)
    code = correct(officer, place, first)
    kill_at(place, lambda: done(place, "editMessageText", on_telegram) >= EACH // 3)
    officer.see(f"{code} · correction of {first} · finished", seconds=90.0)
    wait_until_quiet(place)
    for phone in on_telegram:  # rewritten in place, however often: one message, and it is the right one
        (shown,) = [each for each in messages(place, phone) if not each["deleted"]]
        assert first in str(shown["text"])
        assert code in str(shown["text"])
    received = who_got(place, code)
    told = Counter({phone: number for phone, number in received.items() if phone in on_whatsapp})
    assert set(told) == on_whatsapp, "nobody is lost"
    assert sum(told.values()) - len(told) <= doubted(place) - before
    recall = take_back(officer, first)
    kill_at(place, lambda: done(place, "deleteMessage", on_telegram) >= EACH // 3)
    summary = officer.see(f"{recall} · recall of {first} · finished", seconds=90.0)
    assert f"Telegram: {EACH} deleted, 0 still there" in summary
    assert f"WhatsApp: 0 deleted, {EACH} still there" in summary
    assert f"/correct {first}" in summary
    assert all(each["deleted"] for phone in on_telegram for each in messages(place, phone))


def correct(officer: Person, place: Town, first: str) -> str:
    """The whole dialog; the correction's code."""
    officer.say(f"/correct {first}")
    for locale in place.cast.agency.locales:
        officer.see_new("send the text in")
        officer.say(RIGHT[locale])
    summary = officer.see_new("type this code", seconds=30.0)
    assert f"{2 * EACH} people will get it (correction of {first})." in summary
    officer.say(summary.split()[-1])
    return officer.see_new("Confirmed:").split()[1]


def take_back(officer: Person, first: str) -> str:
    """Both steps; the recall's code."""
    officer.say(f"/recall {first}")
    asked = officer.see_new("type this code", seconds=30.0)
    assert f"• Telegram: {EACH} messages can be deleted" in asked
    assert f"• WhatsApp: {EACH} stay, nothing can be deleted there" in asked
    officer.say(asked.split()[-1])
    return officer.see_new("is being taken back").partition("/status ")[2].split()[0]


def kill_at(place: Town, is_there: Callable[[], bool]) -> None:
    """End whoever sends, without a word, once it is in the middle; and start it again."""
    worker, command = ("up", "up") if place.redis_url is None else ("worker", "worker")
    place.simulator.wait_for(is_there, 60.0)
    place.stop(worker, signal.SIGKILL)
    place.start(worker, command)


def done(place: Town, method: str, phones: set[str]) -> int:
    """How often a platform did this to a message of these people."""
    return sum(
        bool(entry["accepted"]) and entry["method"] == method and entry["phone"] in phones for entry in place.record()
    )


def messages(place: Town, phone: str) -> list[dict[str, object]]:
    """What came from us on this phone."""
    return [each for each in place.simulator.messages(phone, place.bots["telegram"]) if each["from"] == "bot"]
