"""Bulletins as officers and operators define them: what each is, and what is refused."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from broadcast import characters, compose, policy, retelling, schedule
from broadcast.models import Bulletin, BulletinTopic
from broadcast.states import Kind
from staff import agencies, audit
from staff.models import Agency, Officer
from subscribers.models import Cadence, Topic

INTRODUCTION_LENGTH = 300
KEY_LENGTH = 40
TOPICS_AT_MOST = 6  # people hold 63 sets of them at most, and each set has a message of its own (holdings.SETS)


class BadBulletin(Exception):
    """A bulletin cannot be defined like this. The message tells the operator what to change; `flaw` names it.

    `topic` is the one that has a bulletin already.
    """

    def __init__(self, flaw: str, message: str, *, topic: Topic | None = None) -> None:
        super().__init__(message)
        self.flaw, self.topic = flaw, topic


def define(
    session: Session,
    agency: Agency,
    *,
    key: str,
    topics: Sequence[Topic],
    local_time: str,
    time_zone: str,
    introductions: Mapping[str, str],
    now: datetime,
    late_minutes: int = 120,
    days: Collection[int] = schedule.EVERY_DAY,
    cadence: Cadence = Cadence.DAILY,
    segment: str | None = None,
    officer: Officer | None = None,
) -> Bulletin:
    """A bulletin that runs from now on, or a stopped one of the same key anew. Raises BadBulletin.

    `segment` is the text of a segment that was read. `officer` None: the operator.
    """
    _check(session, agency, key, topics)
    made = by_key(session, agency.id, key) or Bulletin(agency_id=agency.id, key=key)
    made.introductions = checked_introductions(agency, introductions)
    made.local_time, made.time_zone, made.days = checked_time(local_time), _zone(time_zone), checked_days(days)
    made.late_minutes, made.cadence, made.segment = _minutes(late_minutes), cadence, segment
    made.created_at = made.hours_since = now
    made.stopped_at = None
    be_about(made, topics, now=now)
    for each in made.about:
        each.since = now
    session.add(made)
    session.flush()
    hours = {"local_time": made.local_time, "time_zone": made.time_zone}
    note(session, made, "bulletin.defined", officer=officer, now=now, topics=keys_of(topics), **hours)
    return made


def every(session: Session, agency_id: int) -> Sequence[Bulletin]:
    """The agency's bulletins, stopped ones included, by key."""
    return session.scalars(_kept(agency_id).order_by(Bulletin.key)).all()


def by_key(session: Session, agency_id: int, key: str) -> Bulletin | None:
    """The agency's bulletin with this key."""
    return session.scalars(_kept(agency_id).where(Bulletin.key == key)).one_or_none()


def find(session: Session, agency_id: int, bulletin_id: int) -> Bulletin | None:
    """The agency's bulletin with this id; another agency's is none."""
    return session.scalars(_kept(agency_id).where(Bulletin.id == bulletin_id)).one_or_none()


def stop(session: Session, bulletin: Bulletin, *, now: datetime, officer: Officer | None = None) -> None:
    """Let it run no more, or not until it is resumed; what is on its way goes on."""
    if bulletin.stopped_at is None:
        retelling.leave(session, bulletin, bulletin.about)
        bulletin.stopped_at, bulletin.asked_at, bulletin.asked_by_id = now, None, None
        note(session, bulletin, "bulletin.stopped", officer=officer, now=now)


def may_use(officer: Officer, agency_id: int) -> bool:
    """Whether this officer may skip, pause and send bulletins: whoever may send for the agency."""
    is_ours = officer.agency_id == agency_id and officer.revoked_at is None
    return is_ours and officer.role in compose.MAY_WRITE


def may_define(officer: Officer, agency: Agency) -> bool:
    """Whether this officer may say what bulletins are and let them run: it leaves again and again by one word.

    Where the agency has notices approved, that is a word of those who approve.
    """
    is_approved = policy.has_rules(agency, Kind.NOTICE)
    return may_use(officer, agency.id) and (not is_approved or officer.role in policy.MAY_APPROVE)


def checked_time(local_time: str) -> str:
    """This time of day; BadBulletin for what is none."""
    try:
        schedule.parsed(local_time)
    except ValueError as error:
        raise BadBulletin("time", f"{local_time!r} is no time of day; it looks like 08:00") from error
    return local_time


