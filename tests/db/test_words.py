"""Sets of people as words of bits: each person in them once, whichever bit is theirs."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import words
from subscribers.models import Subscriber
from tests.bot import people

FIRST, SIGN, NEXT, FAR = 64, 127, 128, 2**40 + 63


@pytest.mark.parametrize("meant", [[], [FIRST], [SIGN], [FIRST, SIGN], [NEXT, FAR], [FIRST, SIGN, NEXT, FAR]])
def test_a_word_holds_whom_it_was_told_and_its_contrary_the_others(session: Session, meant: list[int]) -> None:
    owner, everybody = people.agency(session), [FIRST, FIRST + 1, SIGN, NEXT, FAR]
    values = {"agency_id": owner.id, "created_at": people.START}
    session.add_all([Subscriber(id=id, locale="ta" if id in meant else "en", **values) for id in everybody])
    session.flush()
    found = words.marked(session, Subscriber.id, [Subscriber.locale == "ta"])
    bits = func.coalesce(found.c.m0, words.NOBODY)
    joined = select(Subscriber.id).join(found, found.c.word == words.number(session, Subscriber.id))
    asked = joined.order_by(Subscriber.id)
    assert list(session.scalars(asked.where(words.has(session, bits, Subscriber.id)))) == meant
    contrary = asked.where(words.has(session, bits.bitwise_not(), Subscriber.id))
    assert list(session.scalars(contrary)) == [id for id in everybody if id not in meant]
    sizes = select(func.sum(words.size(session, bits)), func.sum(words.size(session, found.c.everybody)))
    assert session.execute(sizes).one() == (len(meant), len(everybody))
