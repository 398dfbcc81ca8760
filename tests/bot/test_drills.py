"""A drill goes the real way to its list and to nobody else, and nobody takes it for the real thing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from broadcast import (
    aftercare,
    audience,
    compose,
    content,
    counting,
    drills,
    in_force,
    knowing,
    launch,
    planning,
    published,
)
from broadcast.blocks import bounds
from broadcast.models import Broadcast
from broadcast.states import Kind, Outcome, State
from channels import registry
from db.engine import Sessions
from delivery import batches
from delivery import people as readers
from delivery.models import Batch, Consignment, Wording
from delivery.states import Lane
from locales import texts
from staff.models import Agency, Officer, Role
from subscribers import drill_list
from subscribers.models import Address, DrillMember, Subscriber
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview

BEGIN, END = "🟦🟦🟦 DRILL – NOT REAL 🟦🟦🟦", "🟦 END OF THE DRILL – NOT REAL 🟦"


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages with citizens who are on no drill list."""
    made = open_office(sessions)
    made.citizens(4)
    return made


def listed(office: Office, *, on: int | None = None) -> Phone:
    """An officer whose own account is on the list."""
    phone = office.officer("aisyah", on=on)
    phone.says("/drill_list")
    phone.taps("Join it myself")
    return phone


def drilled(phone: Phone) -> str:
    """The way to a drill's preview."""
    phone.says("/drill")
    phone.says("The river rises.")
    return phone.says("Sungai naik.")


def launched(office: Office) -> tuple[Phone, Broadcast]:
    phone = listed(office)
    drilled(phone)
    phone.says(f"DRILL {phone.seen[-1].text.split()[-1]}")
    return phone, office.broadcasts()[-1]


def planned(office: Office, broadcast: Broadcast) -> list[int]:
    """Whom the batches of a launched broadcast are for."""
    planning.plan(office.sessions, broadcast.id, limits_of=registry.limits, clock=lambda: people.START)
    with office.sessions() as session:
        found = session.scalars(select(Batch).where(Batch.consignment_id == broadcast.id))
        return [each for batch in found for each in batches.unpack(batch.recipients)]


def members(office: Office) -> list[int]:
    with office.sessions() as session:
        return list(session.scalars(select(DrillMember.subscriber_id)))


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_a_drill_is_marked_at_every_step_and_reaches_the_list_alone(office: Office, channel: str) -> None:
    phone = listed(office, on=office.telegram_id if channel == "telegram" else office.whatsapp_id)
    begun = phone.says("/drill")
    assert "DRILL-" in begun
    assert "NOT REAL" in begun
    assert "goes to 1 person on the drill list and to nobody else" in begun
    for answer in (phone.seen[-1].text, phone.says("The river rises.")):
        assert answer.startswith("🟦 DRILL DRILL-")
    shown = phone.says("Sungai naik.")
    assert shown.count(BEGIN) >= 2
    assert END in shown
    assert "🟥" not in shown
    assert "⚠️" not in shown
    assert "1 person will get it (drill list)" in shown
    assert "🟦 To practise with exactly this" in shown
    code = phone.seen[-1].text.split()[-1]
    assert "🟦 The drill DRILL-" in phone.says(f"drill {code}")
    [broadcast] = office.broadcasts()
    assert (broadcast.is_drill, broadcast.state, broadcast.kind) == (True, State.SENDING, Kind.ALERT)
    assert planned(office, broadcast) == members(office)
    assert phone.says("/status").count("🟦") == 1
    assert "🟦 DRILL · DRILL-" in phone.says(f"/status {broadcast.code}")
    assert "🟦 DRILL · DRILL-" in phone.says("/queue")


def test_every_language_says_above_and_below_that_it_is_a_drill(sessions: Sessions) -> None:
    office = open_office(sessions, locales=people.LOCALES)
    phone = listed(office)
    phone.says("/drill")
    for each in people.LOCALES:
        phone.says({"zh_Hans": "河水上涨。", "ta": "ஆறு உயர்கிறது."}.get(each, "Sungai naik."))
    phone.says(f"DRILL {phone.seen[-1].text.split()[-1]}")
    [broadcast] = office.broadcasts()
    planned(office, broadcast)
    with sessions() as session:
        for row in session.scalars(select(Wording).where(Wording.consignment_id == broadcast.id)):
            word = texts.say("drill.word", row.locale)
            assert word in row.text.splitlines()[0]
            assert "🟦" in row.text.split("\n\n")[0]
            assert "🟦" in row.text.split("\n\n")[-2]


