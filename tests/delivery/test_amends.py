"""What people have already is rewritten, said anew or taken back, by the provider's own names for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from channels.contract import Message, Rejected, Throttled, Unreachable
from delivery import amends, batches, consignments, recovery
from delivery.loop import Loop
from delivery.models import Batch, Delivery, Latecomer, Sender
from delivery.states import Aim, BatchState, DeliveryState, DoubtPolicy, Lane
from subscribers.models import Address, Subscriber, Subscription, Suppression, SuppressionReason
from tests.delivery.conftest import NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon

ACCEPTED, FAILED, WITHHELD, UNKNOWN = (
    DeliveryState.ACCEPTED,
    DeliveryState.FAILED,
    DeliveryState.WITHHELD,
    DeliveryState.UNKNOWN,
)
SECOND = 2
EN = "en"


def to(id_: int) -> str:
    return str(1_000_000 + id_)


def follow_up(
    town: Town,
    aim: Aim,
    ids: Sequence[int],
    *,
    lane: Lane = Lane.NOTICE,
    of_ids: Sequence[int] = (1,),
    text: str = "Dry.",
) -> None:
    """A second consignment about the first."""
    is_wished = aim is Aim.REPEAT
    with town.sessions.begin() as session:
        consignments.open(
            session,
            SECOND,
            agency_id=town.agency_id,
            lane=lane,
            policy=DoubtPolicy.RESEND,
            topic_id=town.topic_id if is_wished else None,
            cadences=["at_once"],
            deadline_at=NOW + timedelta(hours=50),
            now=NOW,
            aim=aim,
            of_ids=of_ids,
        )
        if aim is not Aim.TAKE_BACK:
            consignments.add_wording(session, SECOND, sender_id=town.sender_id, locale=EN, text=text)
        batches.add(session, SECOND, sender_id=town.sender_id, lane=lane, position=0, ids=ids, now=NOW)
        consignments.planned(session, SECOND)


def sent_to(town: Town, desk: Desk, count: int = 4) -> list[int]:
    """People who got the first."""
    people = town.settle_in(count)
    town.announce(people)
    desk.work_off()
    return people


def refusing(message: str, refusal: Exception) -> Pigeon:
    """A pigeon that refuses whatever says this."""
    return Pigeon(rule=lambda said: refusal if said.text == message else None)  # type: ignore[arg-type,return-value]


# --- corrections ----------


def test_a_notice_is_put_right_by_an_edit_and_nobody_is_told_twice(town: Town, desk: Desk) -> None:
    people = sent_to(town, desk)
    names = {row.subscriber_id: row.provider_id for row in town.deliveries().values()}
    follow_up(town, Aim.CORRECT, people)
    desk.work_off()
    assert {(name, message.to, message.text) for name, message in desk.pigeon.edited} == {
        (names[id_], to(id_), "Dry.") for id_ in people
    }
    assert len(desk.pigeon.carried) == len(people), "an edit is no new message"
    assert town.tallies(SECOND) == {ACCEPTED: 4}
    assert {row.provider_id for row in town.deliveries(SECOND).values()} == set(names.values())


def test_an_alert_is_said_anew_too_because_an_edit_notifies_nobody(town: Town, desk: Desk) -> None:
    people = sent_to(town, desk)
    follow_up(town, Aim.CORRECT, people, lane=Lane.ALERT)
    desk.work_off()
    assert Counter(message.to for message in desk.pigeon.carried if message.text == "Dry.") == {
        to(id_): 1 for id_ in people
    }
    assert len(desk.pigeon.edited) == len(people)


def test_an_alert_that_is_paid_for_does_not_wait_for_edits_that_cannot_be(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(rate=30.0, paid_rate=1000.0))
    people = sent_to(town, desk)
    with town.sessions.begin() as session:
        session.get_one(Sender, town.sender_id).is_paid = True
    follow_up(town, Aim.CORRECT, people, lane=Lane.ALERT)
    desk.work_off()
    assert not desk.pigeon.edited
    assert Counter(message.text for message in desk.pigeon.carried if message.is_paid) == {"Dry.": 4}


def test_what_cannot_be_rewritten_is_said_anew(town: Town, loop: Loop) -> None:
    edits: list[Message] = []

    class Stubborn(Pigeon):
        async def edit(self, provider_id: str, message: Message) -> object:  # type: ignore[override]
            edits.append(message)
            raise Rejected("gone")

    desk = open_desk(town, loop, pigeon=Stubborn())
    people = sent_to(town, desk, 2)
    follow_up(town, Aim.CORRECT, people)
    desk.work_off()
    assert len(edits) == 2
    assert Counter(message.text for message in desk.pigeon.carried) == {"Rain.": 2, "Dry.": 2}
    assert town.tallies(SECOND) == {ACCEPTED: 2}


def test_where_nothing_can_be_edited_a_new_message_comes(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(can_edit=False))
    people = sent_to(town, desk, 2)
    follow_up(town, Aim.CORRECT, people)
    desk.work_off()
    assert not desk.pigeon.edited
    assert Counter(message.text for message in desk.pigeon.carried) == {"Rain.": 2, "Dry.": 2}


def test_an_edit_beside_a_new_message_that_is_throttled_waits_once_and_tells_nobody_twice(
    town: Town, loop: Loop
) -> None:
    told = [Throttled(retry_after=timedelta(milliseconds=10))]

    class Slow(Pigeon):
        async def edit(self, provider_id: str, message: Message) -> object:  # type: ignore[override]
            if told:
                raise told.pop()
            return await super().edit(provider_id, message)

    desk = open_desk(town, loop, pigeon=Slow())
    people = sent_to(town, desk, 1)
    follow_up(town, Aim.CORRECT, people, lane=Lane.ALERT)
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried] == ["Rain.", "Dry."]
    assert len(desk.pigeon.edited) == 1


def test_a_pause_quiet_hours_and_a_topic_left_keep_no_correction_away_but_a_stop_does(town: Town, desk: Desk) -> None:
    paused, quiet, left, stopped, suppressed = people = sent_to(town, desk, 5)
    with town.sessions.begin() as session:
        session.get_one(Subscriber, paused).paused_until = NOW + timedelta(days=3)
        session.get_one(Subscriber, quiet).quiet_from, session.get_one(Subscriber, quiet).quiet_until = 0, 1439
        session.get_one(Subscriber, stopped).consented_at = None
        session.execute(delete(Subscription).where(Subscription.subscriber_id == left))
        session.add(
            Suppression(
                agency_id=town.agency_id,
                sender_id=town.sender_id,
                value=to(suppressed),
                reason=SuppressionReason.BLOCKED,
                at=NOW,
            )
        )
    follow_up(town, Aim.CORRECT, people)
    desk.work_off()
    found = {id_: (row.state, row.reason) for id_, row in town.deliveries(SECOND).items()}
    assert found == {
        paused: (ACCEPTED, None),
        quiet: (ACCEPTED, None),
        left: (ACCEPTED, None),
        stopped: (WITHHELD, "no_consent"),
        suppressed: (WITHHELD, "suppressed"),
    }


def test_nobody_with_two_addresses_has_another_chats_message_rewritten(town: Town, desk: Desk) -> None:
    people = sent_to(town, desk, 2)
    with town.sessions.begin() as session:
        other = Address(subscriber_id=people[0], agency_id=town.agency_id, sender_id=town.sender_id, channel="telegram")
        other.value, other.created_at = "42", NOW - timedelta(days=1)
        session.add(other)
    follow_up(town, Aim.CORRECT, people)
    desk.work_off()
    assert [message.to for _, message in desk.pigeon.edited] == [to(people[1])]
    assert sum(message.text == "Dry." for message in desk.pigeon.carried) == 1


# --- recalls ----------


@dataclass
class Bin(Pigeon):
    """A pigeon that remembers what it took back."""

    deleted: list[tuple[str, str]] = field(default_factory=list)
    refusals: dict[str, Exception] = field(default_factory=dict)

    async def delete(self, to: str, provider_id: str) -> None:
        """Take it back, unless it was told to refuse."""
        if to in self.refusals:
            raise self.refusals[to]
        self.deleted.append((to, provider_id))


def test_everything_that_is_young_enough_is_taken_back_once_also_of_who_said_stop(town: Town, loop: Loop) -> None:
    pigeon = Bin()
    desk = open_desk(town, loop, pigeon=pigeon)
    people = sent_to(town, desk, 3)
    old = people[0]
    with town.sessions.begin() as session:
        session.get_one(Subscriber, people[1]).consented_at = None
        session.execute(
            update(Delivery).where(Delivery.subscriber_id == old).values(accepted_at=NOW - timedelta(hours=48))
        )
        session.execute(update(Address).values(created_at=NOW - timedelta(days=9)))
    names = {id_: row.provider_id for id_, row in town.deliveries().items()}
    follow_up(town, Aim.TAKE_BACK, people)
    desk.work_off()
    assert Counter(pigeon.deleted) == {(to(id_), names[id_]): 1 for id_ in people[1:]}
    assert {id_: row.reason for id_, row in town.deliveries(SECOND).items()} == {
        old: "too_old",
        people[1]: None,
        people[2]: None,
    }
    assert town.tallies(SECOND) == {ACCEPTED: 2, WITHHELD: 1}
    assert len(pigeon.carried) == 3, "nobody is written to"


def test_a_channel_that_takes_nothing_back_is_said_to(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Bin().with_limits(delete_within=None))
    people = sent_to(town, desk, 2)
    follow_up(town, Aim.TAKE_BACK, people)
    desk.work_off()
    assert {row.reason for row in town.deliveries(SECOND).values()} == {"not_removable"}


def test_a_chat_that_blocked_us_costs_the_address_nothing(town: Town, loop: Loop) -> None:
    pigeon = Bin()
    desk = open_desk(town, loop, pigeon=pigeon)
    people = sent_to(town, desk, 2)
    pigeon.refusals[to(people[0])] = Unreachable("blocked", code="403")
    follow_up(town, Aim.TAKE_BACK, people)
    desk.work_off()
    assert town.tallies(SECOND) == {FAILED: 1, ACCEPTED: 1}
    with town.sessions() as session:
        assert session.scalar(select(func.count(Suppression.id))) == 0


def test_a_throttled_deletion_waits_as_long_as_the_platform_says(town: Town, loop: Loop) -> None:
    pigeon = Bin()
    desk = open_desk(town, loop, pigeon=pigeon)
    people = sent_to(town, desk, 6)
    pigeon.refusals[to(people[2])] = Throttled(retry_after=timedelta(seconds=5))
    follow_up(town, Aim.TAKE_BACK, people)
    desk.work_off()
    del pigeon.refusals[to(people[2])]
    desk.clock.wait(10)
    for _ in range(2):
        desk.woken.append(("work", town.sender_id))
        desk.work_off()
    assert len(pigeon.deleted) == len(set(pigeon.deleted)) == 6
    assert town.tallies(SECOND) == {ACCEPTED: 6}


# --- retries ----------


@pytest.mark.parametrize("state", [ACCEPTED, DeliveryState.DELIVERED])
def test_whoever_got_it_meanwhile_does_not_get_it_again(town: Town, desk: Desk, state: DeliveryState) -> None:
    people = town.settle_in(3)
    with town.sessions.begin() as session:  # a receipt that came after the audience was frozen
        for id_, known in ((people[0], state), (people[1], FAILED)):
            session.add(Delivery(consignment_id=1, subscriber_id=id_, sender_id=town.sender_id, attempt=1, state=known))
        session.add(Latecomer(consignment_id=1, subscriber_id=people[2], at=NOW))
    follow_up(town, Aim.REPEAT, people, lane=Lane.ALERT)
    desk.clock.wait(1)
    desk.work_off()
    assert [message.to for message in desk.pigeon.carried] == [to(people[1])]
    reasons = {id_: row.reason for id_, row in town.deliveries(SECOND).items()}
    assert reasons == {people[0]: "has_it", people[1]: None, people[2]: "handed_over"}


# --- what a stop leaves in doubt ----------


def test_who_was_on_their_way_when_it_was_stopped_may_have_it(town: Town) -> None:
    people = town.settle_in(4)
    town.announce(people)
    with town.sessions.begin() as session:
        session.execute(update(Batch).values(state=BatchState.DROPPED, marked=3, cursor=1))
        session.add(
            Delivery(consignment_id=1, subscriber_id=people[2], sender_id=town.sender_id, attempt=1, state=ACCEPTED)
        )
        session.flush()
        assert recovery.note_dropped(session, [1], now=NOW) == 1
        assert recovery.note_dropped(session, [1], now=NOW) == 0
    rows = {id_: row.state for id_, row in town.deliveries().items()}
    assert rows == {people[1]: UNKNOWN, people[2]: ACCEPTED}
    assert amends.HAVE_IT[-1] is UNKNOWN
