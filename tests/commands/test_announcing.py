"""An operator announces, pauses, resumes and cancels, on behalf of an officer and through the chat's own verbs."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast.models import Broadcast, Content
from broadcast.states import State
from delivery.models import Consignment, Delivery, MediaItem
from delivery.states import DeliveryState
from staff.models import AuditEntry, Officer, Role
from subscribers.models import Address, Subscriber, Subscription, Topic
from tests.commands.conftest import Run

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
NAMES = [f"--name={locale}=Floods" for locale in ("en", "ms", "ta", "zh_Hans")]
SAY = ("announce", "city", "--officer", "1", "--topic", "flood", "--kind", "alert", "--text", "en=The river rises.")


@pytest.fixture
def city(run: Run, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> sessionmaker[Session]:
    """An agency with a bot, an officer (1) who may write, one (2) who may not, and two people: one reads Malay."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "700100:token")
    run("agency", "create", "city", "--name", "City Council")
    run("topic", "add", "city", "flood", *NAMES)
    run("sender", "add", "city", "telegram", "--handle", "city_bot", "--no-connect")
    run("officer", "invite", "city", "--name", "Aisyah", "--role", "author")
    run("officer", "invite", "city", "--name", "Ben", "--role", "auditor")
    with sessions.begin() as session:
        topic_id = session.scalars(select(Topic.id)).one()
        for place, locale in enumerate(("en", "ms")):
            person = Subscriber(agency_id=1, locale=locale, consented_at=NOW, created_at=NOW)
            person.addresses = [
                Address(agency_id=1, sender_id=1, channel="telegram", value=str(50 + place), created_at=NOW)
            ]
            session.add(person)
            session.flush()
            session.add(Subscription(subscriber_id=person.id, topic_id=topic_id, created_at=NOW))
    return sessions


def _only(sessions: sessionmaker[Session]) -> Broadcast:
    with sessions() as session:
        return session.scalars(select(Broadcast)).one()


def test_without_yes_it_is_shown_and_counted_and_nothing_of_it_is_kept(run: Run, city: sessionmaker[Session]) -> None:
    shown = run(*SAY, "--fallback", "en")
    assert shown.exit_code == 1
    assert "The river rises." in shown.output
    assert "To 2 people" in shown.output
    assert "--yes" in shown.output
    with city() as session:
        assert session.scalars(select(Broadcast)).all() == []
        assert session.scalars(select(AuditEntry).where(AuditEntry.verb.like("broadcast.%"))).all() == []


def test_with_yes_it_is_launched_as_the_officer_would_have_and_the_audit_names_both(
    run: Run, city: sessionmaker[Session]
) -> None:
    done = run(*SAY, "--yes")
    assert done.exit_code == 0, done.output
    assert "To 1 people" in done.output  # no fallback: whoever reads Malay gets nothing
    launched = _only(city)
    assert launched.state is State.SENDING
    assert launched.confirmed_hash
    assert launched.code in done.output
    with city() as session:
        assert session.scalars(select(Content.text)).one() == "The river rises."
        verbs = select(AuditEntry.verb, AuditEntry.officer_id).where(AuditEntry.subject == f"broadcast:{launched.id}")
        assert session.execute(verbs.order_by(AuditEntry.id)).all() == [
            ("broadcast.drafted", 1),
            ("broadcast.launched", 1),
            ("command.launched", None),
        ]


def test_it_is_paused_resumed_and_cancelled_by_its_code(run: Run, city: sessionmaker[Session]) -> None:
    run(*SAY, "--yes")
    code = _only(city).code
    for verb, state in (("pause", State.PAUSED), ("resume", State.SENDING), ("cancel", State.CANCELLED)):
        done = run(verb, "city", code.lower(), "--officer", "1")
        assert done.exit_code == 0, done.output
        assert _only(city).state is state
    again = run("pause", "city", code, "--officer", "1")
    assert again.exit_code == 1
    assert "cancelled already" in again.output


def test_every_mistake_is_named_and_nothing_is_sent(run: Run, city: sessionmaker[Session]) -> None:
    with city.begin() as session:
        session.add(Officer(agency_id=1, name="Gone", role=Role.ADMIN, created_at=NOW, revoked_at=NOW))
    for changed, hint in (
        (("--officer", "3"), "no active officer 3"),
        (("--officer", "9"), "no active officer 9"),
        (("--officer", "2"), "may not"),
        (("--topic", "haze"), "no topic 'haze'"),
        (("--text", "fr=Bonjour"), "does not speak fr"),
        (("--text", "en=" + "x" * 5000), "Telegram"),
        (("--text", "Bonjour"), "LOCALE=TEXT"),
    ):
        words = list(SAY)
        if changed[0] in words and changed[0] != "--text":
            words[words.index(changed[0]) + 1] = changed[1]
        else:
            words += changed
        refused = run(*words, "--yes")
        assert refused.exit_code != 0, changed
        assert hint in refused.output, (changed, refused.output)
    unknown = run("pause", "city", "ZZZZ", "--officer", "1")
    assert "no announcement 'ZZZZ'" in unknown.output
    with city() as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_nobody_to_write_to_is_no_launch(run: Run, city: sessionmaker[Session]) -> None:
    with city.begin() as session:
        for person in session.scalars(select(Subscriber)):
            person.consented_at = None
    refused = run(*SAY, "--yes")
    assert refused.exit_code == 1
    assert "nobody would get it" in refused.output
    with city() as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_with_redis_the_workers_are_woken_at_once(
    run: Run, city: sessionmaker[Session], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis

    monkeypatch.setenv("REDIS_URL", redis_url)
    done = run(*SAY, "--yes")
    assert done.exit_code == 0, done.output
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("dramatiq:planning_alerts") == 1
    assert re.search(r"loudhailer pause city \w{4}", done.output)


def test_a_picture_goes_with_it_and_what_it_shows_is_said_in_words(
    run: Run, city: sessionmaker[Session], tmp_path: Path
) -> None:
    picture = tmp_path / "dam.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n the dam")
    done = run(*SAY, "--photo", str(picture), "--alt", "en=A full dam", "--no-preview", "--yes")
    assert done.exit_code == 0, done.output
    launched = _only(city)
    assert (launched.media_texts, launched.has_preview) == ({"en": "A full dam"}, False)
    with city() as session:
        item = session.get_one(MediaItem, launched.media_id)
        assert (item.name, item.mime_type) == ("dam.png", "image/png")


