"""What a provider, a stranger and a broken call get at the door, over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
import structlog
from sqlalchemy import update as sql_update

from db.engine import Sessions
from delivery.models import Letter, Sender
from delivery.switchboard import hook_path
from tests.channels.recorded import payload
from tests.webhooks import gate as calls
from tests.webhooks.gate import SECRET, TOKEN, Gate, opened
from webhooks.door import BODY_LIMIT
from webhooks.known import MEMORY_SECONDS
from webhooks.models import Call, CallState


def test_what_a_citizen_says_on_telegram_is_kept_before_the_200_and_wakes_a_worker(gate: Gate, bot: Sender) -> None:
    said = payload("telegram/text_zh.json")
    assert gate.telegram(bot, said).status == 200
    [call] = gate.calls()
    assert (call.sender_id, call.address, call.event_id) == (bot.id, "5400998877", "829100102")
    assert (call.body, call.state, call.handled_at) == (said, CallState.WAITING, None)
    assert gate.wakes == [("hear", call.id)]


def test_what_a_citizen_says_on_whatsapp_is_kept_and_answered_in_twilios_form(gate: Gate, number: Sender) -> None:
    answer = gate.whatsapp(number, payload("whatsapp/text.form"))
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"<Response/>", "application/xml")
    [call] = gate.calls()
    assert (call.address, call.event_id) == ("whatsapp:+60123456789", "SM11111111111111111111111111111101")
    gate.work()
    assert gate.answers("whatsapp:+60123456789")


def test_a_tapped_button_stops_spinning_in_the_answer_itself(gate: Gate, bot: Sender) -> None:
    answer = gate.telegram(bot, payload("telegram/callback_query.json"))
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body)["method"] == "answerCallbackQuery"


def test_a_call_that_says_nothing_to_us_is_answered_and_not_kept(gate: Gate, bot: Sender) -> None:
    assert gate.telegram(bot, payload("telegram/channel_post.json")).status == 200
    assert gate.calls() == []


@pytest.mark.parametrize("secret", ["", SECRET[:-1], SECRET + "x", "ä-latin-letter"])
def test_a_forged_telegram_call_is_turned_away_and_leaves_nothing(gate: Gate, bot: Sender, secret: str) -> None:
    with structlog.testing.capture_logs() as log:
        assert gate.telegram(bot, payload("telegram/text_zh.json"), secret=secret).status == 403
    assert (gate.calls(), gate.wakes) == ([], [])
    assert [line["event"] for line in log] == ["hook.forged"]


def test_a_forged_whatsapp_call_is_turned_away_and_leaves_nothing(gate: Gate, number: Sender) -> None:
    path = hook_path("whatsapp", number.key)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert gate.whatsapp(number, payload("whatsapp/text.form"), token="somebody-elses").status == 403
    assert gate.post(path, payload("whatsapp/text.form"), form).status == 403
    assert gate.post(path, b"\xff\0&&=", {**form, "X-Twilio-Signature": "\xff"}).status == 403
    assert (gate.calls(), gate.wakes) == ([], [])


def test_what_one_agency_may_sign_opens_no_other_agencys_door(gate: Gate) -> None:
    water, health = gate.agency("water"), gate.agency("health")
    theirs, ours = gate.bot(water, "secret-of-water"), gate.bot(health, "secret-of-health")
    their_number, our_number = gate.number(water, "token-of-water"), gate.number(health, "token-of-health")
    said, typed = payload("telegram/text_zh.json"), payload("whatsapp/text.form")
    assert gate.telegram(ours, said, secret="secret-of-water").status == 403
    assert gate.whatsapp(our_number, typed, token="token-of-water").status == 403
    assert gate.calls() == []
    for sender, secret in ((theirs, "secret-of-water"), (ours, "secret-of-health")):
        assert gate.telegram(sender, said, secret=secret).status == 200
    for sender, token in ((their_number, "token-of-water"), (our_number, "token-of-health")):
        assert gate.whatsapp(sender, typed, token=token).status == 200
    assert sorted(call.sender_id for call in gate.calls()) == [theirs.id, ours.id, their_number.id, our_number.id]


def test_rubbish_from_the_provider_is_kept_once_for_the_operator_and_the_door_stays_open(
    gate: Gate, bot: Sender
) -> None:
    with structlog.testing.capture_logs() as log:
        for rubbish in (b"{", b"{", b'{"update_id": "7"}', b"{", b""):
            assert gate.telegram(bot, rubbish).status == 400
    kept = gate.calls()
    assert sorted(call.body for call in kept) == [b"", b"{", b'{"update_id": "7"}']
    assert {call.state for call in kept} == {CallState.MALFORMED}
    assert gate.wakes == []
    assert [line["event"] for line in log].count("hook.malformed") == 5
    assert [line["event"] for line in log].count("journal.repeated") == 2
    assert gate.telegram(bot, payload("telegram/text_zh.json")).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 3000,
        b'{"update_id": 99999999999999999999999}',
        b'{"update_id": -1, "message": null}',
        b'{"update_id": 1, "message": {"chat": {"type": "private", "id": {"a": []}}, "text": "x", "from": []}}',
        b'{"update_id": 1, "message": {"chat": {"type": "private", "id": "\\u0000"}, "text": "\\ud83d", "from": 7}}',
        b'{"update_id": 1, "callback_query": {"data": "x", "message": {"chat": {"type": "private", "id": 1e999}}}}',
        b"\xff\xfe\x00",
    ],
)
def test_whatever_a_provider_sends_it_gets_an_answer(gate: Gate, bot: Sender, body: bytes) -> None:
    assert gate.telegram(bot, body).status in (200, 400)
    gate.work()
    assert gate.telegram(bot, calls.update(2, 42, "hello")).status == 200


def test_an_id_no_column_can_hold_is_rubbish_and_not_an_error_for_ever(gate: Gate, number: Sender) -> None:
    for changes in ({"MessageSid": "S" * 121}, {"From": "whatsapp:" + "9" * 121}, {"From": "whatsapp:\0"}):
        assert gate.whatsapp(number, calls.form("text", **changes)).status == 400
    assert gate.whatsapp(number, calls.form("status_read", MessageSid="S" * 81)).status == 400
    assert {call.state for call in gate.calls()} == {CallState.MALFORMED}


def test_nobody_is_behind_an_unknown_key_or_at_another_channels_door(gate: Gate, bot: Sender) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for path in ("/hooks/telegram/nobody", f"/hooks/whatsapp/{bot.key}", f"/hooks/pigeon/{bot.key}"):
        assert gate.post(path, payload("telegram/text_zh.json"), headers).status == 404
    assert gate.calls() == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_call_too_large_is_refused_whether_or_not_it_says_so_beforehand(
    gate: Gate, bot: Sender, chunked: bool
) -> None:
    assert gate.telegram(bot, b" " * (BODY_LIMIT + 1), chunked=chunked).status == 413
    assert gate.calls() == []
    assert gate.telegram(bot, payload("telegram/text_zh.json"), chunked=chunked).status == 200


@pytest.mark.parametrize(("size", "status"), [(BODY_LIMIT, 400), (BODY_LIMIT + 1, 413), (2 * BODY_LIMIT, 413)])
def test_a_stream_without_an_end_is_not_read_to_its_end(gate: Gate, bot: Sender, size: int, status: int) -> None:
    as_granian_does = {"wsgi.input_terminated": True}  # it hands on what comes; waitress counts it first
    answer = gate.app.test_client().post(
        hook_path("telegram", bot.key),
        input_stream=BytesIO(b" " * size),
        headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
        environ_overrides=as_granian_does,
    )
    assert answer.status_code == status
    assert len(gate.calls()) == (status == 400)


def test_a_repeated_call_changes_nothing_and_is_counted(gate: Gate, bot: Sender) -> None:
    said = calls.update(1, 42, "hello")
    gate.telegram(bot, said)
    gate.work()
    answers = gate.answers("42")
    with structlog.testing.capture_logs() as log:
        assert gate.telegram(bot, said).status == 200
    gate.work()
    assert gate.answers("42") == answers
    assert gate.count(Call) == 1
    assert [(line["event"], line["count"]) for line in log] == [("journal.repeated", 1)]


def test_many_calls_at_once_are_all_kept_once(gate: Gate, bot: Sender) -> None:
    bodies = [calls.update(number % 60, number % 7, f"word {number % 60}") for number in range(120)]
    with ThreadPoolExecutor(16) as phones:
        answers = list(phones.map(lambda body: gate.telegram(bot, body).status, bodies))
    assert set(answers) == {200}
    assert sorted(int(call.event_id) for call in gate.calls()) == list(range(60))


def test_new_credentials_hold_and_a_removed_sender_is_gone_within_five_seconds(sessions: Sessions) -> None:
    assert MEMORY_SECONDS <= 5
    with opened(Gate(sessions, memory=0.0)) as gate:
        bot, number = gate.bot(gate.agency("water")), gate.number(gate.agency("health"))
        assert gate.telegram(bot, calls.update(1, 42, "hello")).status == 200
        sealed = gate.vault.seal({"token": "7:new", "webhook_secret": "another-secret"})
        with sessions.begin() as session:
            session.execute(sql_update(Sender).where(Sender.id == bot.id).values(credentials=sealed))
            session.delete(session.get_one(Sender, number.id))
        assert gate.telegram(bot, calls.update(2, 42, "hello")).status == 403
        assert gate.telegram(bot, calls.update(2, 42, "hello"), secret="another-secret").status == 200
        assert gate.whatsapp(number, payload("whatsapp/text.form"), token=TOKEN).status == 404


def test_a_sender_whose_credentials_cannot_be_read_has_the_provider_call_again(gate: Gate) -> None:
    owner = gate.agency("water")
    with gate.sessions.begin() as session:
        bot = Sender(
            agency_id=owner.id, key="k", channel="telegram", handle="h", credentials=b"?", created_at=owner.created_at
        )
        session.add(bot)
    answer = gate.telegram(bot, payload("telegram/text_zh.json"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert gate.count(Letter) == 0
