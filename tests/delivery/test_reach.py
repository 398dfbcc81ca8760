"""What becomes of addresses that cannot be reached: quarantine, probe, suppression, and the breaker in an outage."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from channels.contract import Heard, Inbound, Membership, Message, Receipt, Refusal, Unreachable
from delivery import breaker, hygiene, reach, receipts
from delivery.loop import Loop
from delivery.models import Breaker, ReachCount, Sender
from delivery.reach import Lost
from delivery.states import DeliveryState, Lane
from subscribers import directory, suppression
from subscribers.models import Address, Subscriber, Suppression, SuppressionReason
from tests.delivery.conftest import NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon

BLOCKED = Unreachable("blocked", code="Forbidden: bot was blocked by the user")
HOUR = timedelta(hours=1)


class Held(NamedTuple):
    """What is held against an address."""

    reason: SuppressionReason
    strikes: int
    until: object


def held(town: Town) -> dict[str, Held]:
    """The addresses in quarantine or suppressed, by value."""
    with town.sessions() as session:
        rows = session.scalars(select(Suppression).order_by(Suppression.value))
        return {row.value: Held(row.reason, row.strikes, row.until) for row in rows}


def value_of(town: Town, subscriber_id: int) -> str:
    """Where a subscriber is reached."""
    with town.sessions() as session:
        return session.scalars(select(Address.value).where(Address.subscriber_id == subscriber_id)).one()


def lose(
    town: Town, values: Iterable[str], *, sent: int = 1, hours: float = 0.0, refusal: Unreachable = BLOCKED
) -> None:
    """A settlement in which these addresses could not be reached."""
    lost = [Lost(value, refusal) for value in values]
    with town.sessions.begin() as session:
        at = NOW + hours * HOUR
        reach.after_send(session, town.sender_id, agency_id=town.agency_id, sent=sent, lost=lost, now=at)


def blocking(*values: str) -> Pigeon:
    """A pigeon that these people have blocked."""

    def rule(message: Message) -> Refusal | None:
        return BLOCKED if message.to in values else None

    return Pigeon(rule=rule)


def outcomes(town: Town, consignment_id: int) -> dict[int, tuple[DeliveryState, str | None]]:
    """What became of each message."""
    return {id_: (row.state, row.reason) for id_, row in town.deliveries(consignment_id).items()}


def announce_at(desk: Desk, consignment_id: int, hours: float, *, lane: Lane = Lane.NOTICE) -> dict[int, str]:
    """Announce to everybody so many hours later; why, or as what, each got it or not."""
    desk.clock.now = NOW + hours * HOUR
    desk.town.announce(desk.town.people, consignment_id=consignment_id, lane=lane, now=desk.clock.now)
    desk.woken.append(("alert" if lane is Lane.ALERT else "work", desk.town.sender_id))
    desk.work_off()
    return {id_: reason or state for id_, (state, reason) in outcomes(desk.town, consignment_id).items()}


def test_a_blocked_address_is_left_alone_probed_struck_again_and_suppressed(town: Town, loop: Loop) -> None:
    gone, there = town.settle_in(2)
    value = value_of(town, gone)
    desk = open_desk(town, loop, pigeon=blocking(value))
    assert announce_at(desk, 1, 0) == {gone: "unreachable", there: "accepted"}
    assert announce_at(desk, 2, 10) == {gone: "quarantined", there: "accepted"}
    assert announce_at(desk, 3, 24) == {gone: "unreachable", there: "accepted"}
    assert announce_at(desk, 4, 48) == {gone: "quarantined", there: "accepted"}
    assert announce_at(desk, 5, 96) == {gone: "unreachable", there: "accepted"}
    assert held(town) == {value: Held(SuppressionReason.BLOCKED, 3, None)}
    assert announce_at(desk, 6, 120) == {gone: "suppressed", there: "accepted"}
    assert [message.to for message in desk.pigeon.tried].count(value) == 3


def test_a_probe_that_arrives_forgets_the_strikes(town: Town, loop: Loop) -> None:
    (person,) = town.settle_in(1)
    desk = open_desk(town, loop, pigeon=blocking(value_of(town, person)))
    announce_at(desk, 1, 0)
    desk.pigeon.rule = lambda _: None
    assert announce_at(desk, 2, 24) == {person: "accepted"}
    assert held(town) == {}


def test_an_alert_heeds_no_quarantine(town: Town, loop: Loop) -> None:
    (person,) = town.settle_in(1)
    desk = open_desk(town, loop, pigeon=blocking(value_of(town, person)))
    announce_at(desk, 1, 0)
    assert announce_at(desk, 2, 1, lane=Lane.ALERT) == {person: "unreachable"}
    assert held(town)[value_of(town, person)].strikes == 1  # of the same day
    desk.pigeon.rule = lambda _: None
    assert announce_at(desk, 3, 2, lane=Lane.ALERT) == {person: "accepted"}
    assert held(town) == {}


def test_where_receipts_tell_only_they_end_a_quarantine(town: Town, loop: Loop) -> None:
    (person,) = town.settle_in(1)
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(has_receipts=True))
    lose(town, [value_of(town, person)])
    assert announce_at(desk, 1, 24) == {person: "accepted"}
    assert len(held(town)) == 1
    for heard, left in ((Heard.SENT, 1), (Heard.DELIVERED, 0)):
        with town.sessions.begin() as session:
            told = Receipt(str(heard), heard, f"1-{person}-1", "p1", at=desk.clock.now)
            receipts.settle(session, session.get_one(Sender, town.sender_id), [told], now=desk.clock.now)
        assert len(held(town)) == left


@pytest.mark.parametrize("hours", [(0,), (0, 24), (0, 24, 96)])
def test_any_word_of_the_person_ends_a_quarantine_and_a_suppression(town: Town, hours: tuple[float, ...]) -> None:
    for hour in hours:
        lose(town, ["42"], hours=hour)
    with town.sessions.begin() as session:
        sender = session.get_one(Sender, town.sender_id)
        said = Inbound("e1", "42", "hello")
        known = directory.find(session, sender_id=sender.id, value="42")
        directory.meet(session, sender, said, known=known, enabled=["en"], now=NOW + 100 * HOUR)
    assert held(town) == {}


def test_coming_back_ends_a_quarantine(town: Town) -> None:
    lose(town, ["42"])
    with town.sessions.begin() as session:
        directory.heed(session, session.get_one(Sender, town.sender_id), Membership("e1", "42", True), now=NOW)
    assert held(town) == {}


def test_whoever_blocks_us_with_their_own_hand_is_suppressed_at_once_and_no_outage_takes_it_back(town: Town) -> None:
    lose(town, ["42"])
    with town.sessions.begin() as session:
        directory.heed(session, session.get_one(Sender, town.sender_id), Membership("e1", "42", False), now=NOW)
    assert held(town) == {"42": Held(SuppressionReason.BLOCKED, 0, None)}
    lose(town, map(str, range(100, 130)), sent=60)
    assert held(town) == {"42": Held(SuppressionReason.BLOCKED, 0, None)}


def test_an_opt_out_the_provider_keeps_is_the_persons_word(town: Town) -> None:
    lose(town, ["42"], refusal=Unreachable("opted_out", code="21610"))
    assert held(town) == {"42": Held(SuppressionReason.BLOCKED, 1, None)}


def test_an_officers_decision_is_not_weakened_by_a_strike_nor_by_an_outage(town: Town) -> None:
    with town.sessions.begin() as session:
        suppression.put(
            session,
            agency_id=town.agency_id,
            sender_id=town.sender_id,
            value="42",
            reason=SuppressionReason.LEGAL,
            now=NOW,
        )
    lose(town, ["42"])
    lose(town, map(str, range(100, 130)), sent=60)
    assert held(town) == {"42": Held(SuppressionReason.LEGAL, 0, None)}


def test_a_legal_suppression_takes_the_place_of_a_quarantine(town: Town) -> None:
    lose(town, ["42"])
    with town.sessions.begin() as session:
        suppression.put(
            session,
            agency_id=town.agency_id,
            sender_id=town.sender_id,
            value="42",
            reason=SuppressionReason.LEGAL,
            now=NOW,
        )
    assert held(town) == {"42": Held(SuppressionReason.LEGAL, 0, None)}


# --- the breaker -----------------------------------------------------------------------------------------------------


def is_open(town: Town) -> bool:
    """Whether the town's breaker is open."""
    with town.sessions() as session:
        return town.sender_id in breaker.opened(session)


