"""A digest: one message a day or a week for each person, grouped by topic, nothing in it twice and nothing lost."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from broadcast import bulletins, clock, compose, counting, digests, launch, planning, previews
from broadcast.models import Broadcast, DigestOccurrence
from broadcast.states import Note, State
from delivery import batches, people
from delivery.models import Letter
from delivery.states import Lane
from staff.models import Account
from subscribers import areas
from subscribers.models import Cadence, Subscription
from tests.at_once import at_once
from tests.broadcast.evenings import DAY, EVENING, FRIDAY, Town
from tests.broadcast.places import NOW, cramped, limits_of

HOUR = timedelta(hours=1)
Sessions = sessionmaker[Session]


def test_who_holds_several_topics_gets_one_message_grouped_by_topic_in_order(session: Session) -> None:
    town = Town(session)
    person = town.person("floods", "dengue", "roads")
    codes = [
        town.announce(*said, at=NOW + minutes * timedelta(minutes=1)).code
        for minutes, said in enumerate([("dengue", "Two cases."), ("floods", "It rises."), ("floods", "It falls.")])
    ]
    (occurrence,) = town.run()
    assert (occurrence.note, occurrence.local_at) == (Note.SENT, "2026-11-24T18:00")
    assert town.letters(person) == [
        "Hello. Here are our 3 announcements of the past day.\n\n"
        f"📌 Floods\n\n• 9:01 am ({codes[1]})\nIt rises.\n\n• 9:02 am ({codes[2]})\nIt falls.\n\n"
        f"📌 Dengue\n\n• 9:00 am ({codes[0]})\nTwo cases."
    ]


def test_what_concerns_some_areas_says_so_because_people_of_all_read_it(session: Session) -> None:
    town = Town(session)
    person = town.person("floods")
    names = {"en": "Bedok", "zh_Hans": "勿洛", "ms": "Bedok", "ta": "பிடோக்"}
    bedok = areas.add(session, agency_id=town.place.agency.id, key="bedok", names=names, locales=["en"])
    made = town.announce("floods", "It rises.")
    made.area_ids = [bedok.id]
    town.run()
    (letter,) = town.letters(person)
    assert f"({made.code})\n📍 Bedok\nIt rises." in letter


def test_what_was_for_a_segment_is_in_no_digest(session: Session) -> None:
    town = Town(session)
    person = town.person("floods")
    town.announce("floods", "Only for some.").segment = "language:ta"
    town.announce("floods", "For all.")
    town.run()
    (letter,) = town.letters(person)
    assert "For all." in letter
    assert "Only for some." not in letter


def test_each_gets_exactly_the_topics_they_hold_with_that_cadence(session: Session) -> None:
    town = Town(session)
    people = {
        "both": town.person("floods", "dengue"),
        "one": town.person("floods", others=("dengue",)),
        "quiet": town.person("roads"),
        "weekly": town.person("floods", cadence=Cadence.WEEKLY),
        "at once": town.person(others=("floods",)),
        "alerts": town.person("floods", cadence=Cadence.ALERTS),
    }
    town.announce("floods", "It rises.")
    town.announce("dengue", "Two cases.")
    town.run()
    letters = {name: town.letters(person) for name, person in people.items()}
    assert {name: len(said) for name, said in letters.items()} == {
        "both": 1, "one": 1, "quiet": 0, "weekly": 0, "at once": 0, "alerts": 0
    }  # fmt: skip
    assert "Two cases." in letters["both"][0]
    assert "Two cases." not in letters["one"][0]


def test_nothing_new_sends_nothing_and_nothing_is_told_twice_or_lost(session: Session) -> None:
    town = Town(session)
    person = town.person("floods")
    for number, at in enumerate([NOW, EVENING - timedelta(seconds=2), EVENING + timedelta(seconds=1)]):
        town.announce("floods", f"Item {number}.", at=at)
    notes = [each.note for day in range(3) for each in town.run(EVENING + day * DAY)]
    assert notes == [Note.SENT, Note.SENT, Note.NOTHING_NEW]
    said = "".join(town.letters(person))
    assert [said.count(f"Item {number}.") for number in range(3)] == [1, 1, 1]


def test_the_weekly_one_runs_on_its_day_and_tells_the_week(session: Session) -> None:
    town = Town(session)
    person = town.person("floods", cadence=Cadence.WEEKLY)
    code = town.announce("floods", "It rises.").code
    assert [each.cadence for each in town.run(EVENING)] == [Cadence.DAILY]
    assert {each.cadence for each in town.run(FRIDAY)} == {Cadence.DAILY, Cadence.WEEKLY}
    (said,) = town.letters(person, Cadence.WEEKLY)
    assert said.startswith("Hello. Here is what we announced in the past week.")
    assert f"• Tue, 24 Nov, 9:00 am ({code})" in said
    assert "weekly summary" in previews.of(session, town.made(Cadence.WEEKLY)[0], limits_of=limits_of)[0].text
    assert town.run(FRIDAY + 2 * HOUR) == []


def test_each_language_reads_its_own_texts_and_names(session: Session) -> None:
    town = Town(session)
    reader = town.person("floods", locale="ta")
    chinese = town.person("floods", locale="zh_Hans")
    code = town.announce("floods", "It rises.", ta="நீர் உயர்கிறது.").code
    town.run()
    assert town.letters(reader) == [
        f"வணக்கம். கடந்த ஒரு நாளில் நாங்கள் வெளியிட்ட அறிவிப்பு இதோ.\n\n📌 வெள்ளம்\n\n• 9:00 AM ({code})\nநீர் உயர்கிறது."
    ]
    assert town.letters(chinese) == [f"您好。以下是过去一天的 1 则公告。\n\n📌 水灾\n\n• 上午9:00（{code}）\nIt rises."]


def test_a_topic_with_a_bulletin_of_its_own_is_in_the_weekly_digest_only(session: Session) -> None:
    town = Town(session)
    daily, weekly = town.person("floods", "dengue"), town.person("floods", cadence=Cadence.WEEKLY)
    bulletins.define(
        session,
        town.place.agency,
        key="floods",
        topics=[town.topics["floods"]],
        local_time="08:00",
        time_zone="Asia/Singapore",
        introductions={"en": "Good morning."},
        now=NOW,
    )
    town.announce("floods", "It rises.")
    town.announce("dengue", "Two cases.")
    town.run(FRIDAY)
    (said,) = town.letters(daily)
    assert "Two cases." in said
    assert "It rises." not in said
    assert "It rises." in town.letters(weekly, Cadence.WEEKLY)[0]


def test_what_was_taken_back_is_left_out_and_what_was_corrected_names_its_correction(session: Session) -> None:
    town = Town(session)
    person = town.person("floods")
    wrong, recalled, cancelled = (town.announce("floods", text) for text in ("It falls.", "A secret.", "A mistake."))
    right = town.announce("floods", "It rises.", at=NOW + HOUR)
    wrong.state, recalled.state, cancelled.state = State.CORRECTED, State.RECALLED, State.CANCELLED
    right.corrects_id = wrong.id
    session.flush()
    town.run()
    (said,) = town.letters(person)
    assert not any(text in said for text in ("It falls.", "A secret.", "A mistake."))
    assert f"({wrong.code})\n⚠️ This has been corrected. The correction is {right.code}." in said
    assert f"({right.code})\n✏️ This corrects {wrong.code}.\nIt rises." in said


def test_what_is_paused_when_it_runs_is_told_once_it_goes_on(session: Session) -> None:
    town = Town(session)
    person = town.person("floods")
    paused = town.announce("floods", "The bridge is closed.")
    launch.pause(session, paused, town.place.author, now=NOW)
    town.announce("floods", "It rises.")
    town.run()
    launch.resume(session, paused, town.place.author, now=EVENING + HOUR)
    town.run(EVENING + DAY)
    town.run(EVENING + 2 * DAY)
    assert ["bridge" in said for said in town.letters(person)] == [False, True]


def tells_an_admin(town: Town) -> None:
    place = town.place
    account = Account(officer_id=place.admin.id, officer=place.admin, sender_id=place.free.id, address="9")
    account.bound_at = NOW
    town.session.add(account)


def test_too_late_is_held_the_admins_are_told_and_the_next_one_says_it(session: Session) -> None:
    town = Town(session)
    person = town.person("floods")
    tells_an_admin(town)
    town.announce("floods", "It rises.")
    (held,) = town.run(EVENING + timedelta(minutes=121))
    assert held.note is Note.HELD_LATE
    letter = session.scalars(select(Letter)).one()
    assert letter.text.startswith("The daily summary of 24 Nov 2026, 6:00 pm was not sent")
    town.run(EVENING + DAY)
    (said,) = town.letters(person)
    assert said.startswith("Hello. Here is what we announced since 24 Nov 2026, 8:00 am.")


def test_an_agency_without_senders_holds_its_digest_and_leaves_no_half_broadcast(session: Session) -> None:
    town = Town(session)
    town.person("floods")
    town.announce("floods", "It rises.")
    for each in (town.place.free, town.place.strict):
        each.agency_id = Town(session, f"other-{each.channel}").place.agency.id
    session.flush()
    tells_an_admin(town)
    (held,) = town.run()
    assert held.note is Note.HELD_UNREADY
    assert town.made() == []
    assert "The agency has no bot or number" in session.scalars(select(Letter)).one().text


@pytest.mark.parametrize("cadence", [Cadence.DAILY, Cadence.WEEKLY])
def test_what_cannot_leave_says_what_is_wrong_with_it(session: Session, cadence: Cadence) -> None:
    town = Town(session)
    town.person("floods", cadence=cadence)
    town.announce("floods", "It rises.")
    tells_an_admin(town)
    ran = digests.run(session, town.place.agency.id, limits_of=cramped, now=FRIDAY)
    assert [each.note for each in ran if each.cadence is cadence] == [Note.HELD_UNREADY]
    told = session.scalars(select(Letter)).one().text
    assert told.startswith(f"The {cadence} summary of 27 Nov 2026, 6:00 pm was not sent:\n• ")
    assert "characters; " in told
    assert "no bot" not in told


def test_news_that_nobody_asked_for_in_a_digest_makes_none(session: Session) -> None:
    town = Town(session)
    town.person(others=("floods",))
    town.announce("floods", "It rises.")
    assert [each.note for each in town.run()] == [Note.NOTHING_NEW]
    assert town.made() == []


def test_a_full_day_fits_the_strictest_channel_and_counts_what_is_left_out(session: Session) -> None:
    town = Town(session)
    person = town.person("floods", "dengue")
    for number in range(20):
        town.announce("floods", f"{number}: " + "It rises and rises. " * 30, at=NOW + number * timedelta(minutes=1))
    town.announce("dengue", "Two cases.", at=NOW + HOUR)
    town.run()
    (said,) = town.letters(person)
    assert "Two cases." in said
    assert "19: It rises" in said
    assert "more. Send LATEST" in said
    (made,) = town.made()
    assert compose.text_problems(session, made, "en", limits_of=limits_of) == []


def test_another_agency_sees_nothing_of_it(session: Session) -> None:
    town, other = Town(session), Town(session, "parks")
    person = other.person("floods")
    town.person("floods")
    town.announce("floods", "It rises.")
    town.run()
    other.run()
    assert other.letters(person) == []


def test_a_changed_time_runs_from_the_next_one_on_and_loses_nothing(session: Session) -> None:
    town = Town(session)
    person, agency = town.person("floods"), town.place.agency
    town.run(EVENING)
    town.announce("floods", "It rises.", at=EVENING + HOUR)
    digests.set_times(session, agency, local_time="17:00", weekday=0, now=EVENING + 3 * HOUR)
    assert town.run(EVENING + 3 * HOUR) == []
    assert [each.local_at for each in town.run(EVENING + DAY - HOUR)] == ["2026-11-25T17:00"]
    assert len(town.letters(person)) == 1
    assert [each.cadence for each in town.run(EVENING + 6 * DAY - HOUR)] == [Cadence.DAILY, Cadence.WEEKLY]


def test_without_digests_notices_reach_at_once_whom_no_bulletin_serves(session: Session) -> None:
    town = Town(session)
    daily, weekly = town.person("floods"), town.person("floods", cadence=Cadence.WEEKLY)
    alerts = town.person("floods", cadence=Cadence.ALERTS)
    digests.set_times(session, town.place.agency, local_time=None, now=NOW)
    made = town.announce("floods", "It rises.")
    assert town.readers(made) == {daily.id, weekly.id}
    assert alerts.id not in town.readers(made)
    assert town.run(FRIDAY) == []
    digests.set_times(session, town.place.agency, local_time="18:00", now=FRIDAY)
    assert [each.note for each in town.run(FRIDAY + DAY)] == [Note.NOTHING_NEW]


@pytest.mark.parametrize("time", ["6pm", "18:0", "25:00", ""])
def test_a_bad_time_is_refused(session: Session, time: str) -> None:
    with pytest.raises(digests.BadDigest, match="time of day"):
        digests.set_times(session, Town(session).place.agency, local_time=time, now=NOW)


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_on_the_days_the_clocks_change_it_runs_once(session: Session, day: str) -> None:
    town = Town(session)
    midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    agency = town.place.agency
    agency.time_zone, agency.created_at = "America/New_York", midnight - DAY
    digests.set_times(session, agency, local_time="01:30", weekday=6, now=midnight - DAY / 2)
    ran = [(each.cadence, each.local_at) for step in range(4 * 26) for each in town.run(midnight + step * HOUR / 4)]
    assert ran == [(Cadence.DAILY, f"{day}T01:30"), (Cadence.WEEKLY, f"{day}T01:30")]


def test_who_leaves_the_topics_before_the_plan_is_in_no_digest(session: Session) -> None:
    town = Town(session)
    person = town.person("floods", "dengue")
    town.announce("floods", "It rises.")
    town.run()
    (made,) = town.made()
    assert town.readers(made) == {person.id}
    for row in session.scalars(select(Subscription).where(Subscription.subscriber_id == person.id)):
        row.cadence = Cadence.AT_ONCE
    session.flush()
    assert town.readers(made) == set()
    assert counting.count(session, made, now=EVENING).people == 0


def test_digests_do_not_crowd_the_officers_overview(session: Session) -> None:
    town = Town(session)
    town.person("floods")
    notice = town.announce("floods", "It rises.")
    town.run()
    assert [each.id for each in compose.recent(session, town.place.agency.id)] == [notice.id]
    assert [each.id for each in compose.under_way(session, town.place.agency.id)] == [notice.id]


def test_many_clocks_run_an_occurrence_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        town.person("floods")
        town.announce("floods", "It rises.")
    at_once(*[lambda: clock.tick(sessions, EVENING, limits_of=limits_of)] * 4)
    with sessions() as session:
        assert len(session.scalars(select(Broadcast).where(Broadcast.digest_cadence.is_not(None))).all()) == 1
        assert len(session.scalars(select(DigestOccurrence)).all()) == 1


def test_a_run_that_is_killed_before_its_commit_is_run_again_whole(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        town.person("floods")
        town.announce("floods", "It rises.")
        agency_id = town.place.agency.id
    with sessions() as session:
        digests.run(session, agency_id, limits_of=limits_of, now=EVENING)
        session.rollback()
    with sessions.begin() as session:
        (occurrence,) = digests.run(session, agency_id, limits_of=limits_of, now=EVENING)
        assert occurrence.note is Note.SENT


def test_who_holds_none_of_its_topics_any_more_when_it_leaves_gets_nothing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        ids = [town.person("floods", "dengue").id for _ in range(3)]
        town.announce("floods", "It rises.")
        town.announce("dengue", "Two cases.")
        town.run()
        (made,) = town.made()
    planning.plan(sessions, made.id, limits_of=limits_of, clock=lambda: EVENING)
    with sessions.begin() as session:
        changed = update(Subscription).values(cadence=Cadence.AT_ONCE)
        session.execute(changed.where(Subscription.subscriber_id == ids[1]))
        some = Subscription.topic_id == town.topics["floods"].id
        session.execute(changed.where(Subscription.subscriber_id == ids[2], some))
    with sessions.begin() as session:
        leased = batches.lease(
            session, town.place.free.id, [Lane.BULLETIN], slots=1, now=EVENING, lease_for=timedelta(seconds=15)
        )
        assert leased is not None
        assert sorted(leased.recipients) == ids
        assert (leased.topic_id, leased.cadences) == (None, frozenset({"daily"}))
        found = people.read(session, leased, ids, limits_of("free"), now=EVENING)
    assert [found[one].holds_topic for one in ids] == [True, False, True]
