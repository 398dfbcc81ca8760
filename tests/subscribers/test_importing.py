"""Files of subscribers: who is taken in, who is refused and why, and that doing it again changes nothing."""

import io
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from subscribers import consent, directory, importing, topics
from subscribers.importing import Agency, BadFile, Progress, Way
from subscribers.models import ConsentKind, Source, Subscriber
from tests.bot import people

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HEADING = "channel,address,locale,topics,consented_at,proof\n"
GOOD = "whatsapp,+65 9123 4567,zh_CN,floods;roads,2026-01-02T03:04+08:00,form 17\n"
VALUE = "whatsapp:+6591234567"
Import = Callable[[str], list[Progress]]


@pytest.fixture
def house(sessions: sessionmaker[Session]) -> tuple[Agency, dict[str, Way]]:
    """An agency with three topics, a bot and a number."""
    with sessions.begin() as session:
        owner = people.agency(session)
        people.three_topics(session, owner)
        ways = {
            "whatsapp": Way(people.sender(session, owner, "whatsapp"), importing.phone_number("whatsapp:")),
            "telegram": Way(people.sender(session, owner), importing.account_number),
        }
        return Agency(owner.id, tuple(owner.locales)), ways


@pytest.fixture
def take(sessions: sessionmaker[Session], house: tuple[Agency, dict[str, Way]]) -> Import:
    """Import rows under the right heading."""
    agency, ways = house

    return lambda rows: read(sessions, agency, io.StringIO(HEADING + rows), ways)


def read(sessions: sessionmaker[Session], agency: Agency, file: io.StringIO, ways: dict[str, Way]) -> list[Progress]:
    """Import a file as the command does: a transaction for each chunk."""
    told = []
    for rows in importing.chunks(file):
        with sessions.begin() as session:
            told.append(importing.take(session, rows, agency=agency, ways=ways, name="forms.csv", now=NOW))
    return told


def person(session: Session, ways: dict[str, Way]) -> Subscriber:
    """Whoever has the number of GOOD."""
    found = directory.find(session, sender_id=ways["whatsapp"].sender.id, value=VALUE)
    assert found is not None
    return found.subscriber


def test_a_row_with_a_proof_subscribes(
    sessions: sessionmaker[Session], house: tuple[Agency, dict[str, Way]], take: Import
) -> None:
    assert take(GOOD) == [Progress(read=1, taken=1, known=0, refusals=())]
    with sessions.begin() as session:
        subscriber = person(session, house[1])
        assert subscriber.locale == "zh_Hans"
        assert subscriber.consented_at == datetime.fromisoformat("2026-01-02T03:04+08:00")
        names = {topic.id: topic.key for topic in topics.list_for(session, house[0].id)}
        assert {names[topic_id] for topic_id in topics.held(session, subscriber)} == {"floods", "roads"}
        line = consent.history(session, subscriber.id)[-1]
        assert (line.kind, line.source, line.wording) == (ConsentKind.GRANTED, Source.IMPORT, "form 17")
        assert (line.evidence["file"], line.evidence["line"]) == ("forms.csv", 2)


def test_the_same_file_again_changes_nothing(
    sessions: sessionmaker[Session], house: tuple[Agency, dict[str, Way]], take: Import
) -> None:
    take(GOOD)
    with sessions.begin() as session:
        subscriber = person(session, house[1])
        topics.unsubscribe(session, subscriber, min(topics.held(session, subscriber)))
    assert take(GOOD + GOOD) == [Progress(read=2, taken=0, known=2, refusals=())]
    with sessions.begin() as session:
        assert len(topics.held(session, person(session, house[1]))) == 1
        assert len(consent.history(session, person(session, house[1]).id)) == 1
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 1


def test_nobody_who_once_said_stop_comes_back_by_a_file(
    sessions: sessionmaker[Session], house: tuple[Agency, dict[str, Way]], take: Import
) -> None:
    take(GOOD)
    with sessions.begin() as session:
        consent.withdraw(
            session, person(session, house[1]), source=Source.CHAT, wording="stop", evidence={"event_id": "1"}, now=NOW
        )
    (progress,) = take(GOOD)
    assert (progress.taken, progress.refusals[0].line) == (0, 2)
    assert "stop" in progress.refusals[0].reason
    with sessions.begin() as session:
        assert person(session, house[1]).consented_at is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("pigeon,+6591234567,en,floods,2026-01-02T03:04Z,form", "no sender on the channel 'pigeon'"),
        ("whatsapp,91234567,en,floods,2026-01-02T03:04Z,form", "country code"),
        ("whatsapp,+650000000,en,floods,2026-01-02T03:04Z,form", "no such telephone number"),
        ("telegram,@durov,en,floods,2026-01-02T03:04Z,form", "no account number"),
        ("whatsapp,+6591234567,fr,floods,2026-01-02T03:04Z,form", "does not speak the language 'fr'"),
        ("whatsapp,+6591234567,en,floods haze,2026-01-02T03:04Z,form", "no topic haze"),
        ("whatsapp,+6591234567,en,,2026-01-02T03:04Z,form", "no topic that they agreed to"),
        ("whatsapp,+6591234567,en,floods,yesterday,form", "no instant"),
        ("whatsapp,+6591234567,en,floods,2026-01-02T03:04,form", "no time zone"),
        ("whatsapp,+6591234567,en,floods,2027-01-02T03:04Z,form", "in the future"),
        ("whatsapp,+6591234567,en,floods,2026-01-02T03:04Z,", "no proof"),
        ("whatsapp", "country code"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_reason(take: Import, row: str, reason: str) -> None:
    (progress,) = take(GOOD.replace("4567", "4568") + row + "\n")
    assert (progress.taken, [refusal.line for refusal in progress.refusals]) == (1, [3])
    assert reason in progress.refusals[0].reason


def test_progress_is_told_after_each_chunk(take: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = "".join(f"telegram,{number},ta,dengue,2026-01-02T03:04Z,form {number}\n" for number in range(1, 6))
    assert [progress.taken for progress in take(rows)] == [2, 2, 1]


def test_a_file_without_the_heading_is_no_list() -> None:
    for text in ("", "name,phone\nA,1\n", "\x00"):
        with pytest.raises(BadFile, match="heading lacks"):
            list(importing.chunks(io.StringIO(text)))


def test_a_spreadsheets_byte_order_mark_does_no_harm(
    sessions: sessionmaker[Session], house: tuple[Agency, dict[str, Way]]
) -> None:
    agency, ways = house
    file = io.StringIO("\ufeff" + HEADING.upper() + GOOD)
    (progress,) = read(sessions, agency, file, ways)
    assert progress.taken == 1


def test_a_stop_that_comes_while_a_file_is_read_stands(
    sessions: sessionmaker[Session], house: tuple[Agency, dict[str, Way]], take: Import
) -> None:
    with sessions.begin() as session:
        directory.make(session, house[1]["whatsapp"].sender, VALUE, locale="en", now=NOW)
    with sessions.begin() as session:
        subscriber = person(session, house[1])
        consent.withdraw(session, subscriber, source=Source.CHAT, wording="stop", evidence={"event_id": "1"}, now=NOW)
        importing_now = threading.Thread(target=take, args=(GOOD,))
        importing_now.start()
        importing_now.join(timeout=0.3)
        assert importing_now.is_alive(), "the import waits for the person's row"
    importing_now.join()
    with sessions.begin() as session:
        assert person(session, house[1]).consented_at is None
