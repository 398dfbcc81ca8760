"""Topics as toggles, pages, how often; and buttons that are old, foreign or rubbish."""

from sqlalchemy.orm import Session

from delivery.models import Sender
from subscribers import topics
from tests.bot import people
from tests.bot.people import Person, subscribed


def test_done_without_a_topic_is_answered_kindly(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram)
    person.says("hi")
    person.chooses("English")
    assert "at least one" in person.chooses("Done")
    person = subscribed(Person(session, telegram, value="4343"))
    person.says("topics")
    person.says("1")
    assert "not chosen any topic" in person.says("done")
    assert person.is_subscribed


def test_toggles_are_edited_in_place_where_the_channel_can(
    session: Session, telegram: Sender, whatsapp: Sender
) -> None:
    for sender, edits in ((telegram, "m7"), (whatsapp, None)):
        person = subscribed(Person(session, sender))
        person.says("/topics")
        assert person.seen[-1].edits is None
        person.chooses("Dengue")
        assert person.seen[-1].edits == edits
        assert [choice.is_selected for choice in person.seen[-1].choices] == [True, True, False, None]


def test_more_topics_than_a_list_can_hold_are_shown_in_pages(session: Session, whatsapp: Sender) -> None:
    for number in range(12):
        names = {locale: f"Ward {number} {locale}" for locale in people.LOCALES}
        topics.add(session, agency_id=whatsapp.agency_id, key=f"ward-{number}", names=names, locales=people.LOCALES)
    person = Person(session, whatsapp)
    person.says("hi")
    person.chooses("English")
    seen = set[str]()
    for _ in range(2):
        assert len(person.labels()) <= 10
        seen |= set(person.labels())
        person.says("more")
    assert len(seen) == 15 + len({"More topics", "Done"})
    person.says("15")
    assert person.holds == {"ward-11"}


RUBBISH = """:|nonsense|topics|topics:toggle|topics:toggle:x|topics:toggle:99999999999999999999999999|topics:toggle:٣
topics:page:-1|topics:page:99999999|onboarding:set:xx|leaving:topic:0|topics:cadence:1|🛑:1|announce:begin|leaving:stay
language:set:../etc|onboarding:toggle:9223372036854775808|help:x:y:z|onboarding:page:x|topics:often"""


def test_a_button_that_means_nothing_is_answered_kindly(session: Session, telegram: Sender) -> None:
    inside = subscribed(Person(session, telegram, value="77"))
    for number, key in enumerate(["", *RUBBISH.replace("\n", "|").split("|")]):
        stranger = Person(session, telegram, value=f"9{number}")
        stranger.taps(key)
        inside.taps(key)
        assert stranger.labels(), key
        assert inside.labels(), key
        assert not stranger.is_subscribed
        assert inside.holds == {"floods"}


def test_old_buttons_of_the_way_in_still_lead_somewhere(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    dengue = topics.by_key(session, telegram.agency_id, "dengue")
    assert dengue is not None
    for key in ("onboarding:yes", "onboarding:done", "onboarding:begin", "onboarding:page:0"):
        assert "You are subscribed" in person.taps(key)
    person.taps(f"onboarding:toggle:{dengue.id}")
    assert person.holds == {"floods", "dengue"}


def test_two_agencies_never_see_each_others_topics(session: Session, telegram: Sender) -> None:
    other = people.agency(session, "nea")
    secret = topics.add(
        session, agency_id=other.id, key="haze", names=dict.fromkeys(people.LOCALES, "Haze"), locales=people.LOCALES
    )
    theirs = people.sender(session, other, "telegram")
    person = subscribed(Person(session, telegram))
    for key in (f"topics:toggle:{secret.id}", f"onboarding:toggle:{secret.id}", f"leaving:topic:{secret.id}"):
        assert "no longer in use" in person.taps(key)
    assert "Haze" not in person.says("topics")
    person.says("haze")
    assert person.holds == {"floods"}
    stranger = Person(session, theirs)
    stranger.says("hi")
    assert "Floods" not in stranger.chooses("English")
    assert not stranger.is_subscribed


def test_a_topic_with_others_below_it_takes_them_along_and_each_can_be_left(session: Session, whatsapp: Sender) -> None:
    nest(session, whatsapp, "floods", "coast", "rivers")
    person = Person(session, whatsapp)
    person.says("hi")
    shown = person.chooses("English")
    assert "▫️ 1. Floods\n▫️ 2. ↳ Coast\n▫️ 3. ↳ Rivers\n▫️ 4. Dengue" in shown
    person.chooses("Floods")
    assert person.holds == {"floods", "coast", "rivers"}
    person.chooses("↳ Coast")
    assert person.holds == {"floods", "rivers"}
    person.says("1")
    assert person.holds == set()
    person.says("1 2")  # one goes with the other: it is not switched off again
    assert person.holds == {"floods", "coast", "rivers"}
    person.says("rivers")
    assert person.holds == {"floods", "coast"}


def nest(session: Session, sender: Sender, parent: str, *keys: str) -> None:
    """Topics below another one."""
    upper = topics.by_key(session, sender.agency_id, parent)
    for key in keys:
        names = dict.fromkeys(people.LOCALES, key.title())
        topics.add(session, agency_id=sender.agency_id, key=key, names=names, locales=people.LOCALES, parent=upper)