def test_a_template_says_below_that_it_is_a_drill_too(office: Office) -> None:
    _, broadcast = launched(office)
    with office.sessions() as session:
        frame = compose.script(session, session.get_one(Broadcast, broadcast.id)).frames["en"]
    assert content.variables(frame, "The river rises.")["2"].startswith("The river rises. 🟦 END OF THE DRILL")
    assert content.variables(frame, "The river rises.")["1"].startswith(BEGIN)


def test_the_code_of_a_drill_needs_its_word_and_the_real_code_refuses_it(office: Office) -> None:
    phone = listed(office)
    drilled(phone)
    code = phone.seen[-1].text.split()[-1]
    assert "This is a drill, not real" in phone.says(code)
    assert "is running" in phone.says(f"LATIHAN {code}")
    to_preview(phone, kind="2")
    assert "it is REAL and goes to the public" in phone.says(f"DRILL {phone.code}")
    assert [each.state for each in office.broadcasts()] == [State.SENDING, State.DRAFT]


def test_an_unfinished_drill_is_never_offered_as_an_announcement_nor_the_other_way(office: Office) -> None:
    phone = listed(office)
    phone.says("/drill")
    phone.says("The river rises.")
    assert "What is it?" in phone.says("/announce")
    phone.says("1")
    begun = phone.says("/drill")
    assert "DRILL-" in begun
    assert [each.is_drill for each in office.broadcasts()] == [True, False]


@pytest.mark.parametrize("verb", [compose.set_topic, compose.set_areas, compose.set_segment])
def test_nothing_gives_a_drill_a_public(office: Office, verb: object) -> None:
    phone = listed(office)
    drilled(phone)
    with office.sessions.begin() as session:
        [drill] = session.scalars(select(Broadcast))
        officer = session.scalars(select(Officer)).one()
        with pytest.raises(compose.NotAllowed):
            verb(session, drill, officer, [] if verb is compose.set_areas else None)  # type: ignore[operator]


def test_the_database_itself_refuses_a_drill_with_a_topic(office: Office) -> None:
    _, broadcast = launched(office)
    with pytest.raises(IntegrityError), office.sessions.begin() as session:
        session.execute(update(Broadcast).where(Broadcast.id == broadcast.id).values(topic_id=office.topics["floods"]))


def test_a_row_that_was_turned_into_its_opposite_is_not_launched(office: Office) -> None:
    phone = listed(office)
    drilled(phone)
    to_preview(phone)
    with office.sessions.begin() as session:
        session.execute(update(Broadcast).values(topic_id=None))
        session.execute(text("UPDATE broadcasts SET is_drill = NOT is_drill"))
    with office.sessions.begin() as session:
        officer = session.scalars(select(Officer)).one()
        for each in session.scalars(select(Broadcast)):
            seal = compose.fingerprint(session, each)
            with pytest.raises(compose.NotAllowed):
                launch.confirm(session, each, officer, fingerprint=seal, limits_of=registry.limits, now=people.START)


def test_the_audience_of_a_drill_is_the_list_and_that_of_the_real_never_asks_it(office: Office) -> None:
    _, broadcast = launched(office)
    [mine] = members(office)
    with office.sessions.begin() as session:
        drill = session.get_one(Broadcast, broadcast.id)
        rule = audience.rule_of(session, drill, now=people.START)
        assert counting.count(session, drill, now=people.START).people == 1
        assert bounds(session, rule) == (mine, mine)
        assert "drill_members" in str(audience.people(session, rule, 1, 100).select())
        agency, officer = session.get_one(Agency, office.agency_id), session.scalars(select(Officer)).one()
        real = compose.draft(session, agency, officer, kind=Kind.ALERT, now=people.START)
        compose.set_text(session, real, officer, locale="en", text="The river rises.")
        real.fallback_locale = "en"
        session.flush()
        rule = audience.rule_of(session, real, now=people.START)
        assert "drill_members" not in str(audience.people(session, rule, 1, 100).select())
        assert counting.count(session, real, now=people.START).people == 4, "the officer subscribed to nothing"


def test_who_is_smuggled_into_a_drills_batch_gets_nothing(office: Office) -> None:
    phone, broadcast = launched(office)
    mine = planned(office, broadcast)
    with office.sessions.begin() as session:
        consignment = session.get_one(Consignment, broadcast.id)
        assert consignment.is_drill
        everybody = list(session.scalars(select(Subscriber.id)))
        batch = session.scalars(select(Batch)).one()
        now, patience = people.START + timedelta(minutes=1), timedelta(seconds=30)
        leased = batches.lease(session, batch.sender_id, [Lane.ALERT], slots=4, now=now, lease_for=patience)
        assert leased is not None
        found = readers.read(session, leased, everybody, registry.limits("telegram"), now=people.START)
        assert [each.subscriber_id for each in found.values() if each.is_consented] == mine
        assert session.scalars(select(Address.subscriber_id).where(Address.value == phone.value)).all() == mine


