"""What tests of reading start from: announcements that an agency launched earlier."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from broadcast import compose
from broadcast.models import Broadcast
from broadcast.states import Kind, State
from staff.models import Agency
from subscribers import topics
from tests.bot.people import START


def launched(
    session: Session,
    agency_id: int,
    said: str | Mapping[str, str],
    *,
    code: str = "",
    topic: str | None = "floods",
    hours_ago: float = 1,
    state: State = State.FINISHED,
    kind: Kind = Kind.NOTICE,
    corrects: Broadcast | None = None,
) -> Broadcast:
    """One that left some hours before everything else in these tests; its fallback is English."""
    about = topics.by_key(session, agency_id, topic) if topic else None
    at = START - timedelta(hours=hours_ago)
    made = Broadcast(agency_id=agency_id, kind=kind, state=state, topic_id=about.id if about else None, created_at=at)
    made.launched_at, made.fallback_locale, made.corrects_id = at, "en", corrects.id if corrects else None
    compose.coin(session, made)
    made.code = code or made.code
    for locale, text in ({"en": said} if isinstance(said, str) else said).items():
        compose.put_text(session, made, locale, text)
    return made


def drafted(session: Session, agency: Agency, *, code: str) -> Broadcast:
    """One that nobody has launched."""
    made = launched(session, agency.id, "Not yet.", code=code, state=State.DRAFT)
    made.launched_at = None
    session.flush()
    return made
