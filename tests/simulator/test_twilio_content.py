"""Templates: made and approved through the Content API, refused or failed as WhatsApp would."""

import json
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from tests.simulated import Simulator
from tests.simulator.test_twilio import FROM, address, written

TEXT: dict[str, Any] = {"twilio/text": {"body": "{{1}}: {{2}} for you"}}


def make(twilio: Client, types: dict[str, Any], variables: dict[str, str] | None = None) -> str:
    """Create a content; gives its sid."""
    wish = {"friendly_name": "notice_v1", "language": "ms", "variables": variables, "types": types}
    return str(twilio.content.v1.contents.create(ContentList.ContentCreateRequest(wish)).sid)


def approve(twilio: Client, sid: str) -> None:
    """Ask WhatsApp to approve it."""
    wish = ApprovalCreateList.ContentApprovalRequest({"name": "notice_v1", "category": "UTILITY"})
    twilio.content.v1.contents(sid).approval_create.create(wish)


def outcome(sim: Simulator, twilio: Client, to: str, **wish: str) -> tuple[str, int | None]:
    """Send, wait for the end of it, and give its last status and error."""
    sent = twilio.messages.create(to=to, from_=FROM, **wish)
    ends = ("read", "failed", "undelivered")
    last = sim.wait_for(lambda: (m := sent.fetch()).status in ends and m)
    assert last
    return str(last.status), last.error_code


def test_a_template_is_kept_and_listed_page_by_page(twilio: Client) -> None:
    sids = [make(twilio, TEXT, {"1": "Topic"}) for _ in range(5)]
    assert [content.sid for content in twilio.content.v1.contents.list(page_size=2)] == sids
    fetched = twilio.content.v1.contents(sids[0]).fetch()
    assert (fetched.language, fetched.variables) == ("ms", {"1": "Topic"})
    assert twilio.content.v1.contents(sids[0]).delete() is True
    with pytest.raises(TwilioRestException) as refused:
        twilio.content.v1.contents(sids[0]).fetch()
    assert refused.value.code == 20404


def test_free_text_outside_the_window_fails_with_63016(sim: Simulator, sender: str, twilio: Client) -> None:
    phone = written(sim, sender)
    sim.close_windows(sender)
    assert outcome(sim, twilio, address(phone), body="hi") == ("failed", 63016)
    assert sim.heard(phone["id"]) == []


def test_an_approved_template_arrives_outside_the_window(sim: Simulator, sender: str, twilio: Client) -> None:
    phone = sim.new_phone("whatsapp")
    sid = make(twilio, TEXT, {"1": "Cuaca"})
    assert outcome(sim, twilio, address(phone), content_sid=sid)[1] == 63016
    approve(twilio, sid)
    assert twilio.content.v1.contents(sid).approval_fetch().fetch().whatsapp["status"] == "approved"
    variables = json.dumps({"2": "hujan"})
    assert outcome(sim, twilio, address(phone), content_sid=sid, content_variables=variables) == ("read", None)
    shown = sim.messages(phone["id"])[-1]
    assert (shown["text"], shown["template"]) == ("Cuaca: hujan for you", True)


@pytest.mark.parametrize(
    ("status", "error"), [("rejected", 63040), ("paused", 63041), ("disabled", 63042), ("missing", 63027)]
)
def test_a_template_whatsapp_does_not_want_fails(
    sim: Simulator, sender: str, twilio: Client, status: str, error: int
) -> None:
    phone = written(sim, sender)
    sid = make(twilio, {"twilio/text": {"body": "Hello"}})
    approve(twilio, sid)
    sim.post("/control/approvals", content=sid, status=status)
    assert outcome(sim, twilio, address(phone), content_sid=sid) == ("failed", error)


