"""How many people a segment means, by language and by channel: what an officer waits for before it is saved.

Whom of them a message would reach, and by which of their addresses, is the audience's matter and dearer to find out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from db import ranges, words
from db.words import Bits
from subscribers.models import Subscriber
from subscribers.segments import asking
from subscribers.segments.asking import Selection
from subscribers.segments.tree import Field, Sign, Term, Tree, terms


@dataclass(frozen=True, slots=True)
class Meant:
    """The subscribed people a segment means. Who is on several channels counts at each, once."""

    by_locale: Mapping[str, int]
    by_channel: Mapping[str, int]

    @property
    def people(self) -> int:
        """All of them, each once."""
        return sum(self.by_locale.values())


def count(session: Session, chosen: Selection, channels: Sequence[str]) -> Meant:
    """One pass over each table the segment asks, and over addresses: whoever has one on each of the `channels`."""
    ranges.weigh(session, Subscriber)
    ranges.hurry(session)
    own, others = asking.parted(chosen.tree)
    on = {channel: Term(Field.CHANNEL, Sign.IS, (channel,)) for channel in channels}
    asked_for = [term for part in others for term in terms(part)]
    passes, bits = asking.elsewhere(session, chosen, [*asked_for, *on.values()])
    people, answers = _people(session, chosen, own, [term for term in asked_for if term.field in asking.OWN])
    meant = asking.combined(others, bits | answers).bitwise_and(people.c.everybody) if others else people.c.everybody
    asked_of = [meant, *(meant.bitwise_and(bits[term]) for term in on.values())]
    question = select(people.c.locale, *(func.sum(words.size(session, each)) for each in asked_of))
    for each in passes:
        question = question.outerjoin(each, each.c.word == people.c.word)
    rows = [(locale, numbers) for locale, *numbers in session.execute(question.group_by(people.c.locale))]
    by_channel = {channel: sum(numbers[place] for _, numbers in rows) for place, channel in enumerate(on, start=1)}
    return Meant(_some({locale: numbers[0] for locale, numbers in rows}), _some(by_channel))


def _people(
    session: Session, chosen: Selection, own: Sequence[Tree], asked_for: Sequence[Term]
) -> tuple[Subquery, dict[Term, Bits]]:
    """Who subscribed and is of the parts their own rows answer, by word and language; and what else these rows tell."""
    where = [Subscriber.agency_id == chosen.agency_id, Subscriber.consented_at.is_not(None)]
    where += [asking.own_condition(chosen, part) for part in own]
    told = [term for term in dict.fromkeys(asked_for) if term.field is not Field.LANGUAGE]
    marks = [asking.own_condition(chosen, term) for term in told]
    people = words.marked(session, Subscriber.id, marks, *where, by=[Subscriber.locale])
    answers = {term: asking.marked(people, place) for place, term in enumerate(told)}
    spoken = (term for term in asked_for if term.field is Field.LANGUAGE)
    reads = {term: asking.all_if(people.c.locale.in_(term.values)) for term in spoken}
    return people, answers | reads


def _some(numbers: Mapping[str, int]) -> dict[str, int]:
    return {key: int(number) for key, number in sorted(numbers.items()) if number}
