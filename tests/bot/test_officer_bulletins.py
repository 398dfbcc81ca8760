"""/bulletins in the officers' chat: seen, previewed, skipped, sent now, paused; on both apps, and once."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from broadcast import bulletins, compose, launch
from broadcast.models import Broadcast, Bulletin, Occurrence
from broadcast.policy import ApprovalRule, set_rule
from broadcast.states import Kind, Note, State
from channels import registry
from db.engine import Sessions
from delivery.models import Letter
from staff.models import Agency, Officer, Role
from subscribers.models import Cadence, Subscription, Topic
from tests.at_once import at_once
from tests.bot import people
from tests.bot.office import Office, Phone, open_office

HOUR = timedelta(hours=1)
MORNING = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)  # 08:00 in Singapore
APPS = pytest.mark.parametrize("app", ["telegram", "whatsapp"])


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with a daily bulletin on floods and two people who read it once a day."""
    made = open_office(sessions)
    made.citizens(1, locale="ms")
    with sessions.begin() as session:
        for held in session.scalars(select(Subscription)):
            held.cadence = Cadence.DAILY
        defined(made, session)
    return made


def defined(office: Office, session, key: str = "river-daily", topic: str = "floods") -> Bulletin:  # type: ignore[no-untyped-def]
    agency = session.get_one(Agency, office.agency_id)
    return bulletins.define(
        session,
        agency,
        key=key,
        topics=[session.get_one(Topic, office.topics[topic])],
        local_time="08:00",
        time_zone="Asia/Singapore",
        introductions={"en": "Good morning.", "ms": "Selamat pagi."},
        now=people.START,
    )


def officer(office: Office, app: str = "telegram", role: Role = Role.AUTHOR, name: str = "aisyah") -> Phone:
    return office.officer(name, role, on=office.telegram_id if app == "telegram" else office.whatsapp_id)


def announced(office: Office, text: str, *, at: datetime = people.START) -> None:
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        author = session.scalars(select(Officer).where(Officer.agency_id == agency.id)).first()
        assert author is not None
        made = compose.draft(session, agency, author, kind=Kind.NOTICE, now=at)
        compose.set_topic(session, made, author, session.get_one(Topic, office.topics["floods"]))
        for locale in ("en", "ms"):
            compose.put_text(session, made, locale, text)
        launch.start(session, made, limits_of=registry.limits, now=at)


def tick(office: Office, now: datetime) -> list[Note]:
    """The clock looks once; what became of what was due."""
    with office.sessions.begin() as session:
        ran = [bulletins.run(session, due, limits_of=registry.limits, now=now) for due in bulletins.due(session, now)]
        return [each.note for each in ran if each is not None]


def sent(office: Office) -> list[Broadcast]:
    return [each for each in office.broadcasts(State.SENDING) if each.kind is Kind.BULLETIN]


def the_bulletin(office: Office) -> Bulletin:
    with office.sessions() as session:
        return session.scalars(select(Bulletin).order_by(Bulletin.id)).all()[0]


def card(office: Office, app: str = "telegram", **who: object) -> Phone:
    phone = officer(office, app, **who)  # type: ignore[arg-type]
    assert "river-daily" in phone.says("/bulletins")
    phone.taps("1")
    return phone


@APPS
def test_the_list_leads_to_a_card_that_says_what_it_is_and_when_it_comes_next(office: Office, app: str) -> None:
    phone = officer(office, app)
    assert "1. river-daily: Floods, every day at 8:00 am. Next: 25 Nov 2026, 8:00 am" in phone.says("/bulletins")
    told = phone.taps("1")
    assert "About: Floods" in told
    assert "Asia/Singapore" in told
    assert "once a day" in told
    assert "Begins with: Good morning." in told
    assert "Next: 25 Nov 2026, 8:00 am" in told
    assert "river-daily" in phone.says("/bulletins RIVER-daily")
    assert "no bulletin “nix”" in phone.says("/bulletins nix")