def tick(town: Town, hours: float) -> int:
    """The clock looks; how many breakers it closed."""
    with town.sessions.begin() as session:
        return breaker.watch(session, NOW + hours * HOUR)


def at_thirty_a_second(town: Town, seconds: range, *, refused: int, usual: int = 0) -> None:
    """Settlements of 30 messages, one a second, each to others; so many of them refused as blocked."""
    for second in seconds:
        lost = [str(1_000 * second + place) for place in range(refused or usual)]
        lose(town, lost, sent=30, hours=second / 3600)


def test_two_minutes_in_which_every_third_is_blocked_cost_nobody_anything(town: Town) -> None:
    with capture_logs() as logs:
        at_thirty_a_second(town, range(60), refused=0)
        assert not is_open(town)
        at_thirty_a_second(town, range(60, 180), refused=9)
        at_thirty_a_second(town, range(180, 240), refused=0)
    assert held(town) == {}
    assert is_open(town)
    (told,) = [line for line in logs if line["event"] == "breaker.opened"]
    assert (told["log_level"], told["sender_id"]) == ("error", town.sender_id)
    assert 0 < told["lifted"] <= 30 * 9  # it was noticed within half a minute


def test_an_outage_is_recorded_as_failed_and_costs_no_address_anything(town: Town, loop: Loop) -> None:
    people = town.settle_in(200)
    unlucky = people[::3]
    desk = open_desk(town, loop, pigeon=blocking(*(value_of(town, id_) for id_ in unlucky)))
    came = announce_at(desk, 1, 0)
    assert {id_ for id_, why in came.items() if why == "unreachable"} == set(unlucky)
    assert town.tallies()[DeliveryState.FAILED] == len(unlucky)
    assert held(town) == {}
    assert is_open(town)
    with town.sessions() as session:
        agreed = select(func.count()).where(Subscriber.consented_at.is_not(None))
        assert session.scalar(agreed) == 200
    desk.pigeon.rule = lambda _: None
    assert set(announce_at(desk, 2, 0.01).values()) == {"accepted"}