def test_what_puts_a_drill_right_is_a_drill(office: Office) -> None:
    _, broadcast = launched(office)
    with office.sessions.begin() as session:
        first = session.get_one(Broadcast, broadcast.id)
        officer = session.scalars(select(Officer)).one()
        made = aftercare.correct(session, first, officer, now=people.START)
        assert made.is_drill
        assert made.code.startswith("DRILL-")
        assert "CORRECTION" not in compose.script(session, made).frames["en"].heading
        assert "a correction of DRILL-" in compose.script(session, made).frames["en"].heading
        ledgers = audience.rule_of(session, made, now=people.START)
        assert ledgers.is_drill
        made.is_drill = False
        with pytest.raises(compose.NotAllowed):
            drills.check(session, made)
        made.is_drill = True
        first.state, first.finished_at = State.FINISHED, people.START
        assert aftercare.retry(session, first, officer, outcome=Outcome.UNREACHED, now=people.START).is_drill


def test_a_drill_is_public_nowhere(office: Office) -> None:
    phone, broadcast = launched(office)
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        person = session.scalars(select(Subscriber).where(Subscriber.consented_at.is_not(None)).limit(1)).one()
        assert published.published(session, agency.id, broadcast.code) is None
        assert not published.latest(session, agency.id, is_general_included=True)
        assert not in_force.hand_over(
            session, agency, person, list(office.topics.values()), is_newcomer=True, now=phone.now
        )


def test_a_one_time_link_puts_one_person_on_the_list_and_a_word_takes_them_off(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/drill_list")
    code = phone.taps("One-time link").split("/start d-")[1].split()[0]
    ravi, thief = office.phone("ravi"), office.phone("thief")
    assert "on the drill list of Water Board" in ravi.says(f"/start d-{code}")
    assert "On the drill list" in ravi.says("/mydata")
    assert thief.says(f"/start d-{code}") == office.phone("citizen").says("/start")
    assert len(members(office)) == 1
    assert "(1 of 50)" in phone.says("/drill_list")
    assert "off the drill list" in ravi.says("leave drills")
    assert "not on the drill list" in ravi.says("/leave_drills")
    assert members(office) == []
    assert [each for each in office.audit() if each.startswith("drill_list")] == [
        "drill_list.linked",
        "drill_list.joined",
        "drill_list.left",
    ]


def test_a_stop_ends_drills_with_everything_else(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/drill_list")
    code = phone.taps("One-time link").split("/start d-")[1].split()[0]
    ravi = office.phone("ravi")
    ravi.says(f"/start d-{code}")
    ravi.says("STOP")
    assert members(office) == []


def test_another_agencys_link_is_as_good_as_none(office: Office) -> None:
    other = open_office(office.sessions, "town")
    boss = other.officer("boss")
    boss.says("/drill_list")
    code = boss.taps("One-time link").split("/start d-")[1].split()[0]
    office.phone("ravi").says(f"/start d-{code}")
    assert members(office) == []


def test_fifty_are_the_most(office: Office) -> None:
    ids = office.citizens(50)
    with office.sessions.begin() as session:
        for each in ids[:49]:
            assert drill_list.join(session, session.get_one(Subscriber, each), now=people.START)
    phone = listed(office)
    assert len(members(office)) == 50
    with office.sessions.begin() as session, pytest.raises(drill_list.Full):
        drill_list.join(session, session.get_one(Subscriber, ids[49]), now=people.START)
    phone.says("/drill_list")
    assert "50 people at most" in phone.taps("One-time link")


def test_without_anybody_on_the_list_there_is_no_drill(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "Nobody is on the drill list yet" in phone.says("/drill")
    assert office.broadcasts() == []


def test_an_auditor_begins_no_drill_and_changes_no_list(office: Office) -> None:
    phone = office.officer("auditor", Role.AUDITOR)
    assert "As auditor" in phone.says("/drill")
    assert "As auditor" in phone.says("/drill_list")
    phone.forges("drills:join")
    assert members(office) == []


def test_who_asks_about_a_drill_is_told_that_it_is_only_one(office: Office) -> None:
    phone, drill = launched(office)
    citizen = office.phone(f"citizen-{office.citizens(1)[0]}")
    assert f"{drill.code} is only an exercise" in citizen.says(f"/verify {drill.code.lower()}")
    assert "is not ours" in citizen.says("/verify DRILL-ZZZZ")
    assert f"{drill.code} is only an exercise" in citizen.says(f" {drill.code}")
    assert f"{drill.code} is only an exercise" in phone.says(f"/verify {drill.code}")


def test_a_drill_counts_in_no_figure(office: Office) -> None:
    launched(office)
    with office.sessions() as session:
        assert knowing.launched(session, office.agency_id, people.START - timedelta(days=1)) == []