@APPS
def test_the_preview_shows_each_language_as_it_would_go_and_keeps_nothing(office: Office, app: str) -> None:
    phone = card(office, app)
    assert "nothing to say yet" in phone.taps("Preview")
    announced(office, "The river rises.", at=phone.now)
    told = phone.taps("Preview")
    assert "Good morning.\n\n• The river rises." in told
    assert "Selamat pagi.\n\n• The river rises." in told
    assert "1 person would get it now" in told
    assert "daily summary" in told
    assert sent(office) == []
    assert len(office.broadcasts()) == 1
    assert tick(office, MORNING) == [Note.SENT]


@APPS
def test_one_is_sent_now_with_a_code_and_the_hour_itself_says_only_what_came_after(office: Office, app: str) -> None:
    phone = card(office, app)
    announced(office, "The river rises.", at=phone.now)
    phone.waits(timedelta(minutes=1))
    assert "type this code" in phone.taps("Send one now")
    assert tick(office, phone.now) == []
    assert "leaves within seconds" in phone.says(phone.code.lower())
    assert tick(office, phone.now) == [Note.SENT]
    assert tick(office, phone.now) == []
    [made] = sent(office)
    with office.sessions() as session:
        letters = session.scalars(select(Letter).where(Letter.to == phone.value)).all()
        assert any(f"is on its way: {made.code}" in letter.text for letter in letters)
    announced(office, "The river falls.", at=phone.now + HOUR)
    assert tick(office, MORNING) == [Note.SENT]
    with office.sessions() as session:
        last = compose.contents(session, sent(office)[-1])
        assert "The river falls." in last[0].text
        assert "The river rises." not in last[0].text
    assert office.audit()[-3:].count("bulletin.asked") == 1


def test_a_double_tap_and_a_second_officer_send_it_once(office: Office) -> None:
    first, second = card(office), card(office, "whatsapp", name="bala")
    announced(office, "The river rises.", at=first.now)
    for phone in (first, second):
        phone.waits(timedelta(minutes=1))
        phone.taps("Send one now")
    code, other = first.code, second.code
    first.says(code)
    assert "You are told" not in first.says(code)
    assert "no longer holds" in second.says(other)
    assert tick(office, second.now) == [Note.SENT]
    assert len(sent(office)) == 1
    key = f"bulletins:now:{the_bulletin(office).id}:0"
    assert "no longer holds" in second.forges(key)  # the button of before


def test_two_officers_whose_codes_arrive_in_the_same_moment_send_it_once(office: Office) -> None:
    phones = [card(office), card(office, "whatsapp", name="bala")]
    announced(office, "The river rises.", at=phones[0].now)
    for phone in phones:
        phone.waits(timedelta(minutes=1))
        phone.taps("Send one now")
    told = at_once(*(partial(phone.says, phone.code) for phone in phones))
    assert sorted("You are told" in each for each in told) == [False, True]
    assert tick(office, phones[0].now + timedelta(minutes=1)) == [Note.SENT]
    assert len(sent(office)) == 1


def test_wrong_codes_send_nothing_and_the_third_ends_it(office: Office) -> None:
    phone = card(office)
    announced(office, "The river rises.", at=phone.now)
    phone.taps("Send one now")
    code = phone.code
    assert "2 more times" in phone.says("22222")
    phone.says("hello")
    assert "Three wrong codes" in phone.says("33333")
    phone.says(code)
    assert tick(office, phone.now + HOUR) == []
    assert office.audit().count("bulletin.code_wrong") == 3
    phone.says("/bulletins river-daily")
    phone.taps("Send one now")
    code = phone.code
    assert "Nothing was sent" in phone.says("/cancel")
    phone.says(code)
    assert tick(office, phone.now + HOUR) == []


def test_a_code_that_is_too_old_is_asked_for_anew(office: Office) -> None:
    phone = card(office)
    announced(office, "The river rises.", at=phone.now)
    phone.taps("Send one now")
    code = phone.code
    phone.waits(timedelta(minutes=16))
    assert "type this code" in phone.says(code)
    assert "leaves within seconds" in phone.says(phone.code)