def test_receipts_of_an_outage_open_the_breaker_too(town: Town) -> None:
    people = town.settle_in(60)
    lose(town, [], sent=60)
    town.announce(people)
    failed = Unreachable("not_on_whatsapp", code="63024")
    told = [Receipt(f"e{id_}", Heard.FAILED, f"1-{id_}-1", f"p{id_}", failed) for id_ in people[:20]]
    for some in (told[:5], told[5:]):
        with town.sessions.begin() as session:
            receipts.settle(session, session.get_one(Sender, town.sender_id), some, now=NOW)
    assert is_open(town)
    assert held(town) == {}
    assert town.tallies() == {DeliveryState.FAILED: 20}


def test_opening_takes_back_a_suppression_that_the_same_minutes_brought_and_nothing_older(town: Town) -> None:
    for hours in (0, 24):
        lose(town, ["third"], hours=hours)
    lose(town, ["older"], hours=95)
    lose(town, ["third"], hours=96)
    assert held(town)["third"].until is None
    lose(town, map(str, range(30)), sent=60, hours=96.01)
    assert set(held(town)) == {"older"}


def test_a_breaker_concerns_its_own_sender_only(town: Town) -> None:
    with town.sessions.begin() as session:
        other = Sender(agency_id=town.agency_id, key="k", channel="telegram", handle="h", created_at=NOW)
        other.credentials = b""
        session.add(other)
        session.flush()
        reach.after_send(session, other.id, agency_id=1, sent=60, lost=[Lost("7", BLOCKED)], now=NOW)
    lose(town, map(str, range(30)), sent=60)
    assert is_open(town)
    assert set(held(town)) == {"7"}


def test_it_closes_by_itself_after_five_minutes_without_a_bad_stretch(town: Town) -> None:
    at_thirty_a_second(town, range(30), refused=9)
    at_thirty_a_second(town, range(30, 329), refused=0, usual=1)
    assert is_open(town)
    assert tick(town, 310 / 3600) == 0  # the outage is still in sight
    assert held(town) == {}
    assert tick(town, 345 / 3600) == 1
    assert not is_open(town)
    lose(town, ["42"], sent=30, hours=346 / 3600)
    assert set(held(town)) == {"42"}


def test_it_closes_when_nothing_is_sent_any_more(town: Town) -> None:
    lose(town, map(str, range(30)), sent=60)
    assert tick(town, 4 / 60) == 0
    assert tick(town, 6 / 60) == 1


def test_an_outage_is_never_what_is_usual_even_where_the_clock_was_away(town: Town) -> None:
    lose(town, [], sent=1_000)
    lose(town, map(str, range(30)), sent=60, hours=1)
    assert tick(town, 2) == 1
    with town.sessions() as session:
        found = session.get_one(Breaker, town.sender_id)
        assert (found.usual_sent, found.usual_unreachable) == (0, 0)
        assert session.scalar(select(func.count()).select_from(ReachCount)) == 0


def test_what_was_sent_while_it_was_closed_is_usual(town: Town) -> None:
    lose(town, map(str, range(9)), sent=100)
    tick(town, 1)
    with town.sessions() as session:
        found = session.get_one(Breaker, town.sender_id)
        assert (found.usual_sent, found.usual_unreachable) == (100, 9)


