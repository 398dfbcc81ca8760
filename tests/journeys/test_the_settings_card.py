"""The card of /settings on both apps: rewritten in place on Telegram, lists on WhatsApp, the same wishes kept."""

from sqlalchemy import select

from subscribers import wishes
from subscribers.models import Subscriber
from subscribers.wishes import QuietHours
from tests.journeys.steps import subscribe
from tests.journeys.town import Town

NIGHT = QuietHours(22 * 60, 7 * 60)


def test_everything_is_chosen_on_one_card(place: Town) -> None:
    tamil, malay = place.person("telegram", "ta"), place.person("whatsapp", "ms")
    subscribe(tamil, place, "telegram", "ta")
    subscribe(malay, place, "whatsapp", "ms")

    tamil.say("அமைப்புகள்")
    tamil.see_new("அமைதி நேரம்: இல்லை")
    card = tamil.messages()[-1]["id"]
    for tap, shown in (
        ("settings:quiet", "22:00 – 07:00"),
        ("quiet:1320:420", "10:00 PM"),
        ("topics:begin", "↳ "),
        ("topics:done", "10:00 PM"),
        ("settings:media:off", "படங்கள்: வராது"),
        ("settings:pause", "30 நாட்கள்"),
        ("settings:begin", "படங்கள்: வராது"),
    ):
        tamil.tap(tap)
        place.simulator.wait_for(lambda shown=shown: shown in str(tamil.messages()[-1]), 15.0)  # type: ignore[misc]
        assert tamil.messages()[-1]["id"] == card

    malay.say("tetapan")
    malay.see_new("Waktu senyap: tiada")
    malay.tap("settings:quiet")
    malay.see_new("contohnya: 10:00 PTG hingga 7:00 PG")
    malay.say("10 malam hingga 7 pagi")
    malay.see_new("10:00 PTG")
    malay.say("jeda seminggu")
    malay.see_new("termasuk amaran")
    malay.tap("settings:resume")
    malay.see_new("Selamat kembali")

    with place.sessions() as session:
        ours = select(Subscriber).where(Subscriber.agency_id == place.cast.agency.id)
        people = session.scalars(ours.order_by(Subscriber.id)).all()
    assert [wishes.quiet_hours(person) for person in people] == [NIGHT, NIGHT]
    assert {(person.locale, person.wants_media) for person in people} == {("ta", False), ("ms", True)}
    assert all(person.paused_until is None and person.consented_at is not None for person in people)