@APPS
def test_the_next_one_is_skipped_and_the_one_after_says_what_it_would_have(office: Office, app: str) -> None:
    phone = card(office, app)
    announced(office, "The river rises.", at=phone.now)
    old = phone.seen[-1]
    assert "25 Nov 2026, 8:00 am is skipped" in phone.taps("Skip the next one")
    assert "Next: 26 Nov 2026, 8:00 am (25 Nov 2026, 8:00 am is skipped)" in phone.says("/bulletins river-daily")
    phone.seen = [old]
    assert "was skipped already" in phone.taps("Skip the next one")
    assert tick(office, MORNING) == []
    assert tick(office, MORNING + HOUR) == []
    phone.now = MORNING + HOUR
    phone.seen = [old]
    assert "no longer holds" in phone.taps("Skip the next one")
    assert tick(office, MORNING + timedelta(days=1)) == [Note.SENT]
    with office.sessions() as session:
        assert "The river rises." in compose.contents(session, sent(office)[0])[0].text


def test_to_skip_the_next_one_takes_nothing_from_one_that_is_due(office: Office) -> None:
    """The clock was away, or a feed is asked again: today's hour has struck, and tomorrow's is skipped."""
    phone = card(office)
    announced(office, "The river rises.", at=phone.now)
    phone.now = MORNING + timedelta(seconds=30)
    phone.says("/bulletins river-daily")
    assert "26 Nov 2026, 8:00 am is skipped" in phone.taps("Skip the next one")
    assert tick(office, MORNING + timedelta(minutes=1)) == [Note.SENT]
    assert tick(office, MORNING + timedelta(days=1)) == []


def test_a_skip_is_taken_back_by_somebody_else(office: Office) -> None:
    phone, other = card(office), card(office, name="bala")
    announced(office, "The river rises.", at=phone.now)
    phone.taps("Skip the next one")
    other.says("/bulletins river-daily")
    assert "goes out after all" in other.taps("Do not skip it")
    assert "is not skipped" in phone.taps("Do not skip it")
    assert tick(office, MORNING) == [Note.SENT]


def test_what_is_skipped_and_sent_in_between_is_told_once(office: Office) -> None:
    phone = card(office)
    announced(office, "The river rises.", at=phone.now)
    phone.taps("Skip the next one")
    phone.waits(timedelta(minutes=1))
    phone.taps("Send one now")
    phone.says(phone.code)
    assert tick(office, phone.now) == [Note.SENT]
    assert tick(office, MORNING) == []
    assert tick(office, MORNING + timedelta(days=1)) == [Note.NOTHING_NEW]


def test_paused_nothing_goes_out_and_the_first_after_it_says_what_waited_and_not_what_came_meanwhile(
    office: Office,
) -> None:
    phone = card(office)
    announced(office, "Before.", at=phone.now)
    stale = phone.seen[-1]
    assert "is paused" in phone.taps("Pause")
    assert "Send one now" not in phone.labels
    phone.seen = [stale]
    assert "no longer holds" in phone.taps("Pause")
    phone.seen = [stale]
    assert "no longer holds" in phone.taps("Send one now")
    phone.seen = [stale]
    assert "no longer holds" in phone.taps("Skip the next one")
    announced(office, "Meanwhile.", at=MORNING)
    assert tick(office, MORNING + HOUR) == []
    phone.now = MORNING + 2 * HOUR
    phone.says("/bulletins river-daily")
    phone.taps("Resume")
    assert "goes on" in phone.says(phone.code)  # the session is older than twelve hours
    assert tick(office, MORNING + 3 * HOUR) == []
    announced(office, "After.", at=MORNING + 4 * HOUR)
    assert tick(office, MORNING + timedelta(days=1)) == [Note.SENT]
    with office.sessions() as session:
        [text] = {each.text.partition("\n\n")[2] for each in compose.contents(session, sent(office)[-1])}
    assert text == "• Before.\n\n• After."


