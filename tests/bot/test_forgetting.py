"""A conversation in which nothing was said for long is forgotten; the person and their consent are not."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversation
from bot.models import Conversation
from delivery.models import Sender
from tests.bot.people import Person, subscribed

MONTH = timedelta(days=30)


def test_an_idle_conversation_is_forgotten_and_the_next_word_begins_a_new_one(
    session: Session, telegram: Sender
) -> None:
    person, other = subscribed(Person(session, telegram), 1), Person(session, telegram, value="77")
    person.says("/topics")
    other.now = person.now + timedelta(days=1)
    other.says("hi")
    session.flush()
    assert conversation.forget_idle(session, person.now + MONTH - timedelta(seconds=1)) == 0
    assert conversation.forget_idle(session, person.now + MONTH) == 1
    assert session.scalars(select(Conversation.address)).all() == ["77"]
    person.now += MONTH
    session.expire_all()
    assert person.is_subscribed
    assert len(person.record) == 1
    person.says("HELP")
    assert person.labels()
