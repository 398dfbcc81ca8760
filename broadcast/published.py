"""What an agency has said, as anybody may read it: the latest announcements, and one by its code.

Only what was launched is here. Drafts, what waits for approval or for its time, campaigns and another agency's codes
are as unknown as a code that was made up; so nobody learns anything by guessing. Nothing here writes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from broadcast import beside, compose, outcomes, together
from broadcast.models import Broadcast, Content
from broadcast.states import Aftercare, Kind, State

LAUNCHED = (State.SENDING, State.PAUSED, State.FINISHED, State.CANCELLED, State.CORRECTED, State.RECALLED)
ANNOUNCED = (Kind.ALERT, Kind.NOTICE)  # a bulletin only repeats them
PUBLIC = (*ANNOUNCED, Kind.BULLETIN)  # a campaign is for the people on its list, and may be personal
LATEST = 5
CORRECTING = (None, Aftercare.CORRECTION)


class Standing(StrEnum):
    """Whether what was said still holds. The text for it is "published.<value>"."""

    STANDING = "standing"
    CORRECTED = "corrected"  # another one puts it right
    RECALLED = "recalled"  # taken back
    CANCELLED = "cancelled"  # ended on its way: only some people got it


TURNS = {State.CORRECTED: Standing.CORRECTED, State.RECALLED: Standing.RECALLED, State.CANCELLED: Standing.CANCELLED}


@dataclass(frozen=True, slots=True)
class Published:
    """One launched broadcast. `texts` is locale -> what its people read, with the words for what stood beside it;
    `correction_code` is of what puts it right, `corrects_code` of what it puts right itself, as far as those were
    launched. `topic_id` None: it went to everybody; `area_ids` (none: everywhere) says whom of them it concerned.
    """

    id: int
    code: str
    kind: Kind
    topic_id: int | None
    launched_at: datetime
    texts: Mapping[str, str]
    state: Standing
    correction_code: str | None
    corrects_code: str | None
    fallback_locale: str | None = None
    area_ids: tuple[int, ...] = ()

    def text_in(self, locale: str) -> str | None:
        """What somebody who reads `locale` was sent: their language's text, or the fallback's; None: nothing."""
        return self.texts.get(locale) or self.texts.get(self.fallback_locale or "")

    def locale_for(self, locale: str) -> str | None:
        """The locale to show somebody who asks: their own, the fallback, else any there is a text in."""
        return next((each for each in (locale, self.fallback_locale, *self.texts) if each in self.texts), None)


def published(session: Session, agency_id: int, code: str) -> Published | None:
    """The agency's launched broadcast with this code, however it is written; None: there is no such one, or it is
    a campaign or a drill, which is nobody's but its people's."""
    found = compose.by_code(session, agency_id, code)
    if found is None or found.launched_at is None or found.state not in LAUNCHED or found.kind not in PUBLIC:
        return None
    if found.is_drill or found.aftercare is Aftercare.RECALL:  # which is nobody's else, and says nothing
        return None
    return next(iter(shown(session, [found])), None)


def is_drill(session: Session, agency_id: int, code: str) -> bool:
    """Whether a drill of the agency was launched with this code: that it is one is all that anybody may know of it."""
    found = compose.by_code(session, agency_id, code)
    return found is not None and found.is_drill and found.launched_at is not None


def latest(
    session: Session,
    agency_id: int,
    *,
    topic_ids: Collection[int] | None = None,
    is_general_included: bool = False,
    limit: int = LATEST,
    before: int | None = None,
) -> Sequence[Published]:
    """The agency's last announcements (alerts and notices), the newest first; recalled ones are among them and say so.

    `topic_ids` None: on whatever topic. Else on these, and with `is_general_included` those that went to everybody.
    `before` is the id of the one after which to go on.
    """
    # ix_broadcasts_agency_launched
    query = _announced(agency_id).order_by(Broadcast.launched_at.desc(), Broadcast.id.desc()).limit(limit)
    if topic_ids is not None:
        of_topics = Broadcast.topic_id.in_(topic_ids)
        query = query.where(or_(of_topics, Broadcast.topic_id.is_(None)) if is_general_included else of_topics)
    if before is not None:
        last = session.get(Broadcast, before)
        if last is None or last.agency_id != agency_id or last.launched_at is None:
            return []
        query = query.where(_is_before(last.id, last.launched_at))
    return shown(session, session.scalars(query).all())


def _announced(agency_id: int) -> Select[Broadcast]:
    has_text = select(Content.locale).where(Content.broadcast_id == Broadcast.id).exists()
    return select(Broadcast).where(
        Broadcast.agency_id == agency_id,
        Broadcast.launched_at.is_not(None),
        Broadcast.segment.is_(None),  # it is for its people alone; who has its code can verify it
        Broadcast.is_drill.is_(False),
        Broadcast.state.in_(LAUNCHED),
        Broadcast.kind.in_(ANNOUNCED),
        outcomes.is_news(),
        has_text,
    )


def _is_before(last_id: int, launched_at: datetime) -> ColumnElement[bool]:
    same_moment = and_(Broadcast.launched_at == launched_at, Broadcast.id < last_id)
    return or_(Broadcast.launched_at < launched_at, same_moment)


def shown(session: Session, found: Sequence[Broadcast]) -> list[Published]:
    """These launched broadcasts as anybody may read them, in the same order."""
    ids = [each.id for each in found]
    said: dict[int, dict[str, str]] = {broadcast_id: {} for broadcast_id in ids}
    query = select(Content).where(Content.broadcast_id.in_(ids)).order_by(Content.broadcast_id, Content.locale)
    for row in session.scalars(query):
        said[row.broadcast_id][row.locale] = row.text
    firsts = {each.id: _first_id(session, each) for each in found}  # what puts one right does so for all
    by, of = corrections(session, firsts.values()), _corrected(session, found)
    return [
        _shown(
            each,
            _worded(session, each, said[each.id]),
            by.get(firsts[each.id]),
            of.get(each.corrects_id or 0),
        )
        for each in found
    ]


def _first_id(session: Session, broadcast: Broadcast) -> int:
    """What a correction of it names: the first of all that left together with it, or with what it says again."""
    root = together.said_first(session, broadcast)
    return root.together_id or root.id


def _worded(session: Session, broadcast: Broadcast, texts: Mapping[str, str]) -> Mapping[str, str]:
    """What it says where its picture, document or location is not shown."""
    missed = beside.of(session, broadcast)
    return {locale: missed.added(locale, text) for locale, text in texts.items()} if missed else texts


def corrections(session: Session, broadcast_ids: Iterable[int]) -> dict[int, str]:
    """The code of the newest launched correction of each of these that has one."""
    query = select(Broadcast.corrects_id, Broadcast.code).where(  # ix_broadcasts_corrects
        Broadcast.corrects_id.in_(list(broadcast_ids)),
        Broadcast.launched_at.is_not(None),
        Broadcast.state.in_(LAUNCHED),
        Broadcast.state != State.RECALLED,
        Broadcast.is_drill.is_(False),
        Broadcast.kind.in_(PUBLIC),
        outcomes.is_news(),
    )
    rows = session.execute(query.order_by(Broadcast.launched_at, Broadcast.id))
    return {corrects_id: code for corrects_id, code in rows if corrects_id is not None}


def _corrected(session: Session, found: Iterable[Broadcast]) -> dict[int, str]:
    ids = [each.corrects_id for each in found if each.corrects_id is not None and each.aftercare in CORRECTING]
    query = select(Broadcast.id, Broadcast.code).where(
        Broadcast.id.in_(ids), Broadcast.launched_at.is_not(None), Broadcast.kind.in_(PUBLIC)
    )
    return {row.id: row.code for row in session.execute(query.order_by(Broadcast.id))}


def _shown(row: Broadcast, texts: Mapping[str, str], by: str | None, of: str | None) -> Published:
    if row.launched_at is None:
        raise ValueError(f"broadcast {row.id} was never launched")
    standing = TURNS.get(row.state, Standing.STANDING)
    is_put_right = by is not None and standing is not Standing.RECALLED
    return Published(
        id=row.id,
        code=row.code,
        kind=row.kind,
        topic_id=row.topic_id,
        launched_at=row.launched_at,
        texts=texts,
        state=Standing.CORRECTED if is_put_right else standing,
        correction_code=by,
        corrects_code=of,
        fallback_locale=row.fallback_locale,
        area_ids=tuple(row.area_ids),
    )
