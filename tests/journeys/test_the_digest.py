"""Two topics once a day: one message brings both, and its code is confirmed to whoever asks."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from broadcast.models import Broadcast
from staff.models import Agency
from subscribers.models import Cadence, Subscriber, Subscription
from tests.journeys.steps import announce, subscribe, wait_until_finished, wait_until_quiet
from tests.journeys.town import Town

FLOOD = {"en": "Water in Bedok.", "ms": "Air di Bedok.", "ta": "பெடோக்கில் வெள்ளம்.", "zh_Hans": "勿洛积水。"}
SECOND = {"en": "It is over.", "ms": "Sudah tamat.", "ta": "அது முடிந்துவிட்டது.", "zh_Hans": "已经结束。"}


def test_who_chose_once_a_day_gets_one_message_of_all_topics_and_can_verify_it(place: Town) -> None:
    daily, at_once = place.person("whatsapp", "ta"), place.person("telegram", "en")
    for person, channel, locale in ((daily, "whatsapp", "ta"), (at_once, "telegram", "en")):
        subscribe(person, place, channel, locale)
        person.say("/topics")
        person.tap(f"toggle:{place.topic('haze')}:")
        person.tap("topics:done")
    wait_until_quiet(place)
    with place.sessions.begin() as session:
        reader = select(Subscriber.id).where(Subscriber.locale == "ta", Subscriber.agency_id == place.cast.agency.id)
        session.execute(
            update(Subscription).values(cadence=Cadence.DAILY).where(Subscription.subscriber_id.in_(reader))
        )
    officer = place.officer()
    for name, texts in {"Flood alerts": FLOOD, "Air and haze": SECOND}.items():
        code = announce(officer, place, texts, topic=name)
        wait_until_finished(place, code)
    assert FLOOD["ta"] not in daily.screen()

    make_due(place)
    daily.see(SECOND["ta"])
    wait_until_quiet(place, 3.0)
    screen = daily.screen()
    assert screen.count("தினசரிச் சுருக்கம்") == 1
    assert screen.count(FLOOD["ta"]) == screen.count(SECOND["ta"]) == 1
    found = re.search(r"தினசரிச் சுருக்கம் \((\w{4})\)", screen)
    assert found is not None
    at_once.say(f"is this real? {found[1]}")
    at_once.see("✅ This is ours")


def make_due(place: Town) -> None:
    """The announcements lie back some minutes, and the digest's hour is the minute that has just begun."""
    now = datetime.now(UTC)
    local, ours = now.astimezone(ZoneInfo("Asia/Singapore")), place.cast.agency.id
    announced = update(Broadcast).where(Broadcast.agency_id == ours)
    founded = {"digest_time": local.strftime("%H:%M"), "created_at": now - timedelta(minutes=10)}
    with place.sessions.begin() as session:
        session.execute(announced.values(launched_at=now - timedelta(minutes=3)))
        session.execute(update(Agency).where(Agency.id == ours).values(founded))