def test_an_operator_may_say_that_a_bad_list_is_usual(town: Town) -> None:
    lose(town, map(str, range(25)), sent=100)
    assert is_open(town)
    with town.sessions.begin() as session:
        breaker.set_usual(session, town.sender_id, 0.25)
    lose(town, map(str, range(25)), sent=100, hours=0.1)
    assert not is_open(town)
    assert len(held(town)) == 25


def test_hosts_that_settle_at_the_same_moment_leave_nobody_in_quarantine_behind_an_open_breaker(town: Town) -> None:
    """Each takes addresses of its own, and some that all of them write to, in an order of its own."""

    def host(number: int) -> None:
        shared = [str(value) for value in range(5)]
        for settlement in range(10):
            mine = [f"{number}-{settlement}-{place}" for place in range(3)]
            values = [*mine, *(shared if number % 2 else reversed(shared))]
            seconds = 15 * settlement + number  # hosts meet on both sides of a slot's end
            lose(town, values, sent=20, hours=seconds / 3600)
            with town.sessions.begin() as session:
                reach.after_send(session, town.sender_id, agency_id=town.agency_id, sent=5, arrived=shared, now=NOW)

    with ThreadPoolExecutor(6) as hosts:
        list(hosts.map(host, range(6)))
    assert is_open(town)
    assert held(town) == {}


# --- whatever happens ------------------------------------------------------------------------------------------------

ADDRESSES = ("1", "2")
# Mostly failures, mostly about a day apart: what leads to a suppression must come up often enough to be looked at.
EVENTS = st.tuples(st.sampled_from(["fail"] * 8 + ["arrive", "word", "outage", "tick"]), st.sampled_from(ADDRESSES))
GAPS = st.sampled_from([0.0, 0.05, 19.0, 21.0, 21.0, 21.0, 30.0, 70.0])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.lists(st.tuples(GAPS, EVENTS), min_size=4, max_size=25))
def test_no_sequence_suppresses_somebody_without_three_strikes_over_three_days(
    session: Session, sender: Sender, happenings: list[tuple[float, tuple[str, str]]]
) -> None:
    with session.begin_nested() as story:
        live(session, sender, happenings)
        story.rollback()


def live(session: Session, sender: Sender, happenings: list[tuple[float, tuple[str, str]]]) -> None:
    """Let it happen; after each event, look at who is left alone and for how long."""
    failed = dict[str, list[float]]({value: [] for value in ADDRESSES})
    hour = 0.0
    for gap, (event, value) in happenings:
        hour += gap
        was_open, before = sender.id in breaker.opened(session), left_alone(session)
        happen(session, sender, event, value, hour)
        session.expire_all()
        after = left_alone(session)
        if event in ("fail", "outage"):
            failed[value].append(hour)
        if event in ("arrive", "word"):
            failed[value] = [] if value not in after else failed[value]
        if was_open and sender.id in breaker.opened(session):
            assert after.keys() <= before.keys()  # an open breaker adds nobody
        if event == "outage":
            assert not {value, *map(str, range(100, 140))} & {v for v in after if v not in before}
        for suppressed in (v for v, until in after.items() if until is None):
            assert is_earned(failed[suppressed])


def happen(session: Session, sender: Sender, event: str, value: str, hour: float) -> None:
    now = NOW + hour * HOUR
    common = {"agency_id": sender.agency_id, "now": now}
    match event:
        case "fail":
            reach.after_send(session, sender.id, sent=1, lost=[Lost(value, BLOCKED)], **common)  # type: ignore[arg-type]
        case "arrive":
            reach.after_send(session, sender.id, sent=1, arrived=[value], **common)  # type: ignore[arg-type]
        case "word":
            known = directory.find(session, sender_id=sender.id, value=value)
            directory.meet(session, sender, Inbound("e", value, "hello"), known=known, enabled=["en"], now=now)
        case "outage":
            lost = [Lost(each, BLOCKED) for each in (value, *map(str, range(100, 140)))]
            reach.after_send(session, sender.id, sent=100, lost=lost, **common)  # type: ignore[arg-type]
        case _:
            breaker.watch(session, now)


def left_alone(session: Session) -> dict[str, object]:
    return {row.value: row.until for row in session.scalars(select(Suppression))}


def is_earned(hours: list[float]) -> bool:
    """Whether these failures hold three, each a day after the one before, over three days in all."""
    strikes = list[float]()
    for hour in hours:
        if not strikes or hour - strikes[-1] >= hygiene.A_DAY / HOUR:
            strikes.append(hour)
    return len(strikes) >= 3 and strikes[-1] - strikes[0] >= 72


@pytest.fixture
def sender(session: Session, town: Town) -> Sender:
    """The town's sender, in the test's own session."""
    return session.get_one(Sender, town.sender_id)
