"""Whether a prepared text can leave with its blanks filled: found out when it is written and not at 3 a.m."""

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from broadcast import compose, content, prepared_texts, stamp, values
from broadcast.content import Frame, Problem
from broadcast.models import Broadcast
from broadcast.states import Kind, Meaning
from delivery.switchboard import LimitsOf
from locales import texts
from staff.models import Agency
from subscribers import areas, topics

CODE = "M" * compose.CODE_LENGTH


def problems(
    session: Session,
    agency: Agency,
    locale: str,
    text: str,
    *,
    meaning: Meaning | None,
    topic_id: int | None,
    limits_of: LimitsOf,
) -> Sequence[Problem]:
    """What would keep this text from leaving, its blanks at their longest; of several limits it is over the tightest.

    A correction is measured below the longest topic's name: whose alert it will be about nobody knows yet.
    """
    whole = values.BLANK.sub(lambda found: _longest(session, agency, found, locale), text)
    ways = compose.ways_of(session, agency.id, limits_of)
    found = content.check_text(_frame(session, agency, locale, meaning, topic_id), locale, whole, ways)
    return [each for each in found if not each.is_caution]


def _longest(session: Session, agency: Agency, found: re.Match[str], locale: str) -> str:
    match found[1].casefold():
        case prepared_texts.TIME:
            return stamp.longest(agency.time_zone, locale)
        case prepared_texts.AREA if known := areas.list_for(session, agency.id):
            return max((area.name_in(locale) for area in known), key=len)
        case _:
            return "x" * prepared_texts.VALUE_LENGTH


def _frame(session: Session, agency: Agency, locale: str, meaning: Meaning | None, topic_id: int | None) -> Frame:
    known = topics.list_for(session, agency.id)
    mine = [topic for topic in known if meaning is not None or topic.id == topic_id]
    topic = max(mine, key=lambda each: len(each.name_in(locale)), default=None)
    frame = compose.frame(Broadcast(kind=Kind.ALERT, code=CODE), agency, topic, locale)
    if meaning is None:
        return frame
    title = topic.name_in(locale) if topic is not None else agency.name_in(locale)
    heading = texts.say("broadcast.heading.correction.alert", locale, first=CODE, title=title, code=CODE)
    return Frame(heading, frame.footer, frame.sent_at, frame.longest)
