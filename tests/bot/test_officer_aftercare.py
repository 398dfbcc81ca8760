"""/who, /retry, /correct and /recall in the chat of an officer."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import conversation
from bot.talk import Above
from broadcast import outcomes, who
from broadcast.models import Broadcast, OutcomeLink
from broadcast.states import Aftercare, Outcome, State
from channels import registry
from channels.contract import Inbound
from db.engine import Sessions
from delivery.models import Consignment, Delivery, MediaItem, Sender, Tally
from delivery.states import ConsignmentState, DeliveryState
from staff.models import Officer, Role
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview

ACCEPTED, FAILED, WITHHELD = DeliveryState.ACCEPTED, DeliveryState.FAILED, DeliveryState.WITHHELD


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages."""
    return open_office(sessions)


def sent(office: Office, phone: Phone, *, kind: str = "1") -> str:
    """The code of an announcement to three people on Telegram and one on WhatsApp, each with another end."""
    told = [*office.citizens(3), *office.citizens(1, on=office.whatsapp_id)]
    to_preview(phone, kind=kind)
    phone.says(phone.code)
    made = office.broadcasts()[-1]
    states = ((ACCEPTED, None), (FAILED, "unreachable"), (WITHHELD, "paused"), (ACCEPTED, None))
    with office.sessions.begin() as session:
        values = {"agency_id": office.agency_id, "lane": "notice", "state": "open", "policy": "resend"}
        times = dict.fromkeys(("deadline_at", "launched_at", "created_at"), people.START)
        session.add(Consignment(id=made.id, cadences=[], **values, **times))
        for id_, (state, reason) in zip(told, states, strict=True):
            sender_id = office.whatsapp_id if id_ == told[3] else office.telegram_id
            row = Delivery(consignment_id=made.id, subscriber_id=id_, sender_id=sender_id, attempt=1, state=state)
            row.reason, row.accepted_at = reason, phone.now if state is ACCEPTED else None
            row.provider_id = str(id_) if state is ACCEPTED else None
            session.add(row)
        for state, sender_id, count in (
            (ACCEPTED, office.telegram_id, 1),
            (ACCEPTED, office.whatsapp_id, 1),
            (FAILED, office.telegram_id, 1),
            (WITHHELD, office.telegram_id, 1),
        ):
            session.add(Tally(consignment_id=made.id, sender_id=sender_id, state=state, count=count))
    return made.code


def over(office: Office, code: str) -> None:
    with office.sessions.begin() as session:
        made = session.scalars(select(Broadcast).where(Broadcast.code == code)).one()
        made.state, made.finished_at = State.FINISHED, people.START
        session.get_one(Consignment, made.id).state = ConsignmentState.DONE


def found(office: Office, code: str) -> Broadcast:
    return next(each for each in office.broadcasts() if each.code == code)


# --- /who ----------