def test_deleted_it_is_gone_for_officers_and_what_it_sent_stays(office: Office) -> None:
    phone = card(office)
    announced(office, "The river rises.", at=phone.now)
    assert tick(office, MORNING) == [Note.SENT]
    phone.now = MORNING
    stale = phone.seen[-1]
    phone.taps("Delete")
    assert "is deleted" in phone.taps("Yes, delete")
    assert "no bulletin yet" in phone.says("/bulletins")
    for label in ("Preview", "Send one now", "Skip the next one", "Pause", "Change", "Delete"):
        phone.seen = [stale]
        assert "not there any more" in phone.taps(label)
    assert len(sent(office)) == 1
    with office.sessions.begin() as session:
        defined(office, session)  # its name and its topic are free again
    assert "river-daily" in phone.says("/bulletins")


@APPS
def test_another_agencys_bulletins_are_no_bulletins(office: Office, sessions: Sessions, app: str) -> None:
    other = open_office(sessions, "nea")
    phone = officer(other, app)
    assert "no bulletin yet" in phone.says("/bulletins")
    theirs = the_bulletin(office).id
    actions = (
        "show:{}", "preview:{}", "now:{}:0", "skip:{}:20261125T0800", "unskip:{}:20261125T0800", "pause:{}",
        "resume:{}", "delete:{}", "deleted:{}", "change:{}", "change:{}:time", "change:{}:words:en",
    )  # fmt: skip
    for action in actions:
        assert "not there any more" in phone.forges(f"bulletins:{action.format(theirs)}")
    assert "no bulletin “river-daily”" in phone.says("/bulletins river-daily")
    with sessions() as session:
        assert session.scalars(select(Occurrence)).all() == []
        assert session.get_one(Bulletin, theirs).stopped_at is None


RUBBISH = (
    "show:x",
    "skip:1",
    "skip:1:never",
    "now:1:x",
    "set:time:0800",
    "set:topics:1:0",
    "set:topics:done",
    "set:now:1",
    "set",
    "page:x",
    "parts:1:x:drop:1",
)


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_in_a_button_does_nothing(office: Office, rubbish: str) -> None:
    phone = card(office)
    phone.forges(f"bulletins:{rubbish}")
    assert tick(office, phone.now) == []
    with office.sessions() as session:
        assert session.scalars(select(Occurrence)).all() == []


def test_an_auditor_is_told_and_a_citizen_learns_nothing(office: Office) -> None:
    auditor = officer(office, role=Role.AUDITOR, name="lim")
    assert "auditor" in auditor.says("/bulletins")
    assert "auditor" in auditor.forges(f"bulletins:pause:{the_bulletin(office).id}")
    citizen = office.phone("citizen")
    citizen.says("hi")
    assert "river-daily" not in citizen.says("/bulletins")
    assert "river-daily" not in citizen.forges(f"bulletins:show:{the_bulletin(office).id}")
    assert the_bulletin(office).stopped_at is None


def test_where_announcements_are_approved_an_author_may_stop_a_bulletin_and_not_let_it_run(office: Office) -> None:
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        set_rule(session, agency, ApprovalRule(Kind.NOTICE, 0, 1), now=people.START)
    author, approver = card(office), card(office, role=Role.APPROVER, name="lim")
    assert "Change" not in author.labels
    assert "made, changed and resumed by those who approve" in author.forges("bulletins:new")
    author.says("/bulletins river-daily")
    author.taps("Pause")
    assert "Resume" not in author.labels
    assert "by those who approve" in author.forges(f"bulletins:resume:{the_bulletin(office).id}")
    approver.says("/bulletins river-daily")
    assert "goes on" in approver.taps("Resume")


def test_who_is_revoked_while_a_code_is_asked_for_sends_nothing(office: Office) -> None:
    phone = card(office)
    announced(office, "The river rises.", at=phone.now)
    phone.taps("Send one now")
    code = phone.code
    office.revoke_everybody()
    phone.says(code)
    assert tick(office, phone.now + HOUR) == []
