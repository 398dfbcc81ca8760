"""What one occurrence of a bulletin says, and sending it: its introduction and its parts, in each language."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from broadcast import beside, compose, content, digest, launch, outcomes, parts, pictured, published
from broadcast.content import Flaw, Problem, Way
from broadcast.models import Broadcast, Bulletin, Content, Occurrence
from broadcast.parts import PartKind
from broadcast.states import Kind, Note, State
from delivery.switchboard import LimitsOf
from feeds import defining, reading, showing
from feeds.reading import Reading
from feeds.specs import Spec
from locales import texts
from staff.models import Agency
from subscribers import areas
from subscribers.models import Topic

# A launch is stamped a little before it is committed: what is younger than this waits for the next bulletin.
COMMITTING = timedelta(seconds=5)
TOLD_OF = (Kind.NOTICE, Kind.ALERT)
STANDING = (State.SENDING, State.FINISHED)  # not what was paused or taken back

Readings = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class _Script:
    """All that one occurrence is written from."""

    agency: Agency
    bulletin: Bulletin
    items: Sequence[Broadcast]
    said: Mapping[int, Mapping[str, str]]  # what the announcements say
    specs: Mapping[str, Spec]
    readings: Readings
    ways: Sequence[Way]


def send(
    session: Session,
    bulletin: Bulletin,
    occurrence: Occurrence,
    items: Sequence[Broadcast],
    readings: Readings,
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> Sequence[Problem]:
    """Write and launch what it says, and note that on it; or what keeps it from leaving, and nothing was written."""
    try:
        with session.begin_nested():
            made = written(session, bulletin, items, readings, limits_of=limits_of, now=now)
            launch.start(session, made, limits_of=limits_of, now=now, allowed=(Flaw.MISSING,))
    except launch.Unready as unready:
        return unready.problems
    occurrence.note, occurrence.broadcast_id = Note.SENT, made.id
    occurrence.readings = {key: reading.pack(each) for key, each in readings.items()}
    occurrence.covered_until = now - COMMITTING
    return ()


def written(
    session: Session,
    bulletin: Bulletin,
    items: Sequence[Broadcast],
    readings: Readings,
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> Broadcast:
    """The broadcast as a draft, with a text for each language that has something to read."""
    agency = session.get_one(Agency, bulletin.agency_id)
    made = Broadcast(agency_id=agency.id, kind=Kind.BULLETIN, state=State.DRAFT, created_at=now)
    made.topic_id, made.bulletin_id = bulletin.topic_id, bulletin.id
    made.segment, made.bulletin_cadence = bulletin.segment, bulletin.cadence
    compose.coin(session, made)
    script = _Script(
        agency=agency,
        bulletin=bulletin,
        items=items,
        said={each.id: each.texts for each in published.shown(session, items)},
        specs=defining.specs_of(session, agency.id),
        readings=readings,
        ways=compose.ways_of(session, agency.id, limits_of),
    )
    pictured.put(session, made, bulletin, script.specs, readings, now=now)
    for locale in agency.locales:
        text = _text(session, made, script, locale)
        if text is not None:
            compose.put_text(session, made, locale, text)
    return made


def announced(
    session: Session, bulletin: Bulletin, occurrence: Occurrence, *, until: datetime, states: Collection[State]
) -> Sequence[Broadcast]:
    """What was launched since the last one; and what the last one passed over, because it was paused."""
    if not parts.has_news(bulletin):
        return []
    is_new = and_(Broadcast.launched_at > occurrence.covered_until, Broadcast.launched_at <= until)
    query = select(Broadcast).where(  # ix_broadcasts_topic_launched
        Broadcast.topic_id == bulletin.topic_id,
        or_(is_new, Broadcast.id.in_(occurrence.passed_over)),
        Broadcast.segment.is_(None),  # it is for its people alone
        Broadcast.is_drill.is_(False),
        Broadcast.kind.in_(TOLD_OF),
        outcomes.is_news(),
        Broadcast.state.in_(states),
        select(Content.locale).where(Content.broadcast_id == Broadcast.id).exists(),
    )
    return session.scalars(query.order_by(Broadcast.launched_at, Broadcast.id)).all()


def _text(session: Session, made: Broadcast, script: _Script, locale: str) -> str | None:
    """What it says in one language; None where there is nothing to read below the introduction."""
    above, below = _around(script, locale)
    told = [_told(session, item, script.said[item.id], locale) for item in script.items]
    items = [text for text in told if text is not None]
    if not (above or below or items):
        return None
    above = [_introduction(script, locale), *above]
    if not items:
        return _joined(*above, *below)
    return _fitted(session, made, script, locale, _joined(*above), items, _joined(*below))


def _fitted(
    session: Session, made: Broadcast, script: _Script, locale: str, above: str, items: Sequence[str], below: str
) -> str:
    """As much of the announcements as there is room for between what stands above and below."""
    topic = session.get(Topic, script.bulletin.topic_id)
    frame, shown = compose.frame(made, script.agency, topic, locale), beside.of(session, made)

    def whole(text: str) -> str:
        return _joined(text, below)

    def fits(text: str) -> bool:
        said = whole(text)
        return content.fits(frame, locale, shown.added(locale, said) if shown else said, script.ways)

    return whole(digest.composed(above, items, more=lambda n: texts.say_many("bulletin.more", n, locale), fits=fits))


def _around(script: _Script, locale: str) -> tuple[list[str], list[str]]:
    """What stands above the announcements, and what below."""
    above, below, has_passed = list[str](), list[str](), False
    for part in parts.of(script.bulletin):
        has_passed = has_passed or part.kind is PartKind.SINCE_LAST
        text = _said(script, part, locale)
        if text:
            (below if has_passed else above).append(text)
    return above, below


def _said(script: _Script, part: parts.Part, locale: str) -> str:
    """What a part says by itself; nothing, where its data are left out."""
    text, spoken = part.text(script.agency.locales, locale)
    if part.kind is PartKind.TEXT:
        return text
    if part.kind is not PartKind.FEED or part.feed not in script.readings or part.feed not in script.specs:
        return ""
    spec, found = script.specs[part.feed], script.readings[part.feed]
    values = {name: showing.shown(spec.fields[name], value, spoken, spec.zone) for name, value in found.values.items()}
    if found.origin_at is not None:
        values["origin"] = texts.instant(found.origin_at, spec.zone, spoken)
    return showing.filled(text, values) if showing.blanks(text) <= values.keys() else ""


def _told(session: Session, item: Broadcast, said: Mapping[str, str], locale: str) -> str | None:
    """Its text, below the areas where it concerns some only: a bulletin is read by people of all."""
    text = said.get(locale) or said.get(item.fallback_locale or "")
    names = areas.named(session, item.agency_id, item.area_ids, locale)
    if text is None or not names:
        return text
    return f"{texts.say('published.areas', locale, areas=texts.listed(names, locale))}\n{text}"


def _introduction(script: _Script, locale: str) -> str:
    known = script.bulletin.introductions
    return known.get(locale) or known.get(script.agency.locales[0]) or ""


def _joined(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)