def test_a_pending_template_is_not_yet_good_outside_the_window(sim: Simulator, sender: str, twilio: Client) -> None:
    sim.post("/control/approvals", status="pending")
    sid = make(twilio, {"twilio/text": {"body": "Hello"}})
    approve(twilio, sid)
    assert twilio.content.v1.contents(sid).approval_fetch().fetch().whatsapp["status"] == "pending"
    assert outcome(sim, twilio, address(sim.new_phone("whatsapp")), content_sid=sid) == ("failed", 63016)


@pytest.mark.parametrize("variables", ["{", "[1]", '{"1": 5}', '"x"'])
def test_variables_that_are_no_json_object_of_texts_are_refused(
    sim: Simulator, sender: str, twilio: Client, variables: str
) -> None:
    sid = make(twilio, TEXT)
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(
            to=address(written(sim, sender)), from_=FROM, content_sid=sid, content_variables=variables
        )
    assert refused.value.code == 21656


@pytest.mark.parametrize(
    ("variables", "error"), [({"1": "a"}, 63028), ({"1": "a", "2": "b\nc"}, 63013), ({"1": "a    b", "2": "c"}, 63013)]
)
def test_variables_whatsapp_does_not_take_fail_later(
    sim: Simulator, sender: str, twilio: Client, variables: dict[str, str], error: int
) -> None:
    sid = make(twilio, TEXT)
    approve(twilio, sid)
    to = address(written(sim, sender))
    assert outcome(sim, twilio, to, content_sid=sid, content_variables=json.dumps(variables)) == ("failed", error)


def replies(count: int, title: str = "Yes") -> dict[str, Any]:
    """Make a quick-reply content."""
    actions = [{"type": "QUICK_REPLY", "title": title, "id": str(number)} for number in range(count)]
    return {"twilio/quick-reply": {"body": "Well?", "actions": actions}}


def rows(item: str = "Haze", description: str = "", count: int = 1) -> dict[str, Any]:
    """Make a list-picker content."""
    items = [{"id": str(number), "item": item, "description": description} for number in range(count)]
    return {"twilio/list-picker": {"body": "Topics", "button": "Choose", "items": items}}


@pytest.mark.parametrize(
    ("types", "error"),
    [
        (replies(3), None),
        (replies(4), 63021),
        (replies(1, "t" * 20), None),
        (replies(1, "t" * 21), 63021),
        (rows("t" * 24, "d" * 72, 10), None),
        (rows("t" * 25), 63021),
        (rows("t", "d" * 73), 63021),
    ],
)
def test_menus_have_whatsapps_limits_in_a_session(
    sim: Simulator, sender: str, twilio: Client, types: dict[str, Any], error: int | None
) -> None:
    to = address(written(sim, sender))
    assert outcome(sim, twilio, to, content_sid=make(twilio, types))[1] == error


def test_an_approved_quick_reply_may_have_ten_buttons(sim: Simulator, sender: str, twilio: Client) -> None:
    sid = make(twilio, replies(10, "t" * 25))
    approve(twilio, sid)
    phone = sim.new_phone("whatsapp")
    assert outcome(sim, twilio, address(phone), content_sid=sid) == ("read", None)


@pytest.mark.parametrize("types", [{}, rows(count=11), replies(11), {"twilio/text": {}}, {"twilio/hologram": {}}])
def test_a_content_that_cannot_be_is_refused(twilio: Client, types: dict[str, Any]) -> None:
    with pytest.raises(TwilioRestException) as refused:
        make(twilio, types)
    assert refused.value.status == 400


def test_a_list_cannot_be_approved(twilio: Client) -> None:
    sid = make(twilio, rows())
    with pytest.raises(TwilioRestException) as refused:
        approve(twilio, sid)
    assert refused.value.status == 400


def test_a_number_without_whatsapp_is_undelivered_with_63024(sim: Simulator, sender: str, twilio: Client) -> None:
    assert outcome(sim, twilio, "whatsapp:+6580000000", body="hi") == ("undelivered", 63024)
    phone = written(sim, sender)
    sim.act(phone["id"], "deactivate")
    assert outcome(sim, twilio, address(phone), body="hi") == ("undelivered", 63024)
