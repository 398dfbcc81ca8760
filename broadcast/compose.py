"""Drafting a broadcast: its code, topic, texts and fallback; what is still wrong with it.

Only the author or an admin of the agency may touch a draft, and only while it is one: an edit takes the broadcast's row
lock, so it cannot slip in between a confirmation and the launch.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from broadcast import beside, characters, content, retelling, segmented, stamp, together
from broadcast.content import PURPOSE, Frame, Problem, Script, Way
from broadcast.models import Broadcast, Content
from broadcast.states import Aftercare, ForbiddenMove, Kind, State
from delivery import senders
from delivery.models import Sender
from delivery.switchboard import LimitsOf
from locales import texts
from staff import audit
from staff.models import Agency, Officer, Role
from subscribers import areas
from subscribers.models import Topic
from subscribers.segments import tree

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 31: no 0 and O, no 1, I and L
CODE_LENGTH = 4
CODE_TRIES = 20
DRILL_CODE = "DRILL-"  # before the code of a drill, wherever anybody reads or types it
MAY_WRITE = frozenset({Role.AUTHOR, Role.APPROVER, Role.ADMIN})
_IS_NO_DIGEST = Broadcast.digest_cadence.is_(None)  # of which one evening makes many


class NotAllowed(Exception):
    """This officer may not do this to this broadcast: say so without saying what it is."""


def draft(
    session: Session,
    agency: Agency,
    officer: Officer,
    *,
    kind: Kind,
    now: datetime,
    report_sender_id: int | None = None,
    report_to: str | None = None,
    is_drill: bool = False,
) -> Broadcast:
    """A new, empty broadcast of this officer, with its code. `report_*` say where the progress card goes.

    Whether it `is_drill` is said here, once, and never changes.
    """
    if officer.agency_id != agency.id or officer.role not in MAY_WRITE or officer.revoked_at is not None:
        raise NotAllowed(f"officer {officer.id} may not write announcements")
    made = Broadcast(agency_id=agency.id, kind=kind, state=State.DRAFT, officer_id=officer.id, created_at=now)
    made.report_sender_id, made.report_to = report_sender_id, report_to
    made.editor_ids, made.is_drill = [officer.id], is_drill
    coin(session, made)
    audit.note(
        session, agency_id=agency.id, officer_id=officer.id, verb="broadcast.drafted", subject=subject(made), now=now
    )
    return made


def coin(session: Session, broadcast: Broadcast) -> None:
    """Give a new broadcast a code that is free in its agency, and its row."""
    for _ in range(CODE_TRIES):
        drawn = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        broadcast.code = f"{DRILL_CODE}{drawn}" if broadcast.is_drill else drawn
        if by_code(session, broadcast.agency_id, broadcast.code) is None and _added(session, broadcast):
            return
    raise RuntimeError("no free code was found")


def by_code(session: Session, agency_id: int, code: str) -> Broadcast | None:
    """The agency's broadcast with this code, however it is written; none where none is named."""
    wanted = code.strip().upper()
    return session.scalars(select(Broadcast).filter_by(agency_id=agency_id, code=wanted)).one_or_none()


def recent(session: Session, agency_id: int, *, limit: int = 10) -> Sequence[Broadcast]:
    """The agency's newest broadcasts that are more than a draft, newest first; digests have nobody to look at them.

    Of what left together the first stands for all.
    """
    query = select(Broadcast).where(Broadcast.agency_id == agency_id, Broadcast.state != State.DRAFT, _IS_NO_DIGEST)
    query = query.where(Broadcast.together_id.is_(None))
    return session.scalars(query.order_by(Broadcast.id.desc()).limit(limit)).all()


