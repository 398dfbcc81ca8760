"""What the door kept of somebody goes with them; what it must know again stays."""

from delivery.models import Sender
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate
from webhooks.models import CallState


def test_the_calls_of_who_had_everything_deleted_are_emptied_and_a_repeated_one_is_still_none(
    gate: Gate, bot: Sender
) -> None:
    words = ["/start", "/deleteme", "DELETE"]
    for number, text in enumerate(words, start=1):
        gate.telegram(bot, calls.update(number, 42, text))
        gate.work()
    gate.telegram(bot, calls.update(9, 43, "/start"))
    gate.work()
    mine = [call for call in gate.calls() if call.address is None]
    assert [(call.body, call.url, call.state) for call in mine] == [(b"", "", CallState.HANDLED)] * 3
    assert [call.address for call in gate.calls() if call.body] == ["43"]
    (farewell,) = gate.answers("42")
    assert "has been deleted" in farewell
    gate.telegram(bot, calls.update(3, 42, "DELETE"))  # the provider was not sure that we heard
    gate.work()
    assert gate.answers("42") == [farewell]


def test_what_they_say_after_it_is_a_strangers_first_word(gate: Gate, bot: Sender) -> None:
    for number, text in enumerate(["/start", "/deleteme", "DELETE", "hello again"], start=1):
        gate.telegram(bot, calls.update(number, 42, text))
    gate.work()
    _, welcome = gate.answers("42")
    assert welcome.startswith("Welcome")
    assert len([call for call in gate.calls() if call.address == "42"]) == 1
