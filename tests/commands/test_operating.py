"""What an operator does: migrate, look, take people in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from broadcast.models import Broadcast
from broadcast.states import Kind
from channels.contract import Unreachable
from db.engine import Sessions, create_engine, session_factory
from delivery import batches, consignments, reach, senders
from delivery.models import Batch, Sender
from delivery.reach import Lost
from delivery.states import BatchState, DoubtPolicy, Lane
from staff import audit
from tests.commands.conftest import KEY, Run
from tests.simulated import ACCOUNT_SID, AUTH_TOKEN, TELEGRAM_TOKEN, WHATSAPP_NUMBER, Simulator

HEADING = "channel,address,locale,topics,consented_at,proof\n"
FLOOD = [f"--name={locale}=Floods" for locale in ("en", "ms", "ta", "zh_Hans")]


def test_missing_settings_are_named_all_at_once(bare: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "loudhailer.example")
    monkeypatch.setenv("PORT", "eighty")
    result = bare("migrate")
    assert result.exit_code == 1
    for name in ("SECRET_KEYS", "PUBLIC_URL", "PORT"):
        assert name in result.output


def test_a_wrong_setting_never_shows_its_value(bare: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", "my-secret-and-wrong-key")
    monkeypatch.setenv("DATABASE_URL", "mysql://root:hunter2@db/x")
    result = bare("doctor")
    assert result.exit_code == 1
    assert "my-secret-and-wrong-key" not in result.output
    assert "hunter2" not in result.output


def test_a_database_that_is_not_migrated_says_what_to_do(
    bare: Run, monkeypatch: pytest.MonkeyPatch, blank_database_url: str
) -> None:
    monkeypatch.setenv("SECRET_KEYS", KEY)
    monkeypatch.setenv("DATABASE_URL", blank_database_url)
    assert "loudhailer migrate" in bare("agency", "list").output
    assert bare("migrate").exit_code == 0
    assert bare("migrate").exit_code == 0  # safe to run again
    assert bare("agency", "list").exit_code == 0


def test_a_database_that_is_away_is_one_clear_line(bare: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", KEY)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:hunter2@127.0.0.1:9/none")
    for words in (("agency", "list"), ("doctor",)):
        result = bare(*words)
        assert result.exit_code == 1
        assert "DATABASE_URL" in result.output
        assert "hunter2" not in result.output
        assert isinstance(result.exception, SystemExit)


def test_several_processes_ask_for_redis(run: Run) -> None:
    for process in ("web", "worker", "clock"):
        assert "REDIS_URL" in run(process).output


def test_a_new_key_can_be_used_at_once(bare: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", bare("doctor", "--new-key").output.strip())
    assert bare("migrate").exit_code == 0


def test_senders_are_connected_examined_and_invited_through(
    run: Run, monkeypatch: pytest.MonkeyPatch, simulator: Simulator
) -> None:
    simulator.reset()
    simulator.add_bot()
    simulator.add_whatsapp_sender()
    run("agency", "create", "city", "--name", "City Council")
    for name, value in {
        "TELEGRAM_API_URL": f"{simulator.url}/telegram",
        "TWILIO_API_URL": simulator.twilio_url,
        "TWILIO_CONTENT_URL": simulator.content_url,
        "TELEGRAM_TOKEN": TELEGRAM_TOKEN,
        "WHATSAPP_ACCOUNT_SID": ACCOUNT_SID,
        "WHATSAPP_AUTH_TOKEN": AUTH_TOKEN,
    }.items():
        monkeypatch.setenv(name, value)
    assert "Connected as sim_bot" in run("sender", "add", "city", "telegram", "--handle", "sim_bot").output
    added = run("sender", "add", "city", "whatsapp", "--handle", WHATSAPP_NUMBER)
    assert "#rc=5&rp=all" in added.output
    assert "already" in run("sender", "add", "city", "telegram", "--handle", "sim_bot").output
    assert run("doctor").exit_code == 0, run("doctor").output
    assert run("doctor", "--offline").exit_code == 0

    simulator.add_bot("700200:another", "other_bot", "Another")
    mixed_up = run(
        "sender", "add", "city", "telegram", "--handle", "typo_bot", env={"TELEGRAM_TOKEN": "700200:another"}
    )
    assert "belong to other_bot, not to typo_bot" in mixed_up.output
    assert "stopped" in run("sender", "list").output

    invited = run("officer", "invite", "city", "--name", "Aisyah").output
    assert "https://t.me/sim_bot?start=o-" in invited
    assert "typo_bot" not in invited
    assert "https://wa.me/6560000001?text=/start%20o-" in invited

    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9999")  # the doctor of another machine changes nothing
    elsewhere = run("doctor")
    assert elsewhere.exit_code == 1
    assert "webhook_elsewhere" in elsewhere.output
    assert "connect" in elsewhere.output
    assert TELEGRAM_TOKEN not in elsewhere.output + added.output


def test_speed_is_switched_on_for_a_sender_that_can_buy_it_and_shown(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    tokens = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "WHATSAPP_ACCOUNT_SID": ACCOUNT_SID, "WHATSAPP_AUTH_TOKEN": AUTH_TOKEN}
    run("sender", "add", "city", "telegram", "--handle", "sim_bot", "--no-connect", env=tokens)
    run("sender", "add", "city", "whatsapp", "--handle", WHATSAPP_NUMBER, "--no-connect", env=tokens)
    assert "alerts" not in run("sender", "list").output
    assert "20/s." in run("sender", "rate", "1", "20").output
    assert "20/s" in run("sender", "list").output
    assert "30/s." in run("sender", "rate", "1").output
    assert "30/s, alerts 1000/s, paid, at 0.1 Telegram Stars" in run("sender", "paid", "1", "--on").output
    assert "30/s, alerts 400/s, paid" in run("sender", "paid", "1", "--on", "--rate", "400").output
    assert "30/s, alerts 400/s, paid" in run("sender", "list").output
    assert "sells no speed" in run("sender", "paid", "2", "--on").output
    assert "no sender 9" in run("sender", "paid", "9", "--on").output
    assert run("sender", "paid", "1", "--on", "--rate", "0").exit_code == 2
    run("sender", "paid", "1", "--off")
    assert "alerts" not in run("sender", "list").output


def test_a_sender_that_waits_for_long_says_until_when(run: Run, sessions: Sessions) -> None:
    run("agency", "create", "city", "--name", "City Council")
    run(
        "sender",
        "add",
        "city",
        "telegram",
        "--handle",
        "sim_bot",
        "--no-connect",
        env={"TELEGRAM_TOKEN": TELEGRAM_TOKEN},
    )
    until = datetime.now(UTC) + timedelta(seconds=10_072)
    with sessions.begin() as session:
        senders.hold(session, 1, until=until, pace=0.5)
    told = f"waits until {until:%Y-%m-%d %H:%M:%S} UTC"
    assert told in run("sender", "list").output
    examined = run("doctor", "--offline")
    assert examined.exit_code == 1
    assert told in examined.output
    with sessions.begin() as session:
        session.execute(update(Sender).values(held_until=datetime.now(UTC) - timedelta(seconds=20)))
    assert "running at 70% of its rate" in run("sender", "list").output
    assert run("doctor", "--offline").exit_code == 0


def test_an_open_breaker_is_shown_and_closed_by_saying_that_it_is_usual(run: Run, database_url: str) -> None:
    run("agency", "create", "city", "--name", "City Council")
    keys = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN}
    run("sender", "add", "city", "telegram", "--handle", "sim_bot", "--no-connect", env=keys)
    assert "breaker" not in run("sender", "list").output
    engine = create_engine(database_url)
    with session_factory(engine).begin() as session:
        lost = [Lost(str(number), Unreachable("blocked")) for number in range(30)]
        reach.after_send(session, 1, agency_id=1, sent=100, lost=lost, now=datetime.now(UTC))
    engine.dispose()
    assert "breaker is open: 30% unreachable" in run("sender", "list").output
    examined = run("doctor", "--offline")
    assert examined.exit_code == 1
    assert "breaker of sender 1" in examined.output
    assert "30 %" in run("sender", "usual", "1", "--share", "30").output
    assert "breaker" not in run("sender", "list").output
    assert run("doctor", "--offline").exit_code == 0
    assert "no sender 7" in run("sender", "usual", "7", "--share", "30").output


def test_an_import_takes_in_what_is_proven_and_reports_the_rest(run: Run, tmp_path: Path, simulator: Simulator) -> None:
    run("agency", "create", "city", "--name", "City Council")
    run("topic", "add", "city", "flood", *FLOOD)
    environment = {"WHATSAPP_ACCOUNT_SID": ACCOUNT_SID, "WHATSAPP_AUTH_TOKEN": AUTH_TOKEN}
    run("sender", "add", "city", "whatsapp", "--handle", WHATSAPP_NUMBER, "--no-connect", env=environment)
    people = tmp_path / "people.csv"
    people.write_text(
        HEADING
        + "whatsapp,+6591234567,ta,flood,2026-01-01T08:00+08:00,form 1\n"
        + "whatsapp,+6591234568,ta,flood,2026-01-01T08:00+08:00,\n"
        + "telegram,12345,en,flood,2026-01-01T08:00+08:00,form 3\n"
    )
    refused = tmp_path / "refused.csv"
    first = run("import", "city", str(people), "--refused", str(refused))
    assert "1 taken in, 0 known already, 2 refused" in first.output
    assert "line 3: there is no proof" in first.output
    assert refused.read_text().count("\n") == 3
    assert "0 taken in, 1 known already, 2 refused" in run("import", "city", str(people)).output

    people.write_text("name,phone\nAnna,1\n")
    assert "the heading lacks channel" in run("import", "city", str(people)).output


def test_a_spreadsheet_saved_in_another_encoding_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    run("agency", "create", "city", "--name", "City Council")
    people = tmp_path / "people.csv"
    people.write_text(HEADING, encoding="utf-16")
    refused = run("import", "city", str(people))
    assert refused.exit_code == 1
    assert "CSV UTF-8" in refused.output
    assert "Traceback" not in refused.output


def test_a_stuck_batch_is_named_with_its_broadcast_and_sent_again_when_told(run: Run, sessions: Sessions) -> None:
    run("agency", "create", "city", "--name", "City Council")
    keys = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN}
    run("sender", "add", "city", "telegram", "--handle", "sim_bot", "--no-connect", env=keys)
    with sessions.begin() as session:
        _stuck_batch(session)
    examined = run("doctor", "--offline")
    assert examined.exit_code == 1
    for word in ("broadcast B7K2", "7 people wait", "loudhailer unstick 1"):
        assert word in " ".join(examined.output.split()), examined.output
    assert "waits again" in run("unstick", "1").output
    assert "not stuck" in run("unstick", "1").output
    assert run("doctor", "--offline").exit_code == 0
    with sessions() as session:
        assert audit.latest(session, 1)[0].verb == "batch.unstuck"


def _stuck_batch(session: Session) -> None:
    now = datetime.now(UTC)
    session.add(Broadcast(id=1, agency_id=1, code="B7K2", kind=Kind.NOTICE, created_at=now))
    consignments.open(
        session,
        1,
        agency_id=1,
        lane=Lane.NOTICE,
        policy=DoubtPolicy.RESEND,
        topic_id=None,
        cadences=[],
        deadline_at=now + timedelta(hours=1),
        now=now,
    )
    batches.add(session, 1, sender_id=1, lane=Lane.NOTICE, position=0, ids=range(7), now=now)
    session.execute(update(Batch).values(state=BatchState.STUCK))