def test_a_location_takes_two_messages_and_that_is_said(run: Run, city: sessionmaker[Session]) -> None:
    shown = run(*SAY, "--location", "1.3521,103.8198,Relief centre")
    assert "two messages" in " ".join(shown.output.split())


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--photo", "{pdf}"), "no picture"),
        (("--document", "{text}"), "no PDF"),
        (("--location", "here"), "LATITUDE,LONGITUDE"),
        (("--location", "91,0"), "no such point"),
        (("--location", "1,2", "--document", "{pdf}"), "one of"),
        (("--alt", "en=A dam"), "there is none"),
    ],
)
def test_what_cannot_stand_beside_the_words_is_said_and_nothing_is_sent(
    run: Run, city: sessionmaker[Session], tmp_path: Path, options: tuple[str, ...], hint: str
) -> None:
    files = {"pdf": tmp_path / "plan.pdf", "text": tmp_path / "plan.txt"}
    files["pdf"].write_bytes(b"%PDF-1.7")
    files["text"].write_bytes(b"hello")
    refused = run(*SAY, *(option.format(**files) for option in options), "--yes")
    assert refused.exit_code != 0
    assert hint in " ".join(refused.output.split())
    with city() as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_a_segment_is_saved_counted_and_announced_to(run: Run, city: sessionmaker[Session]) -> None:
    assert "By channel: telegram 1" in run("segment", "count", "city", "topic:flood and language:Malay").output
    assert run("segment", "add", "city", "Malay readers", "bahasa:ms atau language:ta").exit_code == 0
    assert "There is a segment of that name" in run("segment", "add", "city", "malay READERS", "topic:flood").output
    assert "reading Bahasa Melayu, or reading தமிழ்" in run("segment", "list", "city").output
    refused = run(*SAY, "--fallback", "en", "--segment", "topic:flod", "--yes")
    assert "Did you mean flood?" in refused.output
    assert run(*SAY, "--fallback", "en", "--segment", "Malay Readers", "--yes").exit_code == 0
    assert _only(city).segment == "language:ms or language:ta"
    assert run("segment", "remove", "city", "malay readers").exit_code == 0
    assert "no segment" in run("segment", "remove", "city", "malay readers").output


def test_areas_are_addressed_by_their_keys(run: Run, city: sessionmaker[Session]) -> None:
    run("area", "add", "city", "bedok", *NAMES)
    refused = run(*SAY, "--fallback", "en", "--area", "jurong", "--yes")
    assert "No such area: jurong" in refused.output
    assert run(*SAY, "--fallback", "en", "--area", "bedok", "--yes").exit_code == 0
    assert _only(city).area_ids == [1]


def test_what_needs_approval_is_refused_and_an_alert_breaks_the_glass(run: Run, city: sessionmaker[Session]) -> None:
    for kind in ("alert", "notice"):
        run("agency", "approvals", "city", "--kind", kind, "--from", "2", "--approvers", "1")
    said = (*SAY, "--fallback", "en", "--yes")
    notice = ("notice" if word == "alert" else word for word in said)
    for words in (said, (*notice, "--break-glass", "The dam breaks at once.")):
        refused = run(*words)
        assert refused.exit_code == 1
        assert "needs 1 approver(s)" in refused.output
    assert "10 letters" in run(*said, "--break-glass", "now").output
    with city() as session:
        assert session.scalars(select(Broadcast)).all() == []
    assert "is on its way" in run(*said, "--break-glass", "The dam breaks at once.").output
    with city() as session:
        sent = session.scalars(select(Broadcast).where(Broadcast.state == State.SENDING)).one()
        assert (sent.glass_reason, sent.glass_officer_id) == ("The dam breaks at once.", 1)


def test_who_got_an_announcement_is_written_as_csv(run: Run, city: sessionmaker[Session], tmp_path: Path) -> None:
    run(*SAY, "--fallback", "en", "--yes")
    made = _only(city)
    with city.begin() as session:
        times = {"deadline_at": NOW, "launched_at": NOW, "created_at": NOW}
        same = {"agency_id": 1, "lane": "alert", "state": "open", "policy": "resend", "cadences": []}
        session.add(Consignment(id=made.id, **same, **times))
        session.add(
            Delivery(consignment_id=made.id, subscriber_id=1, sender_id=1, attempt=1, state=DeliveryState.FAILED)
        )
    written = run("who", "city", made.code, "unreached", "--out", str(tmp_path / "who.csv"))
    assert "1 people written" in written.output
    assert f"{made.id}-1-1,telegram,…,en,failed,," in (tmp_path / "who.csv").read_text("utf-8-sig")
    assert f"{made.id}-1-1,telegram" in run("who", "city", made.code, "failed").output
    assert "is no announcement" in run("who", "city", "ZZZZ", "failed").output
    with city() as session:
        assert session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "broadcast.who_read")).all()
