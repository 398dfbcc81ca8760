"""Officers have WhatsApp approve new words in chat; people read them outside the window, until WhatsApp pauses them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from broadcast import templating
from delivery import senders
from delivery.models import Sender, WordingTemplate
from subscribers.models import Address
from tests.journeys.steps import TEXTS, announce, subscribe, wait_until_finished
from tests.journeys.town import Person, Town

BODY = "Word from us about {{1}}: {{2}} Write STOP to end this."


def test_new_words_are_approved_used_and_out_of_use_once_whatsapp_pauses_them(place: Town) -> None:
    reader = place.person("whatsapp")
    subscribe(reader, place, "whatsapp", "en")
    officer = place.officer()
    write(officer)
    officer.see("WhatsApp approved the template Announcements (English)", 30.0)

    a_day_passes(place, reader)
    wait_until_finished(place, announce(officer, place))
    said = reader.see(f": {TEXTS['en']} Write STOP to end this.", 30.0)
    assert said.startswith("Word from us about 📢 Flood alerts (")

    place.simulator.post("/control/approvals", content=name_of_newest(place), status="paused", reason="Low quality")
    announce(officer, place, TEXTS | {"en": "The water falls again."})
    officer.see("WhatsApp paused the template Announcements (English). Its reason: Low quality", 30.0)
    assert in_use(place).startswith("News about {{1}}")
    officer.say("/templates")
    officer.see_new("⏸️ Announcements (English): paused by WhatsApp, not in use")
    place.simulator.wait_for(lambda: not is_stopped(place), 20.0)  # the others still get what they asked for


def a_day_passes(place: Town, reader: Person) -> None:
    """Since the reader's last word, for WhatsApp and for us."""
    place.simulator.close_windows(reader.bot)
    ours = update(Address).where(Address.sender_id == place.cast.whatsapp.id)
    with place.sessions.begin() as session:
        session.execute(ours.values(last_inbound_at=datetime.now(UTC) - timedelta(days=1)))


def write(officer: Person) -> None:
    """The whole dialog up to the submission."""
    officer.say("/templates")
    for wish in ("Write a new one", "Announcements", "English", "Service"):
        officer.tap(wish)
    officer.see("Type the wording in English")
    officer.say(BODY)
    for variable in ("{{1}} (the topic, with code and time)", "{{2}} (the announcement)"):
        officer.see(f"an example of {variable}")
        officer.tap("Use this example")
    officer.tap("Submit")
    officer.see("goes to WhatsApp now")


def name_of_newest(place: Town) -> str:
    """What the provider calls the newest template of the agency."""
    mine = select(WordingTemplate).where(WordingTemplate.sender_id == place.cast.whatsapp.id)
    newest = mine.order_by(WordingTemplate.id.desc()).limit(1)
    return place.in_session(lambda session: templating.name(session.scalars(newest).one()))


def is_stopped(place: Town) -> bool:
    """Whether nothing leaves by the number."""
    number = place.in_session(lambda session: session.get_one(Sender, place.cast.whatsapp.id))
    return number.stopped_at is not None


def in_use(place: Town) -> str:
    """The English wording that people outside the window are sent."""
    number = place.cast.whatsapp.id
    return place.in_session(lambda session: senders.templates_in_use(session, number, "announcement")["en"].body)
