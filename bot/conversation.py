"""One turn: what somebody said, and what we answer. The one way into the room."""

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, inspect, select
from sqlalchemy.orm import Session

from bot import albums, alerting, floods, pickers, routing, topic_words
from bot.floods import Flow, Verdict
from bot.keywords import is_stop, normalise
from bot.models import Conversation
from bot.replies import Reply, render
from bot.talk import ALONE, Above, Talk
from channels.contract import Inbound, Limits, Membership, Refusal
from db import bulk
from delivery import personal as post
from delivery import senders
from delivery.drafts import Draft
from delivery.models import Sender
from staff import officers
from staff.models import Agency
from subscribers import directory, forgetting

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import ReturningInsert

FORGOTTEN_AT_ONCE = 1_000
STOP, STOP_TOPIC = "leaving:stop", "leaving:topic:"  # the buttons that are a STOP, of everything or of one topic


def hear(
    session: Session,
    inbound: Inbound,
    *,
    sender: Sender,
    limits: Limits,
    now: datetime,
    locked: Conversation | None = None,
    above: Above = ALONE,
    file: bytes | Refusal | None = None,
) -> list[Draft]:
    """Do what was asked and return the answers in the person's language: at least one, but where they flood us.

    Locks the conversation's row until the caller's transaction ends, so that words of one person are handled one at a
    time; `locked` is that row where the caller did already. The caller posts the drafts in the same transaction.
    The further pictures of an album are answered with the first.
    Raises FileWanted where `file`, the content of what was sent with it, has to be fetched first.
    """
    conversation = locked or lock(session, sender_id=sender.id, address=inbound.address, now=now)
    session.expunge(conversation)  # what the turn changes in its row is written once, at its end
    said = albums.left_to_answer(conversation, inbound)
    verdict = _weigh(session, said, conversation, sender=sender, now=now) if said else Verdict.IGNORE
    if said is None or verdict is Verdict.IGNORE:
        _keep(session, conversation)
        return []
    talk = _begin(session, said, conversation, sender=sender, limits=limits, now=now)
    talk.above, talk.file = above, file
    replies = [Reply("floods.slow_down", {})] if verdict is Verdict.WARN else _replies(talk)
    if not talk.is_over:
        _keep(session, conversation)
    session.flush()
    is_tap = limits.can_edit and inbound.choice is not None and verdict is not Verdict.WARN
    tapped_id = inbound.tapped_id if is_tap else None
    return [render(reply, talk.locale, talk.agency.time_zone, tapped_id=tapped_id) for reply in replies]


def _replies(talk: Talk) -> list[Reply]:
    """The answers, and what comes with them to who just subscribed; their choices are what can be typed next."""
    before = alerting.standing(talk)
    replies = routing.answer(talk)
    if talk.is_over:
        return replies
    replies = [*replies, *alerting.newly_due(talk, before)]
    choices = (choice for reply in replies for choice in reply.choices)
    talk.offer(choices, is_numbered=any(reply.is_numbered for reply in replies))
    return replies


def _keep(session: Session, conversation: Conversation) -> None:
    """Have the session write what the turn changed, in place of any copy that was read meanwhile."""
    key = inspect(conversation).key
    if key is not None and (copy := session.identity_map.get(key)) is not None:
        session.expunge(copy)
    session.add(conversation)


def notice(session: Session, membership: Membership, *, sender: Sender, now: datetime) -> None:
    """The platform says that somebody blocked us or came back: nothing is answered, and consent stays as it was."""
    directory.heed(session, sender, membership, now=now)


def lock(session: Session, *, sender_id: int, address: str, now: datetime) -> Conversation:
    """The conversation with an address, made if new, its row locked until the transaction ends."""
    row = {"sender_id": sender_id, "address": address, "data": {}, "updated_at": now}
    return session.scalars(_locking(bulk.dialect_of(session)), row, execution_options={"populate_existing": True}).one()


@cache
def _locking(dialect: str) -> "ReturningInsert[Conversation]":
    """Put together once: for every word that is heard that would take longer than to run it."""
    given: dict[str, Any] = {name: bindparam(name) for name in ("sender_id", "address", "data", "updated_at")}
    new = bulk.inserting(dialect, Conversation).values(given)
    key = ["sender_id", "address"]
    return new.on_conflict_do_update(index_elements=key, set_={"address": new.excluded.address}).returning(Conversation)


def forget_idle(session: Session, now: datetime) -> int:
    """Forget conversations in which nothing was said for the agency's term for words; how many.

    At most 1,000 of a sender. Their next word begins a new one.
    """
    gone = 0
    for sender_id, term in senders.terms_for_words(session):
        mine = Conversation.sender_id == sender_id
        idle = select(Conversation.address).where(mine, Conversation.updated_at <= now - term)
        some = idle.order_by(Conversation.updated_at).limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
        addresses = session.scalars(some).all()  # ix_conversations_sender_updated
        gone += bulk.changed(session, delete(Conversation).where(mine, Conversation.address.in_(addresses)))
    return gone


def _weigh(session: Session, inbound: Inbound, known: Conversation, *, sender: Sender, now: datetime) -> Verdict:
    """Whether this word is answered: STOP always is, of everything or of one topic, and what officers say."""
    flow, verdict = floods.pour(Flow(known.level, known.updated_at, known.is_slowed), now)
    known.level, known.updated_at, known.is_slowed = flow.level, flow.at, flow.is_slowed
    if verdict is Verdict.ANSWER or _stops(session, inbound, known, session.get_one(Agency, sender.agency_id)):
        return Verdict.ANSWER
    is_officers = officers.behind(session, sender_id=sender.id, address=inbound.address) is not None
    return Verdict.ANSWER if is_officers else verdict


def _stops(session: Session, inbound: Inbound, known: Conversation, agency: Agency) -> bool:
    """Whether this is a clear stop: tapped, in words of any language, of single topics, or the label of a button."""
    offered: dict[str, str] = known.data.get("offered", {})
    key = inbound.choice if inbound.choice is not None else offered.get(normalise(inbound.text), "")
    if key == STOP or key.startswith(STOP_TOPIC):
        return True
    if inbound.choice is not None:
        return False
    if is_stop(inbound.text, agency.every_name):
        return True
    may_name_topics = topic_words.may_stop(inbound.text)  # or whoever only makes a noise would have them read each time
    return may_name_topics and topic_words.read(inbound.text, pickers.topics_of(session, agency.id)).is_clear


def _begin(
    session: Session,
    inbound: Inbound,
    conversation: Conversation,
    *,
    sender: Sender,
    limits: Limits,
    now: datetime,
) -> Talk:
    agency = session.get_one(Agency, sender.agency_id)
    owner = forgetting.owner(session, sender, inbound)
    if owner.is_new:
        conversation.dialog, conversation.data = None, {}
        post.forget_letters(session, sender_id=sender.id, to=inbound.address)
        officers.unbind(session, sender_id=sender.id, address=inbound.address, now=now)
    address = directory.meet(session, sender, inbound, known=owner.address, enabled=agency.locales, now=now)
    return Talk(
        session=session,
        now=now,
        sender=sender,
        limits=limits,
        inbound=inbound,
        conversation=conversation,
        agency=agency,
        address=address,
        subscriber=address.subscriber,
        officer=officers.behind(session, sender_id=sender.id, address=inbound.address),
    )