def test_who_says_the_numbers_by_reason_and_sends_a_file_that_names_nobody(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    assert "3. Not reached: 2" in phone.says(f"/who {code}")
    said = phone.says("3")
    assert "Not reached: 2\n• " in said
    assert "they have paused all messages: 1" in said
    media_id = phone.seen[-1].media_id
    assert media_id is not None
    with office.sessions() as session:
        item = session.get_one(MediaItem, media_id)
        assert (item.name, item.mime_type) == (f"{code}-unreached.csv", "text/csv")
        rows = list(csv.DictReader(io.StringIO((item.content or b"").decode("utf-8-sig"))))
    assert [row["state"] for row in rows] == ["failed", "withheld"]
    assert all(row["address_ends_in"].startswith("…") and len(row["address_ends_in"]) <= 5 for row in rows)
    assert not any("citizen-" in cell for row in rows for cell in row.values())
    assert office.audit()[-1] == "broadcast.who_read"


@pytest.mark.parametrize(
    ("words", "outcome"), [("in doubt", "In doubt"), ("failed", "Failed"), ("NOT REACHED", "Not reached")]
)
def test_an_outcome_is_typed_in_the_officers_own_words(office: Office, words: str, outcome: str) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    assert f"\n{outcome}: " in phone.says(f"/who {code} {words}")


def test_where_no_such_file_can_be_sent_a_link_gives_it_once(office: Office) -> None:
    phone = office.officer("aisyah", on=office.whatsapp_id)
    code = sent(office, phone)
    phone.now += timedelta(seconds=5)
    with office.sessions.begin() as session:
        sender = session.get_one(Sender, office.whatsapp_id)
        above = Above(public_url="https://city.example")
        heard = Inbound(event_id="who", address="aisyah", text=f"/who {code} reached")
        drafts = conversation.hear(
            session, heard, sender=sender, limits=registry.limits("whatsapp"), now=phone.now, above=above
        )
        link = drafts[-1].text.rpartition("\n")[2]
    assert link.startswith("https://city.example/who/")
    token = link.rpartition("/")[2]
    with office.sessions.begin() as session:
        assert session.scalars(select(OutcomeLink.token_hash)).one() != token
        assert who.behind(session, token, now=phone.now + who.VALID_FOR) is None
        taken = who.take(session, token, now=phone.now)
        assert taken is not None
        assert taken.outcome is Outcome.REACHED
        assert who.take(session, token, now=phone.now) is None


def test_a_revoked_officers_link_opens_nothing(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    with office.sessions.begin() as session:
        officer_id = found(office, code).officer_id
        token = who.open_link(
            session, found(office, code), Outcome.FAILED, session.get_one(Officer, officer_id), now=phone.now
        )
    office.revoke_everybody()
    with office.sessions.begin() as session:
        assert who.take(session, token, now=phone.now) is None


def test_an_approver_may_look_and_another_agency_and_citizens_may_not(office: Office, sessions: Sessions) -> None:
    code = sent(office, office.officer("aisyah"))
    assert "Failed: 1" in office.officer("boss", Role.APPROVER).says(f"/who {code} failed")
    elsewhere = open_office(sessions, "elsewhere").officer("spy", Role.ADMIN)
    assert "no such announcement" in elsewhere.says(f"/who {code} failed")
    assert "Failed" not in office.phone("citizen").says(f"/who {code} failed")
    for command in ("retry", "correct", "recall"):
        assert "no such announcement" in elsewhere.says(f"/{command} {code}")
    assert len(office.broadcasts()) == 1


# --- /retry ----------


def test_a_retry_shows_the_same_texts_and_leaves_by_its_code(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    assert "cannot be done" in phone.says(f"/retry {code}"), "it is still going out"
    over(office, code)
    said = phone.says(f"/retry {code}")
    assert "The river rises." in said
    assert f"2 people will get it ({code} again)." in said
    assert phone.labels[-1:] == ["Cancel"]
    assert "Edit" not in " ".join(phone.labels)
    phone.says(phone.code)
    again = office.broadcasts()[-1]
    assert (again.state, again.aftercare, again.of_outcome) == (State.SENDING, Aftercare.RETRY, Outcome.UNREACHED)
    assert f"{again.code} is already sending it again" in phone.says(f"/retry {code}")


def test_those_in_doubt_are_tried_again_only_if_asked_and_nobody_is_no_retry(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    over(office, code)
    said = phone.says(f"/retry {code} in doubt")
    assert "Nobody" in said
    phone.says("/cancel")
    assert "/retry B7K2 in doubt" in phone.says(f"/retry {code} whatever")


# --- /correct ----------


def test_a_correction_pauses_asks_only_for_texts_and_marks_the_first(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    said = phone.says(f"/correct {code}")
    assert f"{code} was still going out: it is paused" in said
    assert "People who have it or may have it: 2" in said
    assert found(office, code).state is State.PAUSED
    phone.says("The river falls.")
    said = phone.says("Sungai surut.")
    assert f"Correction of {code}" in said
    assert f"2 people will get it (correction of {code})." in said
    assert "Audience" not in " ".join(phone.labels)
    phone.says(phone.code)
    made = office.broadcasts()[-1]
    assert (made.state, made.aftercare) == (State.SENDING, Aftercare.CORRECTION)
    assert found(office, code).state is State.CORRECTED
    assert made.code in office.phone("citizen").says(f"/verify {code}")


def test_whoever_reads_a_language_without_a_text_is_corrected_in_another(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    phone.says(f"/correct {code}")
    phone.says("The river falls.")
    phone.says("/skip")
    assert "Nothing" not in phone.labels
    assert len([label for label in phone.labels if label not in ("Back", "Cancel")]) == 1


def test_an_unfinished_correction_is_offered_again_and_announce_begins_anew(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    phone.says(f"/correct {code}")
    phone.says("The river falls.")
    phone.says(f"/who {code}")
    phone.says("/announce")
    assert office.broadcasts()[-1].aftercare is None
    phone.says("/cancel")
    phone.says(f"/correct {code}")
    assert len([each for each in office.broadcasts() if each.aftercare is Aftercare.CORRECTION]) == 1


# --- /recall ----------


def test_a_recall_says_what_stays_and_is_launched_by_its_code(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    said = phone.says(f"/recall {code}")
    assert "• Telegram: 1 message can be deleted" in said
    assert "• WhatsApp: 1 stays, nothing can be deleted there" in said
    assert found(office, code).state is State.PAUSED, "nothing more leaves while the code is typed"
    assert phone.labels == ["Correct it", "Leave it"]
    assert "is being taken back" in phone.says(phone.code)
    made = office.broadcasts()[-1]
    assert (made.state, made.aftercare, found(office, code).state) == (State.SENDING, Aftercare.RECALL, State.RECALLED)
    assert (made.report_sender_id, made.report_to) == (office.telegram_id, "aisyah")
    assert f"recall of {code}" in phone.says(f"/status {made.code}")
    assert "broadcast.recalled" in office.audit()
    assert "cannot be done" in phone.says(f"/recall {code}")


def test_a_wrong_code_takes_nothing_back_and_three_close_it(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    phone.says(f"/recall {code}")
    right = phone.code
    assert "2" in phone.says("WRONG")
    phone.says("WRONG")
    assert "is not taken back" in phone.says("WRONG")
    assert office.audit().count("broadcast.code_wrong") == 3
    assert "is being taken back" not in phone.says(right)
    assert len(office.broadcasts()) == 1
    assert found(office, code).state is State.PAUSED


def test_an_old_code_is_replaced_by_a_new_one(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    phone.says(f"/recall {code}")
    old = phone.code
    phone.waits(timedelta(minutes=16))
    phone.says(old)
    assert len(office.broadcasts()) == 1
    phone.says(phone.code)
    assert office.broadcasts()[-1].aftercare is Aftercare.RECALL


def test_the_correction_is_one_tap_away_before_and_after(office: Office) -> None:
    phone = office.officer("aisyah")
    code = sent(office, phone)
    phone.says(f"/recall {code}")
    assert "is not taken back" in phone.taps("Leave it")
    phone.says(f"/recall {code}")
    phone.says(phone.code)
    assert f"You are correcting {code}" in phone.taps("Correct it")
    with office.sessions() as session:
        assert len(outcomes.family(session, found(office, code))) == 1
