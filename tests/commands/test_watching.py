"""`loudhailer top` on both databases, without a single process of ours running, and the figures of two looks."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console
from sqlalchemy.orm import Session, sessionmaker

from broadcast.models import Broadcast, Plan
from broadcast.states import Kind, State
from channels import registry
from commands import gauges, glance, screen, watching
from commands.glance import Glance
from delivery import curves, pulse
from delivery.models import Batch, Breaker, Consignment, Letter, Retry, Sender, Tally
from delivery.pulse import Identity
from delivery.states import BatchState, ConsignmentState, DeliveryState, DoubtPolicy, Lane, Milestone
from staff.models import Agency
from tests.commands.conftest import Run
from webhooks.models import Call, CallState

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


def at_work(session: Session) -> None:
    """A broadcast half way, with a letter, a call, a retry that wait, and a sender that is held."""
    agency = Agency(slug="city", name="City", locales=["en"], created_at=NOW)
    session.add(agency)
    session.flush()
    session.add_all([_sender(agency.id, 1, held=True), _sender(agency.id, 2, held=False)])
    session.flush()
    session.add(Broadcast(id=1, agency_id=agency.id, code="B7K2", kind=Kind.ALERT, state=State.SENDING, created_at=NOW))
    session.flush()
    _launched(session, agency.id)
    pulse.beat(session, Identity("worker", "host", 7, NOW), now=NOW)


def _sender(agency_id: int, number: int, *, held: bool) -> Sender:
    return Sender(
        agency_id=agency_id,
        key=f"key-{number}",
        channel="telegram",
        handle=f"handle_{number}",
        credentials=b"",
        held_until=NOW + HOUR if held else None,
        pace=0.5 if held else 1.0,
        stopped_at=None if held else NOW,
        created_at=NOW,
    )


def _launched(session: Session, agency_id: int) -> None:
    going = session.get_one(Broadcast, 1)
    going.launched_at, going.audience_size = NOW - timedelta(seconds=20), 1000
    session.add(
        Consignment(
            id=1,
            agency_id=agency_id,
            lane=Lane.ALERT,
            state=ConsignmentState.OPEN,
            policy=DoubtPolicy.RESEND,
            cadences=[],
            deadline_at=NOW + HOUR,
            launched_at=NOW,
            created_at=NOW,
        )
    )
    session.flush()
    session.add(
        Plan(broadcast_id=1, blocks=[], is_surveyed=True, positions={}, people=1000, touched_at=NOW, finished_at=NOW)
    )
    session.add_all([_batch(1, BatchState.READY), _batch(2, BatchState.LEASED), _batch(3, BatchState.DONE)])
    session.add(_batch(4, BatchState.STUCK))
    session.add_all([Tally(consignment_id=1, sender_id=1, state=s, count=c) for s, c in TALLIES.items()])
    session.add(Retry(consignment_id=1, subscriber_id=1, sender_id=1, attempt=2, due_at=NOW))
    session.add(Letter(agency_id=agency_id, sender_id=1, to="1", text="x", due_at=NOW, created_at=NOW))
    for state in (CallState.WAITING, CallState.FAILED, CallState.HANDLED):
        session.add(Call(sender_id=1, event_id=state, url="", body=b"", state=state, received_at=NOW))
    curves.record(session, 1, 1, Milestone.HANDED_OVER, [10.0] * 490)


TALLIES = {DeliveryState.ACCEPTED: 490, DeliveryState.FAILED: 7, DeliveryState.UNKNOWN: 3}


def _batch(position: int, state: BatchState) -> Batch:
    return Batch(
        consignment_id=1,
        sender_id=1,
        lane_rank=0,
        position=position,
        recipients=b"",
        size=300,
        cursor=50,
        state=state,
        created_at=NOW - timedelta(seconds=9),
    )


@pytest.fixture
def seen(session: Session) -> Glance:
    """One look at it."""
    at_work(session)
    return glance.read(session, limits_of=registry.limits, now=NOW, ended_within=HOUR)


def test_one_look_sees_everything_that_is_on_its_way(seen: Glance) -> None:
    [going] = seen.broadcasts
    assert (going.agency, going.code, going.people, going.settled) == ("city", "B7K2", 1000, 500)
    assert (going.handed_over, going.failed, going.in_doubt, seen.in_doubt) == (490, 7, 3, 3)
    assert going.reached[Milestone.HANDED_OVER].people == 490
    held, stopped = seen.senders
    assert (held.allowed, held.brakes.pace, held.leased, held.settled) == (0.0, 0.5, 1, 500)
    assert (stopped.allowed, stopped.brakes.is_stopped) == (0.0, True)
    assert [(line.state, line.batches, line.people) for line in seen.lines] == [
        ("leased", 1, 250),
        ("ready", 1, 250),
        ("stuck", 1, 250),
    ]
    assert (seen.retries.waiting, seen.letters.waiting, seen.calls.waiting, seen.calls.failed) == (1, 1, 1, 1)
    assert [process.kind for process in seen.processes] == ["worker"]


def test_what_waits_of_a_paused_broadcast_is_no_lag(session: Session) -> None:
    at_work(session)
    session.get_one(Consignment, 1).state = ConsignmentState.PAUSED
    session.flush()
    seen = glance.read(session, limits_of=registry.limits, now=NOW, ended_within=HOUR)
    assert {line.state for line in seen.lines} == {"paused", "stuck"}


def test_a_sender_whose_breaker_is_open_is_seen(session: Session) -> None:
    at_work(session)
    session.get_one(Sender, 1).held_until = None
    session.add(Breaker(sender_id=1, opened_at=NOW, share=0.3))
    session.flush()
    seen = glance.read(session, limits_of=registry.limits, now=NOW, ended_within=HOUR)
    assert [sender.breaker for sender in seen.senders] == ["open", "closed"]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(screen.drawn(seen, {}, {}))
    assert "breaker open" in console.export_text()
    [family] = [family for family in gauges.families(seen) if family.name == "loudhailer_sender_breaker"]
    states = {(sample.labels["sender"], sample.labels["state"]): sample.value for sample in family.samples}
    assert states == {("1", "open"): 1, ("1", "closed"): 0, ("2", "open"): 0, ("2", "closed"): 1}


def test_a_process_that_says_nothing_any_more_is_not_shown(session: Session) -> None:
    pulse.beat(session, Identity("worker", "host", 7, NOW), now=NOW)
    pulse.beat(session, Identity("worker", "host", 8, NOW), now=NOW + timedelta(seconds=21))
    assert [each.name for each in pulse.alive(session, NOW + timedelta(seconds=21))] == ["worker-8@host"]


@pytest.mark.parametrize("width", [80, 160])
def test_the_picture_fits_and_says_what_matters(seen: Glance, width: int) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(screen.drawn(seen, {1: 25.0}, {1: 25.0}, trouble="the database does not answer"))
    picture = console.export_text()
    assert max(map(len, picture.splitlines())) <= width
    for words in ("B7K2", "50%", "500 of 1,000", "25/s", "p50 10 s", "failed 7", "in doubt 3", "held 60.0 min"):
        assert words in picture, picture
    for words in ("stopped", "1 worker", "250 people ready (1)", "1 calls were given up", "not answer"):
        assert words in picture, picture


def test_rates_are_the_difference_of_two_looks(session: Session) -> None:
    at_work(session)
    look = {"limits_of": registry.limits, "ended_within": HOUR}
    before = glance.read(session, now=NOW, **look)  # type: ignore[arg-type]
    session.get_one(Tally, (1, 1, DeliveryState.ACCEPTED)).count += 50
    session.flush()
    frame = watching.next_frame(glance.read(session, now=NOW + timedelta(seconds=2), **look), before)  # type: ignore[arg-type]
    assert (frame.broadcast_rates, frame.sender_rates) == ({1: 25.0}, {1: 25.0, 2: 0.0})


def test_top_prints_one_picture_or_one_object_and_ends(run: Run, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        at_work(session)
    picture = run("top", "--once")
    assert picture.exit_code == 0
    assert "B7K2" in picture.output
    found = json.loads(run("top", "--once", "--json").output)
    assert found["seen"]["broadcasts"][0]["settled"] == 500
    assert found["seen"]["senders"][1]["brakes"]["is_stopped"] is True


def test_top_on_an_empty_database_says_that_nothing_is_sent(run: Run) -> None:
    assert "nothing is being sent" in run("top", "--once").output