def under_way(session: Session, agency_id: int) -> Sequence[Broadcast]:
    """The agency's broadcasts that are going out or paused, oldest first; digests are stopped by their code.

    Of what left together the first of these stands for all.
    """
    states = (State.SENDING, State.PAUSED)
    query = select(Broadcast).where(Broadcast.agency_id == agency_id, Broadcast.state.in_(states), _IS_NO_DIGEST)
    query = query.where(together.is_foremost(states))
    return session.scalars(query.order_by(Broadcast.id)).all()  # ix_broadcasts_agency_state


def may_touch(broadcast: Broadcast, officer: Officer) -> bool:
    """Whether this is the author, or an admin of the agency."""
    if officer.agency_id != broadcast.agency_id or officer.revoked_at is not None:
        return False
    return officer.role is Role.ADMIN or officer.id == broadcast.officer_id


def check_touch(broadcast: Broadcast, officer: Officer) -> None:
    """Raise NotAllowed unless this officer may touch this broadcast."""
    if not may_touch(broadcast, officer):
        raise NotAllowed(f"officer {officer.id} may not touch broadcast {broadcast.id}")


def set_topic(session: Session, broadcast: Broadcast, officer: Officer, topic: Topic | None) -> None:
    """Address the subscribers of a topic of this agency, or with None everybody who consented."""
    _open_to_public(session, broadcast, officer)
    if topic is not None and topic.agency_id != broadcast.agency_id:
        raise NotAllowed(f"topic {topic.id} is another agency's")
    broadcast.topic_id = topic.id if topic else None
    session.flush()


def set_areas(session: Session, broadcast: Broadcast, officer: Officer, area_ids: Iterable[int]) -> None:
    """Address only people of these areas of this agency, and those who chose none; no ids: everywhere."""
    _open_to_public(session, broadcast, officer)
    wanted = sorted(set(area_ids))
    if any(areas.find(session, broadcast.agency_id, area_id) is None for area_id in wanted):
        raise NotAllowed(f"one of the areas {wanted} is another agency's")
    broadcast.area_ids = wanted
    session.flush()


def set_segment(session: Session, broadcast: Broadcast, officer: Officer, said: str | None) -> None:
    """Address only whom a segment means: its text, or the name of a saved one. None: all. Raises BadSegment."""
    _open_to_public(session, broadcast, officer)
    read = None if said is None else segmented.read(session, agency_of(session, broadcast), said)
    broadcast.segment = None if read is None else tree.show(read)
    session.flush()


def set_kind(session: Session, broadcast: Broadcast, officer: Officer, kind: Kind) -> None:
    """Make it an alert or a notice."""
    _open(session, broadcast, officer)
    broadcast.kind = kind
    session.flush()


def set_text(session: Session, broadcast: Broadcast, officer: Officer, *, locale: str, text: str) -> None:
    """Keep what is said in one of the agency's languages, tidied up."""
    _open(session, broadcast, officer)
    if locale not in agency_of(session, broadcast).locales:
        raise NotAllowed(f"{locale} is not enabled in agency {broadcast.agency_id}")
    put_text(session, broadcast, locale, text)


def put_text(session: Session, broadcast: Broadcast, locale: str, text: str) -> None:
    """Write a text of a broadcast that nobody else can see yet (the clock's own)."""
    session.merge(Content(broadcast_id=broadcast.id, locale=locale, text=characters.tidied(text)))
    session.flush()


def text_problems(session: Session, broadcast: Broadcast, locale: str, *, limits_of: LimitsOf) -> list[Problem]:
    """What is wrong with the text of one language by itself; empty if there is none, or nothing is wrong with it."""
    said, ways = script(session, broadcast), ways_of(session, broadcast.agency_id, limits_of)
    if locale not in said.texts:
        return []
    found = content.check_text(said.frames[locale], locale, said.texts[locale], ways, beside=said.beside)
    return [problem for problem in found if not problem.is_caution]


def drop_text(session: Session, broadcast: Broadcast, officer: Officer, *, locale: str) -> None:
    """Say nothing of its own in this language."""
    _open(session, broadcast, officer)
    session.execute(delete(Content).where(Content.broadcast_id == broadcast.id, Content.locale == locale))


