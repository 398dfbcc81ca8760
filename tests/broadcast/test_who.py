"""Files for officers: who got it and who did not, without an address, and harmless in a spreadsheet."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from broadcast import compose, launch, who
from broadcast.models import Broadcast
from broadcast.states import Outcome
from channels.contract import LARGEST
from db.engine import Sessions
from delivery.models import Consignment, Delivery, Reason
from delivery.states import ConsignmentState, DeliveryState
from tests.broadcast.places import NOW, Place, limits_of, ready, settle, subscriber
from webhooks import outcome_files

FAILED, WITHHELD, ACCEPTED = DeliveryState.FAILED, DeliveryState.WITHHELD, DeliveryState.ACCEPTED


def sent(session: Session, place: Place) -> Broadcast:
    made = ready(session, place)
    seen = compose.fingerprint(session, made)
    launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=NOW)
    same = {"agency_id": made.agency_id, "lane": "notice", "state": "open", "policy": "resend", "cadences": []}
    session.add(Consignment(id=made.id, **same, deadline_at=NOW, launched_at=NOW, created_at=NOW))
    session.flush()
    return made


def entry(session: Session, made: Broadcast, place: Place, state: DeliveryState, **known: object) -> int:
    person = subscriber(session, place, at=[place.free], locale="ta")
    row = Delivery(consignment_id=made.id, subscriber_id=person.id, sender_id=place.free.id, attempt=2, state=state)
    for name, value in known.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    return person.id


def read(session: Session, made: Broadcast, outcome: Outcome, most: int | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(who.lines(session, made, outcome, most=most, at_once=2)))))


def test_a_line_says_everything_but_who(session: Session) -> None:
    place = settle(session)
    made = sent(session, place)
    id_ = entry(session, made, place, FAILED, reason="unreachable", failed_at=NOW)
    assert read(session, made, Outcome.FAILED) == [
        {
            "reference": f"{made.id}-{id_}-2",
            "channel": "free",
            "address_ends_in": who.ending(f"{place.free.id}:{id_}"),
            "language": "ta",
            "state": "failed",
            "reason": "unreachable",
            "at": "2026-11-24T01:00:00+00:00",
        }
    ]


@pytest.mark.parametrize(
    ("address", "shown"),
    [("whatsapp:+6591234567", "…4567"), ("123456789", "…6789"), ("4711", "…"), ("whatsapp:42", "…"), ("", "…")],
)
def test_never_a_whole_address(address: str, shown: str) -> None:
    assert who.ending(address) == shown


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://a.sg")'])
def test_nothing_is_a_formula_in_a_spreadsheet(session: Session, formula: str) -> None:
    place = settle(session)
    made = sent(session, place)
    entry(session, made, place, FAILED, reason=formula)
    (row,) = read(session, made, Outcome.FAILED)
    assert row["reason"] == f"'{formula}"


def test_a_file_is_read_in_pages_and_ends_where_it_is_told_to(
    session: Session,
) -> None:
    place = settle(session)
    made = sent(session, place)
    ids = [entry(session, made, place, FAILED) for _ in range(5)]
    entry(session, made, place, ACCEPTED)
    references = [row["reference"] for row in read(session, made, Outcome.UNREACHED)]
    assert references == [f"{made.id}-{id_}-2" for id_ in ids]
    assert len(read(session, made, Outcome.UNREACHED, most=3)) == 3
    whole = who.content(session, made, Outcome.UNREACHED, largest=LARGEST)
    some = who.content(session, made, Outcome.UNREACHED, largest=len(whole) - 1)
    assert whole.startswith("\ufeff".encode())
    assert some.count(b"\r\n") == whole.count(b"\r\n") - 1, "it ends with a whole line"


def test_the_numbers_stay_when_the_deliveries_have_left(session: Session) -> None:
    place = settle(session)
    made = sent(session, place)
    entry(session, made, place, FAILED, reason="unreachable")
    entry(session, made, place, WITHHELD, reason="has_it")
    assert who.numbers(session, made, Outcome.UNREACHED) == [who.Number("unreachable", 1)]
    session.add(Reason(consignment_id=made.id, state=FAILED, reason="rejected", count=7))
    session.get_one(Consignment, made.id).state = ConsignmentState.SEALED
    session.flush()
    assert not who.is_kept(session, made)
    assert who.numbers(session, made, Outcome.FAILED) == [who.Number("rejected", 7)]
    assert who.numbers(session, made, Outcome.IN_DOUBT) == []


def test_a_link_shows_a_button_and_gives_the_file_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        made = sent(session, place)
        entry(session, made, place, FAILED, reason="unreachable")
        token = who.open_link(session, made, Outcome.FAILED, place.author, now=NOW)
    moment = [NOW]
    app = Flask("files")
    app.register_blueprint(outcome_files.blueprint(outcome_files.Desk(sessions, lambda: moment[0], "/style.css")))
    with app.test_client() as browser:
        for _ in range(2):  # an app's preview, and the officer
            page = browser.get(f"/who/{token}")
            assert page.status_code == 200
            assert page.text.count('method="post"') == 1
            assert "unreachable" not in page.text
        moment[0] = NOW + who.VALID_FOR
        assert browser.get(f"/who/{token}").status_code == 404
        moment[0] = NOW + timedelta(minutes=1)
        given = browser.post(f"/who/{token}")
        assert given.headers["Content-Disposition"] == f'attachment; filename="{made.code}-failed.csv"'
        assert given.data.decode("utf-8-sig").count("\r\n") == 2
        assert browser.post(f"/who/{token}").status_code == 404
        assert browser.get("/who/made-up").status_code == 404