def checked_days(days: Collection[int]) -> list[int]:
    """These days of the week in their order; BadBulletin for none of them."""
    if not days or not set(days) <= set(schedule.EVERY_DAY):
        raise BadBulletin("days", "it runs on one day of the week at least")
    return sorted(set(days))


def checked_introductions(agency: Agency, introductions: Mapping[str, str]) -> dict[str, str]:
    """The first lines, tidied up, by language. Raises BadBulletin."""
    unknown = [locale for locale in introductions if locale not in agency.locales]
    if unknown:
        raise BadBulletin("language", f"{', '.join(unknown)} is not enabled in {agency.slug}")
    first = agency.locales[0]
    if not introductions.get(first, "").strip():
        raise BadBulletin("first", f"an introduction in {first} is needed: the other languages fall back to it")
    tidied = {locale: characters.tidied(text) for locale, text in introductions.items()}
    for locale, text in tidied.items():
        if len(text) > INTRODUCTION_LENGTH or not characters.is_readable(text):
            told = f"the introduction in {locale} may have {INTRODUCTION_LENGTH} readable characters"
            raise BadBulletin("introduction", told)
    return tidied


def check_topics(session: Session, agency: Agency, topics: Sequence[Topic], *, but: Bulletin | None = None) -> None:
    """Raise BadBulletin unless these are topics of the agency, not too many, of which none has another bulletin."""
    if any(topic.agency_id != agency.id for topic in topics):
        raise BadBulletin("topic", "there is no such topic")
    if not 1 <= len({topic.id for topic in topics}) <= TOPICS_AT_MOST:
        raise BadBulletin("topics", f"a bulletin is about one topic at least and {TOPICS_AT_MOST} at most")
    agencies.take_turns(session, agency.id)  # two officers may take the same topic or name
    taken = select(BulletinTopic.topic_id, Bulletin.id, Bulletin.key).join(Bulletin)
    taken = taken.where(BulletinTopic.topic_id.in_([topic.id for topic in topics]))
    for topic_id, bulletin_id, key in session.execute(taken.order_by(BulletinTopic.topic_id)):
        if but is None or bulletin_id != but.id:
            topic = next(each for each in topics if each.id == topic_id)
            raise BadBulletin("taken", f"bulletin {key!r} is there already for the topic {topic.key!r}", topic=topic)


def be_about(bulletin: Bulletin, topics: Sequence[Topic], *, now: datetime) -> None:
    """Have it be about these topics; of new ones it tells what is announced from now on."""
    known = {each.topic_id: each for each in bulletin.about}
    wanted = dict.fromkeys(topic.id for topic in topics)
    bulletin.about = [known.get(topic_id) or BulletinTopic(topic_id=topic_id, since=now) for topic_id in wanted]


def keys_of(topics: Sequence[Topic]) -> str:
    """What officers call these topics, for the audit."""
    return ", ".join(topic.key for topic in topics)


def note(
    session: Session,
    bulletin: Bulletin,
    verb: str,
    *,
    officer: Officer | None,
    now: datetime,
    **details: audit.Detail,
) -> None:
    """One line in the audit about this bulletin. Never a text."""
    audit.note(
        session,
        agency_id=bulletin.agency_id,
        officer_id=officer.id if officer else None,
        verb=verb,
        subject=f"bulletin:{bulletin.id}",
        now=now,
        details={"key": bulletin.key, **details},
    )


def _kept(agency_id: int) -> Select[Bulletin]:
    return select(Bulletin).where(Bulletin.agency_id == agency_id)


def _check(session: Session, agency: Agency, key: str, topics: Sequence[Topic]) -> None:
    if not agencies.SLUG.fullmatch(key) or len(key) > KEY_LENGTH:
        told = f"the key {key!r} may hold a-z, 0-9 and hyphens between them, {KEY_LENGTH} at most"
        raise BadBulletin("key", told)
    known = by_key(session, agency.id, key)
    check_topics(session, agency, topics, but=known)
    if known is not None and known.stopped_at is None:
        raise BadBulletin("known", f"bulletin {key!r} is there already")


def _zone(time_zone: str) -> str:
    try:
        return agencies.checked_zone(time_zone)
    except agencies.BadAgency as error:
        raise BadBulletin("zone", str(error)) from error


def _minutes(late_minutes: int) -> int:
    if not 0 <= late_minutes < 24 * 60:
        raise BadBulletin("late", "it may be up to 1439 minutes late")
    return late_minutes