def set_fallback(session: Session, broadcast: Broadcast, officer: Officer, locale: str | None) -> None:
    """Send people whose language has no text this language's; None: nothing."""
    _open(session, broadcast, officer)
    broadcast.fallback_locale = locale
    session.flush()


def problems(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf) -> list[Problem]:
    """What keeps this broadcast from leaving; empty when it is ready."""
    return [found for found in _checked(session, broadcast, limits_of) if not found.is_caution]


def cautions(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf) -> list[Problem]:
    """What the officer should know and may accept (no approved wording yet for a language)."""
    return [found for found in _checked(session, broadcast, limits_of) if found.is_caution]


def differences(session: Session, broadcast: Broadcast) -> list[Problem]:
    """What is not the same in all languages: cautions, of which the officer says that they are meant."""
    zone = agency_of(session, broadcast).time_zone
    return content.differences({row.locale: row.text for row in contents(session, broadcast)}, zone=zone)


def explain(problem: Problem, locale: str) -> str:
    """A problem as a sentence for an officer who reads `locale`."""
    language = texts.native_name(problem.locale) if problem.locale else ""
    numbers = {"limit": problem.limit, "actual": problem.actual}
    shown = {name: texts.number(number, locale) for name, number in numbers.items() if number is not None}
    channel = texts.channel(problem.channel, locale) if problem.channel else ""
    other = texts.native_name(problem.other) if problem.other else ""
    places = {"piece": problem.piece, "other": other, "there": problem.there}
    return texts.say(problem.key, locale, language=language, channel=channel, **places, **shown)


def explained(problems: Iterable[Problem], locale: str) -> str:
    """Problems as lines, each a sentence for an officer who reads `locale`."""
    return "\n".join(f"• {explain(each, locale)}" for each in problems)


def fingerprint(session: Session, broadcast: Broadcast) -> str:
    """A hash of everything that will be sent and to whom; it changes with every edit."""
    rule = {
        "kind": broadcast.kind.value,
        "topic": broadcast.topic_id,
        "code": broadcast.code,
        "segment": broadcast.segment,
    }
    if broadcast.is_drill:
        rule |= {"drill": True}
    if broadcast.aftercare is not None:
        rule |= {"aftercare": f"{broadcast.aftercare} {broadcast.of_outcome} {broadcast.corrects_id}"}
    return content.fingerprint(script(session, broadcast), **rule, areas=[str(each) for each in broadcast.area_ids])


def script(session: Session, broadcast: Broadcast) -> Script:
    """Everything the broadcast says, as the pure functions of `content` want it."""
    agency = agency_of(session, broadcast)
    topic = session.get(Topic, broadcast.topic_id) if broadcast.topic_id else None
    said = {row.locale: row.text for row in contents(session, broadcast)}
    frames = {locale: _framed(session, broadcast, agency, topic, locale) for locale in {*agency.locales, *said}}
    shown, has_preview = beside.of(session, broadcast), broadcast.has_preview
    return Script(said, frames, tuple(agency.locales), broadcast.fallback_locale, shown, has_preview)


def contents(session: Session, broadcast: Broadcast) -> Sequence[Content]:
    """What the broadcast says, by locale."""
    query = select(Content).where(Content.broadcast_id == broadcast.id)
    return session.scalars(query.order_by(Content.locale)).all()


def frame(broadcast: Broadcast, agency: Agency, topic: Topic | None, locale: str) -> Frame:
    """What stands above and below the text in one language."""
    title = topic.name_in(locale) if topic else agency.name_in(locale)
    heading = texts.say(f"broadcast.heading.{retelling.called(broadcast)}", locale, title=title, code=broadcast.code)
    sent_at = stamp.line(broadcast.launched_at, agency.time_zone, locale)
    return Frame(heading, texts.say("broadcast.footer", locale), sent_at, stamp.longest(agency.time_zone, locale))


