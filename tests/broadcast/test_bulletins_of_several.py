"""A bulletin about several topics: everybody gets one message, with all that is on theirs and nothing of the others."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import bulletins, changing, clock, defining, held, holdings, launch, occurring, parts
from broadcast.defining import BadBulletin
from broadcast.models import Broadcast, Bulletin, BulletinTopic, Content, Holders, Occurrence
from broadcast.states import Note, State
from feeds import defining as feeds
from feeds import reading
from staff.models import AuditEntry
from subscribers import topics
from subscribers.models import Cadence
from tests.at_once import at_once
from tests.broadcast.evenings import EVENING, Town
from tests.broadcast.feeding import RIVER, WORDS
from tests.broadcast.mornings import DAY, HOUR, KEYS, MORNING, defined, digested, letters, run, sent
from tests.broadcast.places import NOW, limits_of
from tests.feeds import rivers

Sessions = sessionmaker[Session]


def test_one_two_or_three_topics_are_one_message_with_exactly_these(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    people = [town.person(*keys) for keys in (("floods",), ("floods", "roads"), KEYS)]
    town.announce("roads", "Bridge closed.", at=NOW + HOUR)
    town.announce("floods", "It rises.", at=NOW + 2 * HOUR)
    town.announce("dengue", "Two cases.", at=NOW + 3 * HOUR)
    assert run(session, bulletin).note is Note.SENT
    assert [letters(town, person) for person in people] == [
        ["• It rises."],
        ["📌 Floods\n\n• It rises.\n\n📌 Roads\n\n• Bridge closed."],
        ["📌 Floods\n\n• It rises.\n\n📌 Dengue\n\n• Two cases.\n\n📌 Roads\n\n• Bridge closed."],
    ]
    assert len(sent(session)) == 3
    assert bulletins.due(session, MORNING) == []


def test_a_topic_without_news_makes_no_difference_and_writes_to_nobody(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    both, one, other = town.person("floods", "dengue"), town.person("floods"), town.person("dengue")
    town.announce("floods", "It rises.", at=NOW + HOUR)
    run(session, bulletin)
    assert [letters(town, person) for person in (both, one, other)] == [["• It rises."], ["• It rises."], []]
    [made] = sent(session)
    assert made.topic_id == town.topics["floods"].id


def test_fixed_words_and_data_are_read_once_by_whoever_holds_any_of_them(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    feeds.define(session, town.place.agency, "river", rivers.said(), now=NOW)
    parts.set_parts(session, bulletin, [WORDS, {"kind": "since_last"}, RIVER], officer=None, now=NOW)
    people = [town.person(*keys) for keys in (KEYS, ("floods", "dengue"), ("dengue",))]
    stranger = town.person(others=("roads",))
    town.announce("floods", "It rises.", at=NOW + HOUR)
    said = {"river": reading.read(rivers.spec(), rivers.document(at=MORNING - HOUR / 6))}
    assert run(session, bulletin, said=said).note is Note.SENT
    above, below = "Keep away from the banks.\n\n", "The river: 1.25 m, rising."
    news = f"{above}📌 Floods\n\n• It rises.\n\n{below}"
    assert [letters(town, person) for person in people] == [[news], [news], [above + below]]
    assert letters(town, stranger) == []
    assert len({made.media_id for made in sent(session)}) == 1


def test_what_is_held_is_sent_to_each_with_one_word(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    feeds.define(session, town.place.agency, "river", rivers.said(), now=NOW)
    parts.set_parts(session, bulletin, [{"kind": "since_last"}, RIVER], officer=None, now=NOW)
    both, one, other = town.person("floods", "dengue"), town.person("floods"), town.person("dengue")
    town.announce("floods", "It rises.", at=NOW + HOUR)
    ran = run(session, bulletin, said={"river": reading.read(rivers.spec(), rivers.document(99, at=MORNING))})
    assert (ran.note, list(sent(session))) == (Note.HELD, [])
    note = held.release(session, ran, town.place.author, with_data=False, limits_of=limits_of, now=MORNING)
    assert note is Note.SENT
    assert letters(town, both) == ["📌 Floods\n\n• It rises."]
    assert letters(town, one) == ["• It rises."]
    assert letters(town, other) == []  # nothing is left to tell them


def test_everybody_means_three_cadences_and_each_topic_is_asked_for_its_own(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town, cadence=Cadence.AT_ONCE)
    mixed = town.person("floods", cadence=Cadence.WEEKLY, others=("dengue",))
    town.hold(mixed, "roads", cadence=Cadence.ALERTS)
    alerts = town.person(*KEYS, cadence=Cadence.ALERTS)
    for key in KEYS:
        town.announce(key, f"On {key}.", at=NOW + HOUR)
    run(session, bulletin)
    assert letters(town, mixed) == ["📌 Floods\n\n• On floods.\n\n📌 Dengue\n\n• On dengue."]
    assert letters(town, alerts) == []


def test_a_daily_one_tells_nothing_of_a_topic_that_is_held_otherwise(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    person = town.person("floods", others=("dengue",))
    town.announce("floods", "It rises.", at=NOW + HOUR)
    town.announce("dengue", "Two cases.", at=NOW + HOUR)
    run(session, bulletin)
    assert letters(town, person) == ["• It rises."]


def test_a_segment_holds_for_every_set_of_topics(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town, segment="language:ta")
    people = [town.person(*keys, locale=locale) for keys in (KEYS, ("floods",)) for locale in ("en", "ta")]
    town.announce("floods", "It rises.", at=NOW + HOUR, ta="நீர் உயர்கிறது.")
    town.announce("dengue", "Two cases.", at=NOW + HOUR)
    town.person("dengue")  # nobody of the segment holds this alone
    run(session, bulletin)
    assert [len(letters(town, person)) for person in people] == [0, 1, 0, 1]
    assert [made.segment for made in sent(session)] == ["language:ta"] * 2


def test_a_segment_may_ask_for_topics_too(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town, "floods", "dengue", segment="topic:roads")
    people = [town.person(*keys) for keys in (KEYS, ("floods", "dengue"), ("floods", "roads"))]
    for key in KEYS:
        town.announce(key, f"On {key}.", at=NOW + HOUR)
    run(session, bulletin)
    assert [letters(town, person) for person in people] == [
        ["📌 Floods\n\n• On floods.\n\n📌 Dengue\n\n• On dengue."],
        [],
        ["• On floods."],
    ]
    assert len(sent(session)) == 2


def test_each_language_reads_its_own_and_who_can_read_nothing_gets_nothing(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town, introductions={"en": "Good morning.", "ta": "காலை வணக்கம்."})
    tamil, chinese, english = (town.person("floods", "dengue", locale=each) for each in ("ta", "zh_Hans", "en"))
    alone = town.person("dengue")
    town.announce("floods", "It rises.", at=NOW + HOUR, ta="நீர் உயர்கிறது.")
    made = town.announce("dengue", "Two cases.", at=NOW + HOUR, ta="இருவருக்கு டெங்கு.")
    session.delete(session.get_one(Content, (made.id, "en")))
    made.fallback_locale = None
    session.flush()
    run(session, bulletin)
    assert letters(town, tamil) == ["காலை வணக்கம்.\n\n📌 வெள்ளம்\n\n• நீர் உயர்கிறது.\n\n📌 டெங்கு\n\n• இருவருக்கு டெங்கு."]
    assert letters(town, chinese) == ["📌 水灾\n\n• It rises."]
    assert letters(town, english) == ["📌 Floods\n\n• It rises."]
    assert letters(town, alone) == []


def test_what_nobody_can_read_is_not_sent_and_leaves_nothing(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    town.person(*KEYS)
    made = town.announce("floods", "It rises.", at=NOW + HOUR, ta="நீர் உயர்கிறது.")
    session.delete(session.get_one(Content, (made.id, "en")))
    made.fallback_locale = None
    town.place.agency.locales = ["en"]
    session.flush()
    assert occurring.outlook(session, bulletin, limits_of=limits_of, now=NOW + 2 * HOUR).messages == ()
    assert run(session, bulletin).note is Note.HELD_UNREADY
    assert list(sent(session)) == []


def test_what_is_paused_when_it_runs_is_told_once_it_goes_on(session: Session) -> None:
    town = Town(session)
    bulletin, person = defined(town), town.person(*KEYS)
    paused = town.announce("roads", "Bridge closed.", at=NOW + HOUR)
    launch.pause(session, paused, town.place.author, now=NOW + HOUR)
    town.announce("floods", "It rises.", at=NOW + HOUR)
    run(session, bulletin)
    launch.resume(session, paused, town.place.author, now=MORNING + HOUR)
    run(session, bulletin, MORNING + DAY)
    assert run(session, bulletin, MORNING + 2 * DAY).note is Note.NOTHING_NEW
    assert letters(town, person) == ["• It rises.", "• Bridge closed."]


def test_resumed_it_says_what_waited_on_each_of_its_topics(session: Session) -> None:
    town = Town(session)
    bulletin, person = defined(town), town.person(*KEYS)
    town.announce("roads", "Before.", at=NOW + HOUR)
    changing.pause(session, bulletin, town.place.author, now=NOW + 2 * HOUR)
    town.announce("floods", "Meanwhile.", at=NOW + 3 * HOUR)
    assert bulletins.due(session, MORNING) == []
    changing.resume(session, bulletin, town.place.author, now=MORNING + HOUR)
    town.announce("dengue", "After.", at=MORNING + 2 * HOUR)
    run(session, bulletin, MORNING + DAY)
    assert letters(town, person) == ["📌 Dengue\n\n• After.\n\n📌 Roads\n\n• Before."]


def test_all_of_it_leaves_or_nothing_and_the_next_one_says_it(session: Session) -> None:
    town = Town(session)
    bulletin, person = defined(town), town.person(*KEYS)
    town.person("floods")
    town.announce("floods", "It rises.", at=NOW + HOUR)
    town.announce("roads", "Bridge closed.", at=NOW + HOUR)
    senders, other = (town.place.free, town.place.strict), Town(session, "other").place.agency.id
    for each in senders:
        each.agency_id = other
    session.flush()
    assert run(session, bulletin).note is Note.HELD_UNREADY
    assert list(sent(session)) == []
    assert session.scalars(select(Holders)).all() == []
    for each in senders:
        each.agency_id = town.place.agency.id
    session.flush()
    run(session, bulletin, MORNING + DAY)
    assert letters(town, person) == ["📌 Floods\n\n• It rises.\n\n📌 Roads\n\n• Bridge closed."]


def test_many_clocks_run_it_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        defined(town)
        for keys in (KEYS, ("floods",), ("roads",)):
            town.person(*keys)
        for key in KEYS:
            town.announce(key, f"On {key}.", at=NOW + HOUR)
    at_once(*[lambda: clock.tick(sessions, MORNING, limits_of=limits_of)] * 4)
    with sessions() as session:
        assert len(session.scalars(select(Occurrence)).all()) == 1
        made = sent(session)
        assert [each.together_id for each in made] == [None, made[0].id, made[0].id]
        assert {each.state for each in made} == {State.SENDING}


def test_killed_before_its_commit_it_is_run_again_whole_and_stopped_it_is_not(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        bulletin_id = defined(town).id
        town.person(*KEYS)
        town.person("floods")
        for key in KEYS:
            town.announce(key, f"On {key}.", at=NOW + HOUR)
    with sessions() as session:
        assert bulletins.run(session, bulletin_id, limits_of=limits_of, now=MORNING) is not None
        session.rollback()
    with sessions.begin() as session:
        assert list(sent(session)) == []
        assert run(session, session.get_one(Bulletin, bulletin_id)).note is Note.SENT
        assert len(sent(session)) == 2
    with sessions.begin() as session:
        bulletin = session.get_one(Bulletin, bulletin_id)
        assert bulletins.due(session, MORNING + DAY) == [bulletin_id]
        bulletins.stop(session, bulletin, now=MORNING + DAY)  # between finding it and running it
        assert bulletins.run(session, bulletin_id, limits_of=limits_of, now=MORNING + DAY) is None


def test_where_nobody_holds_any_it_runs_all_the_same_and_is_for_nobody(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    town.announce("floods", "It rises.", at=NOW + HOUR)
    town.announce("roads", "Bridge closed.", at=NOW + HOUR)
    assert run(session, bulletin).note is Note.SENT
    [made] = sent(session)
    assert town.readers(made) == set()


def test_a_topic_is_its_agencys_and_in_one_bulletin_and_there_are_not_too_many(session: Session) -> None:
    town, other = Town(session), Town(session, "parks")
    bulletin = defined(town, "floods", "dengue")
    with pytest.raises(BadBulletin, match="'city-daily' is there already for the topic 'dengue'") as taken:
        defined(town, "roads", "dengue", key="another")
    assert taken.value.topic is town.topics["dengue"]
    theirs = [town.topics["roads"], other.topics["roads"]]
    with pytest.raises(BadBulletin, match="no such topic"):
        defined(town, key="another", topics=theirs)
    with pytest.raises(BadBulletin, match="one topic at least"):
        defined(town, key="another", topics=[])
    many = [
        topics.add(session, agency_id=town.place.agency.id, key=f"t{n}", names={"en": str(n)}, locales=["en"])
        for n in range(defining.TOPICS_AT_MOST + 1)
    ]
    with pytest.raises(BadBulletin, match=f"{defining.TOPICS_AT_MOST} at most"):
        defined(town, key="another", topics=many)
    with pytest.raises(BadBulletin, match="no such topic"):
        changing.set_topics(session, bulletin, town.place.author, theirs, now=NOW)
    assert bulletin.topic_ids == [town.topics["floods"].id, town.topics["dengue"].id]
    assert defined(town, key="another", topics=many[:-1]).topic_ids == [topic.id for topic in many[:-1]]


def test_every_set_of_its_topics_has_a_message_of_its_own() -> None:
    assert 2**defining.TOPICS_AT_MOST - 1 <= holdings.SETS


def test_a_topic_that_is_added_is_told_from_then_on_and_the_digest_tells_what_was_before(session: Session) -> None:
    town = Town(session)
    bulletin, person = defined(town, "floods"), town.person("floods", "roads")
    town.announce("roads", "Before.", at=NOW + HOUR)
    town.announce("floods", "It rises.", at=NOW + HOUR)
    both = [town.topics["floods"], town.topics["roads"]]
    changing.set_topics(session, bulletin, town.place.author, both, now=NOW + 2 * HOUR)
    town.announce("roads", "After.", at=NOW + 3 * HOUR)
    town.run(EVENING)
    run(session, bulletin)
    town.run(EVENING + DAY)
    assert letters(town, person) == ["📌 Floods\n\n• It rises.\n\n📌 Roads\n\n• After."]
    told = digested(town, person)
    assert [told.count(said) for said in ("Before.", "It rises.", "After.")] == [1, 0, 0]


def test_a_topic_that_is_taken_out_is_told_no_more_and_is_free(session: Session) -> None:
    town = Town(session)
    bulletin, person = defined(town), town.person(*KEYS)
    town.announce("roads", "Bridge closed.", at=NOW + HOUR)
    left = [town.topics["floods"], town.topics["dengue"]]
    changing.set_topics(session, bulletin, town.place.author, left, now=NOW + 2 * HOUR)
    town.announce("floods", "It rises.", at=NOW + 3 * HOUR)
    town.run(EVENING)
    run(session, bulletin)
    assert letters(town, person) == ["• It rises."]
    assert "Bridge closed." in digested(town, person)
    assert defined(town, "roads", key="roads").topic_ids == [town.topics["roads"].id]
    session.flush()
    session.commit()
    noted = [entry.details for entry in session.scalars(select(AuditEntry).where(AuditEntry.verb.like("bulletin.%")))]
    assert [each["topics"] for each in noted] == ["floods, dengue, roads", "floods, dengue", "roads"]


@pytest.mark.parametrize("deed", ["taken out", "deleted", "paused", "stopped"])
def test_what_it_told_is_in_no_digest_after_it_tells_no_more(session: Session, deed: str) -> None:
    town = Town(session)
    bulletin, person, author = defined(town), town.person(*KEYS), town.place.author
    town.run(EVENING)
    town.announce("roads", "Bridge closed.", at=EVENING + HOUR)
    run(session, bulletin)
    town.announce("roads", "Waits.", at=MORNING + HOUR)
    match deed:
        case "taken out":
            changing.set_topics(session, bulletin, author, [town.topics["floods"]], now=MORNING + 2 * HOUR)
        case "deleted":
            changing.remove(session, bulletin, author, now=MORNING + 2 * HOUR)
        case "paused":
            changing.pause(session, bulletin, author, now=MORNING + 2 * HOUR)
        case _:
            bulletins.stop(session, bulletin, now=MORNING + 2 * HOUR)
    town.announce("roads", "Bridge open.", at=MORNING + 3 * HOUR)
    town.run(EVENING + DAY)
    assert [letter.count("Bridge closed.") for letter in letters(town, person)] == [1]
    told = digested(town, person)
    assert [told.count(said) for said in ("Bridge closed.", "Waits.", "Bridge open.")] == [0, 1, 1]


def test_for_other_readers_from_now_on_everybody_still_reads_each_once(session: Session) -> None:
    town = Town(session)
    bulletin, daily = defined(town), town.person(*KEYS)
    weekly = town.person(*KEYS, cadence=Cadence.WEEKLY)
    town.run(EVENING)
    town.announce("roads", "Before.", at=EVENING + HOUR)
    run(session, bulletin)
    town.announce("roads", "Waits.", at=MORNING + HOUR)
    changing.set_cadence(session, bulletin, town.place.author, Cadence.WEEKLY, now=MORNING + 2 * HOUR)
    town.announce("roads", "After.", at=MORNING + 3 * HOUR)
    town.run(EVENING + DAY)
    run(session, bulletin, MORNING + DAY)
    town.run(EVENING + 3 * DAY)
    said = ("Before.", "Waits.", "After.")
    for person, cadence in ((daily, Cadence.DAILY), (weekly, Cadence.WEEKLY)):
        told = "\n".join([*letters(town, person), digested(town, person, cadence)])
        assert [told.count(each) for each in said] == [1, 1, 1]
    assert letters(town, daily) == ["• Before."]


def test_paused_over_a_digest_each_is_told_once_by_the_one_or_the_other(session: Session) -> None:
    town = Town(session)
    bulletin, person, author = defined(town), town.person(*KEYS), town.place.author
    town.announce("roads", "Waits.", at=NOW + HOUR)
    changing.pause(session, bulletin, author, now=NOW + 2 * HOUR)
    town.run(EVENING)
    town.announce("floods", "Meanwhile.", at=EVENING + HOUR)
    changing.resume(session, bulletin, author, now=EVENING + 2 * HOUR)
    town.announce("dengue", "After.", at=EVENING + 3 * HOUR)
    run(session, bulletin)
    town.run(EVENING + DAY)
    run(session, bulletin, MORNING + DAY)
    assert letters(town, person) == ["• After."]
    told = digested(town, person)
    assert [told.count(said) for said in ("Waits.", "Meanwhile.", "After.")] == [1, 1, 0]


def test_its_topics_are_in_no_daily_digest(session: Session) -> None:
    town = Town(session)
    defined(town, "floods", "roads")
    person, weekly = town.person(*KEYS), town.person(*KEYS, cadence=Cadence.WEEKLY)
    for key in KEYS:
        town.announce(key, f"On {key}.", at=NOW + HOUR)
    town.run(EVENING + 3 * DAY)
    assert [f"On {key}." in digested(town, person) for key in KEYS] == [False, True, False]
    assert all(f"On {key}." in digested(town, weekly, Cadence.WEEKLY) for key in KEYS)


def test_deleted_its_topics_are_free_and_all_that_it_sent_stays(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    town.person(*KEYS)
    town.person("floods")
    for key in KEYS:
        town.announce(key, f"On {key}.", at=NOW + HOUR)
    run(session, bulletin)
    changing.remove(session, bulletin, town.place.author, now=MORNING)
    assert [made.bulletin_id for made in sent(session)] == [None, None]
    assert session.scalars(select(BulletinTopic)).all() == []
    defined(town)


def test_a_preview_is_what_who_holds_all_reads_counts_everybody_and_leaves_nothing(session: Session) -> None:
    town = Town(session)
    bulletin = defined(town)
    for keys in (KEYS, ("floods",), ("dengue",), ("roads",)):
        town.person(*keys)
    town.announce("floods", "It rises.", at=NOW + HOUR)
    town.announce("roads", "Bridge closed.", at=NOW + HOUR)
    before = session.scalars(select(Broadcast.id)).all()
    found = occurring.outlook(session, bulletin, limits_of=limits_of, now=NOW + 2 * HOUR)
    assert found.people == 3  # nothing is on dengue
    assert [topic.key for topic in found.topics] == ["floods", "roads"]
    assert "📌 Floods\n\n• It rises.\n\n📌 Roads\n\n• Bridge closed." in found.messages[0].text
    assert session.scalars(select(Broadcast.id)).all() == before
    assert session.scalars(select(Holders)).all() == []
    assert run(session, bulletin).note is Note.SENT


def test_a_full_morning_fits_the_strictest_channel_and_crowds_out_no_topic(session: Session) -> None:
    town = Town(session)
    bulletin, person = defined(town), town.person(*KEYS)
    for number in range(20):
        town.announce("floods", f"{number}: " + "It rises and rises. " * 30, at=NOW + number * HOUR / 30)
    town.announce("dengue", "Two cases.", at=NOW + HOUR)
    assert run(session, bulletin).note is Note.SENT
    [said] = letters(town, person)
    assert "Two cases." in said
    assert "more." in said
