"""What a real twilio Client can do with WhatsApp phones, and what it is refused at once."""

import datetime

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulated import ACCOUNT_SID, AUTH_TOKEN, WHATSAPP_NUMBER, Simulator, SimulatorError

FROM = f"whatsapp:{WHATSAPP_NUMBER}"


def written(sim: Simulator, sender: str, language: str = "ms") -> dict[str, str]:
    """Make a phone whose owner has just written to the sender."""
    phone = sim.new_phone("whatsapp", language)
    sim.say(phone["id"], sender, "hi")
    return phone


def address(phone: dict[str, str]) -> str:
    """Give the phone's address as Twilio writes it."""
    return f"whatsapp:{phone['number']}"


def test_a_message_is_queued_and_then_read(sim: Simulator, sender: str, twilio: Client) -> None:
    phone = written(sim, sender)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="Selamat pagi")
    assert (sent.status, sent.direction, sent.num_media) == ("queued", "outbound-api", "0")
    assert sim.heard(phone["id"]) == ["Selamat pagi"]
    sim.wait_for(lambda: twilio.messages(sent.sid).fetch().status == "read")
    assert sim.messages(phone["id"])[-1]["ticks"] == "read"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"to": "whatsapp:nobody"}, 21211),
        ({"to": "+6581234567"}, 21910),
        ({"from_": "whatsapp:+6569999999"}, 63007),
        ({"from_": "whatsapp:us"}, 21212),
        ({"to": FROM}, 63031),
        ({"body": "x" * 1601}, 21617),
        ({"body": ""}, 21619),
        ({"body": None, "content_sid": "HX" + "0" * 32}, 21655),
        ({"content_variables": '{"1":"x"}'}, 21654),
        ({"status_callback": "nowhere"}, 21609),
    ],
)
def test_a_bad_message_is_refused_at_once(
    sim: Simulator, sender: str, twilio: Client, wish: dict[str, str | None], code: int
) -> None:
    good = {"to": address(written(sim, sender)), "from_": FROM, "body": "hi"}
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(**good | wish)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_1600_characters_are_not_too_long(sim: Simulator, sender: str, twilio: Client) -> None:
    phone = written(sim, sender)
    assert twilio.messages.create(to=address(phone), from_=FROM, body="த" * 1600).sid.startswith("SM")


def test_wrong_credentials_are_refused_with_20003(sim: Simulator, twilio: Client) -> None:
    stranger = Client(ACCOUNT_SID, AUTH_TOKEN + "x")
    stranger.api.base_url = sim.twilio_url
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages.create(to="whatsapp:+6581234567", from_=FROM, body="hi")
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_an_error_body_has_twilios_four_fields(sim: Simulator, sender: str) -> None:
    with pytest.raises(SimulatorError) as refused:
        sim.post(f"/twilio/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json")
    more = "https://www.twilio.com/docs/errors/20003"
    assert f'{{"code":20003,"message":"Authenticate","more_info":"{more}","status":401}}' in str(refused.value)


def test_a_missing_message_is_refused_with_20404(twilio: Client) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages("SM" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


def test_messages_are_listed_newest_first_and_page_by_page(sim: Simulator, sender: str, twilio: Client) -> None:
    phone, other = written(sim, sender), written(sim, sender)
    for number in range(5):
        twilio.messages.create(to=address(phone), from_=FROM, body=f"n{number}")
    twilio.messages.create(to=address(other), from_=FROM, body="elsewhere")
    found = twilio.messages.list(to=address(phone), page_size=2)
    assert [message.body for message in found] == ["n4", "n3", "n2", "n1", "n0"]


def test_messages_are_listed_by_the_day_and_the_moment_they_were_sent(
    sim: Simulator, sender: str, twilio: Client
) -> None:
    phone = written(sim, sender)
    twilio.messages.create(to=address(phone), from_=FROM, body="today")
    now = datetime.datetime.now(datetime.UTC)
    hour = datetime.timedelta(hours=1)
    assert len(twilio.messages.list(to=address(phone), date_sent_after=now - hour)) == 1
    assert twilio.messages.list(to=address(phone), date_sent_after=now + hour) == []
    assert twilio.messages.list(to=address(phone), date_sent_before=now - hour) == []


def test_a_message_can_be_canceled_only_while_it_is_queued(sim: Simulator, sender: str, twilio: Client) -> None:
    sim.timing(sent=0.5)
    phone = written(sim, sender)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="not yet")
    assert sent.update(status="canceled").status == "canceled"
    assert sim.heard(phone["id"]) == []
    sim.timing(quick=True)
    gone = twilio.messages.create(to=address(phone), from_=FROM, body="too late")
    sim.wait_for(lambda: gone.fetch().status == "read")
    with pytest.raises(TwilioRestException) as refused:
        gone.update(status="canceled")
    assert refused.value.code == 30409
    assert sent.fetch().status == "canceled"


def test_a_message_can_be_redacted_and_deleted(sim: Simulator, sender: str, twilio: Client) -> None:
    phone = written(sim, sender)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="secret")
    assert sent.update(body="").body == ""
    assert sent.delete() is True
    with pytest.raises(TwilioRestException):
        sent.fetch()


def test_one_account_does_not_see_the_messages_of_another(sim: Simulator, sender: str, twilio: Client) -> None:
    other = "AC" + "f" * 32
    sim.add_whatsapp_sender("+6560000002", account_sid=other, auth_token="theirs")
    phone = written(sim, sender)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="ours")
    stranger = Client(other, "theirs")
    stranger.api.base_url = sim.twilio_url
    assert stranger.messages.list() == []
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages(sent.sid).fetch()
    assert refused.value.status == 404