def ways_of(session: Session, agency_id: int, limits_of: LimitsOf) -> list[Way]:
    """The channels of the agency's senders, each sender with its approved wordings."""
    theirs = senders.of_agency(session, agency_id)
    return [Way(sender.channel, limits_of(sender.channel), _bodies(session, sender)) for sender in theirs]


def _framed(session: Session, broadcast: Broadcast, agency: Agency, topic: Topic | None, locale: str) -> Frame:
    """The frame; of a correction its heading names what it puts right. A drill says so above and below."""
    made = frame(broadcast, agency, topic, locale)
    if broadcast.is_drill:
        return _drilled(session, broadcast, made, agency.name_in(locale), locale)
    if broadcast.aftercare is not Aftercare.CORRECTION or broadcast.corrects_id is None:
        return made
    first, title = session.get_one(Broadcast, broadcast.corrects_id).code, (topic or agency).name_in(locale)
    kind = "alert" if broadcast.kind is Kind.ALERT else "notice"
    key = f"broadcast.heading.correction.{kind}"
    return replace(made, heading=texts.say(key, locale, first=first, title=title, code=broadcast.code))


def _drilled(session: Session, broadcast: Broadcast, made: Frame, name: str, locale: str) -> Frame:
    is_correction = broadcast.aftercare is Aftercare.CORRECTION and broadcast.corrects_id is not None
    first = session.get_one(Broadcast, broadcast.corrects_id).code if is_correction else ""
    key = "broadcast.drill.correction" if is_correction else "broadcast.drill.heading"
    heading = texts.say(key, locale, agency=name, code=broadcast.code, first=first)
    return replace(made, heading=heading, closing=texts.say("broadcast.drill.closing", locale, agency=name))


def subject(broadcast: Broadcast) -> str:
    """How the audit calls a broadcast."""
    return f"broadcast:{broadcast.id}"


def agency_of(session: Session, broadcast: Broadcast) -> Agency:
    """The agency that speaks."""
    return session.get_one(Agency, broadcast.agency_id)


def lock(session: Session, broadcast: Broadcast) -> None:
    """Hold the broadcast's row until the end of the transaction, and see it as it stands."""
    session.flush()
    session.refresh(broadcast, with_for_update=True)


def note_editor(broadcast: Broadcast, officer: Officer) -> None:
    """This officer had a hand in it, for ever: their approval of it does not count."""
    if officer.id not in broadcast.editor_ids:
        broadcast.editor_ids = [*broadcast.editor_ids, officer.id]


def _open(session: Session, broadcast: Broadcast, officer: Officer) -> None:
    check_touch(broadcast, officer)
    lock(session, broadcast)
    if broadcast.state is not State.DRAFT:
        raise ForbiddenMove(broadcast.state, State.DRAFT)
    note_editor(broadcast, officer)


def _open_to_public(session: Session, broadcast: Broadcast, officer: Officer) -> None:
    """The same for whom it is for: there is no way from a drill to the public."""
    if broadcast.is_drill:
        raise NotAllowed(f"broadcast {broadcast.id} is a drill: it is for the drill list alone")
    _open(session, broadcast, officer)


def _checked(session: Session, broadcast: Broadcast, limits_of: LimitsOf) -> list[Problem]:
    return content.check(script(session, broadcast), ways_of(session, broadcast.agency_id, limits_of))


def _bodies(session: Session, sender: Sender) -> dict[str, str]:
    return {locale: each.body for locale, each in senders.templates_in_use(session, sender.id, PURPOSE).items()}


def _added(session: Session, broadcast: Broadcast) -> bool:
    # Two officers may draw the same code in the same moment: the savepoint keeps the rest of their transaction.
    try:
        with session.begin_nested():
            session.add(broadcast)
    except IntegrityError:
        return False
    return True
