"""A call from a group is kept only where it is a command of ours, and makes nobody a subscriber."""

import json

from delivery.models import Sender
from staff import groups, officers
from staff.models import Agency, Role
from subscribers.models import Subscriber
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate
from webhooks.models import CallState

GROUP = -1001234567890


def said(number: int, person: int, text: str) -> bytes:
    """A word in a group."""
    update = json.loads(calls.update(number, person, text))
    update["message"]["chat"] = {"id": GROUP, "type": "supergroup", "title": "Duty room"}
    return json.dumps(update).encode()


def test_what_strangers_say_is_not_kept_and_their_commands_are_not_answered(gate: Gate, bot: Sender) -> None:
    assert gate.telegram(bot, said(1, 42, "have you heard?")).status == 200
    assert gate.calls() == []
    gate.telegram(bot, said(2, 42, "/start"))
    gate.work()
    assert [call.state for call in gate.calls()] == [CallState.HANDLED]
    assert gate.answers(str(GROUP)) == gate.answers("42") == []
    assert gate.count(Subscriber) == 0


def test_an_administrator_allows_the_group_and_an_officer_is_answered_there(gate: Gate, bot: Sender) -> None:
    with gate.sessions.begin() as session:
        owner = session.get_one(Agency, bot.agency_id)
        admin, invitation = officers.invite(session, owner, name="Aisyah", role=Role.ADMIN, now=calls.utc_now())
        code = groups.offer(session, admin, now=calls.utc_now())
    gate.telegram(bot, calls.update(1, 42, f"/start o-{invitation}"))
    for number, text in enumerate((f"/group@{bot.handle} {code}", f"/status@{bot.handle}", "/status@other"), start=2):
        gate.telegram(bot, said(number, 42, text))
    gate.work()
    allowed, status = gate.answers(str(GROUP))
    assert "now a staff group" in allowed
    assert "Nothing has been announced" in status
    assert {call.state for call in gate.calls()} == {CallState.HANDLED}
