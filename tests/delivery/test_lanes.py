"""Several senders, agencies and lanes on one worker, from outside: what the platforms' record says of who went when.

In both sizes: SQLite with the brakes in this process, PostgreSQL with the brakes and the broker on Redis. What is
compared is the order in the record, never how fast the machine was.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from sqlalchemy import select

from db.engine import Sessions
from delivery import batches, consignments, letters, senders
from delivery.drafts import Draft
from delivery.models import Sender
from delivery.states import DeliveryState, Lane
from delivery.throttle import LocalThrottle, RedisThrottle
from staff.models import Agency
from subscribers.models import Topic
from tests.delivery.conftest import NOW, VAULT, Town
from tests.delivery.test_through_the_simulator import House, utc_now
from tests.simulated import Simulator


@dataclass
class Quarter(Town):
    """A town seen from one sender of its own, and the bot behind it. `phones` are the people's, in their order."""

    bot: str = ""
    phones: tuple[str, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """Where its people are reached."""
        return [phone.removeprefix("telegram-") for phone in self.phones]


@pytest.fixture(scope="module")
def platforms() -> Iterator[Simulator]:
    """The pretended platforms with their brakes on."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(platforms: Simulator) -> Simulator:
    """The same with nobody in them."""
    platforms.clear_faults()
    platforms.reset()
    return platforms


@pytest.fixture
def house(town: Town, simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[House]:
    """One worker process of the size that goes with the database."""
    if _dialect(town.sessions) == "sqlite":
        made = House(town, simulator, StubBroker(middleware=[]), LocalThrottle())
    else:
        url = request.getfixturevalue("redis_url")
        broker = RedisBroker(url=url, middleware=[])  # type: ignore[no-untyped-call]
        made = House(town, simulator, broker, RedisThrottle(url))
    with made:
        yield made


def _dialect(sessions: Sessions) -> str:
    with sessions() as session:
        return session.get_bind().dialect.name


def quarter(
    town: Town, simulator: Simulator, number: int, *, people: int, rate: float, platform: float | None = None
) -> Quarter:
    """A bot with a rate of its own, and people who wrote to it; `platform` is what the platform allows it."""
    with town.sessions.begin() as session:
        token = f"70{number:04}:simulated-token"
        made = senders.add(
            session,
            agency_id=town.agency_id,
            channel="telegram",
            handle=f"bot_{number}",
            credentials=VAULT.seal({"token": token, "webhook_secret": "a-secret_of-the-door"}),
            rate=rate,
            now=NOW,
        )
    bot = simulator.add_bot(token, f"bot_{number}")
    simulator.limits(bot=bot, rate=platform or rate, burst=platform or rate)
    phones = simulator.new_phones(people, "telegram", started_with=bot)
    found = Quarter(town.sessions, town.agency_id, made.id, town.topic_id, bot=bot, phones=tuple(phones))
    found.settle_in(people, at=found.addresses)
    return found


def another_agency(town: Town) -> Town:
    """A neighbour with a topic of its own and no sender yet."""
    with town.sessions.begin() as session:
        agency = Agency(slug="water", name="Water", locales=["en"], created_at=NOW)
        session.add(agency)
        session.flush()
        topic = Topic(agency_id=agency.id, key="river", names={"en": "River"})
        session.add(topic)
        session.flush()
        return Town(town.sessions, agency.id, 0, topic.id)


def accepted(simulator: Simulator, after: int = 0) -> list[dict[str, Any]]:
    """The messages the platforms took, in order."""
    return [entry for entry in simulator.record(after) if entry["accepted"] and entry["method"] == "sendMessage"]


def last_place(record: list[dict[str, Any]], bot: str) -> int:
    """Where in the record a bot's last message stands."""
    return max(place for place, entry in enumerate(record) if entry["bot"] == bot)


def stop(town: Town, *consignment_ids: int) -> None:
    """Let nothing more of these leave."""
    with town.sessions.begin() as session:
        for id_ in consignment_ids:
            consignments.stop(session, id_)


def test_four_slow_senders_do_not_hold_back_a_fast_one(town: Town, simulator: Simulator, house: House) -> None:
    slow = [quarter(town, simulator, number, people=60, rate=2.0) for number in range(1, 5)]
    fast = quarter(town, simulator, 5, people=600, rate=500.0)
    for place, each in enumerate(slow):
        each.announce(each.people, consignment_id=10 + place, size=10, now=utc_now())
    time.sleep(1.0)
    fast.announce(fast.people, consignment_id=5, size=100, now=utc_now())
    house.finish(5, seconds=60)
    record = accepted(simulator)
    stop(town, 10, 11, 12, 13)
    before_the_last = record[: last_place(record, fast.bot)]
    assert sum(entry["bot"] == fast.bot for entry in before_the_last) == 599
    assert sum(entry["bot"] != fast.bot for entry in before_the_last) <= 120  # of 240, which take them half a minute
    assert {entry["bot"] for entry in before_the_last} == {each.bot for each in (*slow, fast)}


def test_two_agencies_share_a_worker_fairly(town: Town, simulator: Simulator, house: House) -> None:
    ours = quarter(town, simulator, 1, people=1500, rate=2000.0)
    theirs = quarter(another_agency(town), simulator, 2, people=1500, rate=2000.0)
    ours.announce(ours.people, consignment_id=1, size=50, now=utc_now())
    theirs.announce(theirs.people, consignment_id=2, size=50, now=utc_now())
    house.finish(1, seconds=60)
    house.finish(2, seconds=60)
    bots = [entry["bot"] for entry in accepted(simulator)]
    both_began = max(bots.index(each.bot) for each in (ours, theirs))
    one_ended = min(len(bots) - bots[::-1].index(each.bot) for each in (ours, theirs))
    while_both = bots[both_began:one_ended]
    shares = Counter(while_both)
    # Not half: who is served a moment earlier is a batch ahead, and SQLite hands its one lock to whoever asks next.
    assert min(shares[each.bot] for each in (ours, theirs)) >= len(while_both) / 3
    assert Counter(bots) == {ours.bot: 1500, theirs.bot: 1500}


def test_an_alert_overtakes_a_running_bulletin_which_then_ends_complete(
    town: Town, simulator: Simulator, house: House
) -> None:
    rate, count = 200.0, 300
    here = quarter(town, simulator, 1, people=500, rate=rate)
    here.announce(here.people, lane=Lane.BULLETIN, size=200, now=utc_now())
    time.sleep(0.75)
    launched_after = len(simulator.record())
    here.announce(here.people[:count], consignment_id=2, lane=Lane.ALERT, size=200, now=utc_now())
    house.finish(2, seconds=60)
    since = accepted(simulator, launched_after)
    alerted = {str(entry["to"]) for entry in since[:count]}
    house.finish(1, seconds=60)
    # Of the three hundred after the launch at most a half second's worth was the bulletin's: what was on its way.
    overtaken = set(here.addresses[count:])
    assert len(alerted & overtaken) <= rate / 2
    got = simulator.summary()["recipients"]["telegram"]
    assert got == {address: 2 if place < count else 1 for place, address in enumerate(here.addresses)}
    assert here.tallies(1) == {DeliveryState.ACCEPTED: 500}
    assert here.tallies(2) == {DeliveryState.ACCEPTED: count}


def test_letters_of_a_slow_provider_do_not_hold_those_of_another_sender(
    town: Town, simulator: Simulator, house: House
) -> None:
    slow = quarter(town, simulator, 1, people=60, rate=500.0)
    quick = quarter(town, simulator, 2, people=20, rate=500.0)
    simulator.fault("slow", bot=slow.bot, seconds=6)
    for each in (slow, quick):
        for address in each.addresses:
            post(each, address)
    simulator.wait_for(lambda: len(accepted(simulator)) == 80, 60)
    assert [entry["bot"] for entry in accepted(simulator)] == [quick.bot] * 20 + [slow.bot] * 60


def post(town: Town, address: str) -> None:
    """A reply to one person."""
    with town.sessions.begin() as session:
        kept = {"sender_id": town.sender_id, "agency_id": town.agency_id}
        letters.post(session, **kept, to=address, draft=Draft("Hello"), now=utc_now())


def test_one_broadcast_reaches_everybody_through_the_bot_they_wrote_to(
    town: Town, simulator: Simulator, house: House
) -> None:
    first = quarter(town, simulator, 1, people=40, rate=200.0)
    second = quarter(town, simulator, 2, people=40, rate=20.0)
    first.announce([], now=utc_now())
    with town.sessions.begin() as session:
        consignments.add_wording(session, 1, sender_id=second.sender_id, locale="en", text="Rain.")
    plan(first, second)
    house.finish(1, seconds=60)
    sent_by = {str(entry["to"]): entry["bot"] for entry in accepted(simulator)}
    assert sent_by == {address: each.bot for each in (first, second) for address in each.addresses}
    assert first.tallies() == {DeliveryState.ACCEPTED: 80}


def plan(*quarters: Quarter) -> None:
    """Batches of one consignment for each of these senders."""
    for each in quarters:
        with each.sessions.begin() as session:
            batches.add(
                session, 1, sender_id=each.sender_id, lane=Lane.NOTICE, position=0, ids=each.people, now=utc_now()
            )


def test_what_a_provider_asks_to_wait_is_waited_by_that_sender_alone(
    town: Town, simulator: Simulator, house: House
) -> None:
    held = quarter(town, simulator, 1, people=60, rate=20.0)
    free = quarter(town, simulator, 2, people=100, rate=40.0)
    for place, each in enumerate((held, free), start=1):
        each.announce(each.people, consignment_id=place, now=utc_now())
    simulator.wait_for(lambda: len(accepted(simulator)) >= 20, 20)
    simulator.fault("throttle", bot=held.bot, count=1, seconds=2)
    house.finish(2, seconds=60)
    house.finish(1, seconds=60)
    record = simulator.record()
    (refused,) = [entry for entry in record if entry["error"]]
    asked_at = moment(refused)
    later = [moment(entry) for entry in record if entry["bot"] == held.bot and moment(entry) > asked_at + AT_ONCE]
    assert min(later) >= asked_at + timedelta(seconds=2)
    in_between = [entry for entry in record if asked_at < moment(entry) < min(later)]
    assert sum(entry["bot"] == free.bot for entry in in_between) >= 10
    assert held.tallies(1) == {DeliveryState.ACCEPTED: 60}


AT_ONCE = timedelta(seconds=0.1)  # what had its token when the answer came


def moment(entry: dict[str, Any]) -> datetime:
    """When the platform was called."""
    return datetime.fromisoformat(entry["at"])


def test_an_alert_that_is_paid_for_is_faster_than_what_is_free_and_nothing_else_is(
    town: Town, simulator: Simulator, house: House
) -> None:
    here = quarter(town, simulator, 1, people=300, rate=5.0)
    with town.sessions.begin() as session:
        senders.set_paid(session, here.sender_id, is_paid=True, rate=400.0)
    here.announce(here.people, lane=Lane.BULLETIN, size=50, now=utc_now())
    simulator.wait_for(lambda: len(accepted(simulator)) >= 5, 20)
    here.announce(here.people, consignment_id=2, lane=Lane.ALERT, size=100, now=utc_now())
    house.finish(2, seconds=60)
    stop(town, 1)
    assert here.tallies(2) == {DeliveryState.ACCEPTED: 300}
    # Free of charge the alert alone would have taken a minute: the platform would have refused all but five a second.
    totals = simulator.summary()["totals"]
    assert totals["refused"] == 0
    assert here.tallies(1)[DeliveryState.ACCEPTED] < 60


def test_brakes_remember_a_hold_over_a_restart(town: Town, simulator: Simulator) -> None:
    here = quarter(town, simulator, 1, people=20, rate=50.0)
    simulator.fault("throttle", bot=here.bot, count=1, seconds=2)
    with House(town, simulator, StubBroker(middleware=[]), LocalThrottle()):
        here.announce(here.people, now=utc_now())
        simulator.wait_for(lambda: simulator.summary()["totals"]["refused"] == 1, 10)
        simulator.wait_for(lambda: held_until(here) is not None, 10)
    before = len(simulator.record())
    with House(town, simulator, StubBroker(middleware=[]), LocalThrottle()) as restarted:
        restarted.finish(1, seconds=30)
    record = simulator.record()
    (refused,) = [entry for entry in record if entry["error"]]
    assert len(record) > before
    assert all(moment(entry) >= moment(refused) + timedelta(seconds=2) for entry in record[before:])
    assert here.tallies() == {DeliveryState.ACCEPTED: 20}


def held_until(town: Town) -> datetime | None:
    """Until when the sender waits, as the database remembers it."""
    with town.sessions() as session:
        return session.scalars(select(Sender.held_until).where(Sender.id == town.sender_id)).one()
