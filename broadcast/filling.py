"""What one occurrence of a bulletin says, and sending it: its introduction and its parts, in each language.

Of a bulletin about several topics it is a broadcast for each set of them that people hold together, as with digests: so
everybody gets one message, with the announcements on theirs alone. What it says besides is the same in each.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from broadcast import (
    beside,
    compose,
    content,
    digest,
    holdings,
    launch,
    outcomes,
    parts,
    pictured,
    published,
    retelling,
    segmented,
)
from broadcast.content import Problem, Way
from broadcast.digest import Item, Section
from broadcast.holdings import Holding
from broadcast.models import Broadcast, Bulletin, BulletinTopic, Content, Occurrence
from broadcast.parts import PartKind
from broadcast.states import Kind, Note, State
from delivery.switchboard import LimitsOf
from feeds import defining, reading, showing
from feeds.reading import Reading
from feeds.specs import Spec
from locales import texts
from staff.models import Agency
from subscribers import areas, topics
from subscribers.models import Topic

# A launch is stamped a little before it is committed: what is younger than this waits for the next bulletin.
COMMITTING = timedelta(seconds=5)
TOLD_OF = (Kind.NOTICE, Kind.ALERT)
STANDING = (State.SENDING, State.FINISHED)  # not what was paused or taken back

Readings = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class _Script:
    """All that one occurrence is written from. `topics` are those it is about, in the agency's order."""

    agency: Agency
    bulletin: Bulletin
    topics: Sequence[Topic]
    items: Sequence[Broadcast]
    said: Mapping[int, Mapping[str, str]]  # what the announcements say
    specs: Mapping[str, Spec]
    readings: Readings
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True)
class _Page:
    """What it says in one language: above, in and below the announcements, which stand under titles or all in one."""

    locale: str
    above: str
    sections: Sequence[Section]
    below: str


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
    """Write and launch what it says, and note that on it: all of its broadcasts leave, or none.

    What keeps one of them from leaving, and nothing was written; empty where all left.
    """
    script = _script(session, bulletin, items, readings, limits_of)
    made, problems = launch.start_all(session, lambda: _written(session, script, now=now), limits_of=limits_of, now=now)
    if problems:
        return problems
    occurrence.note, occurrence.broadcast_id = Note.SENT, made[0].id
    occurrence.readings = {key: reading.pack(each) for key, each in readings.items()}
    occurrence.covered_until = now - COMMITTING
    return ()


def draft(
    session: Session,
    bulletin: Bulletin,
    items: Sequence[Broadcast],
    readings: Readings,
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> Broadcast | None:
    """What people who hold all that it would tell about would get, as a draft; None where nobody could read a word."""
    script = _script(session, bulletin, items, readings, limits_of)
    holding = _whole(script) if len(script.topics) > 1 else None
    pages = _pages(session, script, holding)
    return _put(session, script, _begun(session, script, holding, None, now=now), pages) if pages else None


def about(session: Session, bulletin: Bulletin) -> list[Topic]:
    """The topics it is about, in the agency's order."""
    mine = bulletin.topic_ids
    return [each for each in topics.list_for(session, bulletin.agency_id) if each.id in mine]


def announced(
    session: Session, bulletin: Bulletin, occurrence: Occurrence, *, until: datetime, states: Collection[State]
) -> Sequence[Broadcast]:
    """What was launched on its topics since the last one; and what that one passed over, because it was paused."""
    if not parts.has_news(bulletin):
        return []
    is_new = and_(Broadcast.launched_at > occurrence.covered_until, Broadcast.launched_at <= until)
    is_new = and_(is_new, Broadcast.launched_at >= BulletinTopic.since)
    its_own = and_(BulletinTopic.topic_id == Broadcast.topic_id, BulletinTopic.bulletin_id == bulletin.id)
    query = select(Broadcast).join(BulletinTopic, its_own)  # ix_broadcasts_topic_launched
    query = query.where(or_(is_new, Broadcast.id.in_(occurrence.passed_over)), *is_told_of(states))
    return session.scalars(query.order_by(Broadcast.launched_at, Broadcast.id)).all()


def is_told_of(states: Collection[State]) -> Sequence[ColumnElement[bool]]:
    """Of a broadcast: a bulletin or a digest says it again, if it is in one of these states."""
    return (
        Broadcast.segment.is_(None),  # it is for its people alone
        Broadcast.is_drill.is_(False),
        Broadcast.kind.in_(TOLD_OF),
        outcomes.is_news(),
        Broadcast.state.in_(states),
        select(Content.locale).where(Content.broadcast_id == Broadcast.id).exists(),
    )


def _script(
    session: Session, bulletin: Bulletin, items: Sequence[Broadcast], readings: Readings, limits_of: LimitsOf
) -> _Script:
    agency = session.get_one(Agency, bulletin.agency_id)
    return _Script(
        agency=agency,
        bulletin=bulletin,
        topics=about(session, bulletin),
        items=items,
        said={each.id: each.texts for each in published.shown(session, items)},
        specs=defining.specs_of(session, agency.id),
        readings=readings,
        ways=compose.ways_of(session, agency.id, limits_of),
    )


def _written(session: Session, script: _Script, *, now: datetime) -> list[Broadcast]:
    """A draft for each set of topics that people hold and can read a word of; where nobody can, one without a text."""
    made, groups = list[Broadcast](), _groups(session, script, now)
    for holding in groups:
        pages = _pages(session, script, holding)
        if pages:
            first = made[0] if made else None
            made.append(_put(session, script, _begun(session, script, holding, first, now=now), pages))
    return made or [_begun(session, script, groups[0], None, now=now)]


def _groups(session: Session, script: _Script, now: datetime) -> Sequence[Holding | None]:
    """Whom it is for, set by set; None: whoever holds its one topic. Where nobody holds any, it is one all the same."""
    if len(script.topics) == 1:
        return [None]
    whole, segment = _whole(script), segmented.of(session, script.bulletin)
    found = holdings.groups(session, script.agency.id, whole.cadences, whole.among, now=now, segment=segment)
    return found or [whole]


def _whole(script: _Script) -> Holding:
    """Whoever holds all topics it tells about: those with news, or all of them where it says something besides."""
    told = {item.topic_id for item in script.items}
    is_alone = parts.stands_alone(script.bulletin)
    among = tuple(topic.id for topic in script.topics if is_alone or topic.id in told)
    return Holding(retelling.READERS[script.bulletin.cadence], among, among)


def _begun(
    session: Session, script: _Script, holding: Holding | None, first: Broadcast | None, *, now: datetime
) -> Broadcast:
    """A draft for these people, with what stands beside the text; `first` is what leaves together with it."""
    bulletin = script.bulletin
    made = Broadcast(agency_id=script.agency.id, kind=Kind.BULLETIN, state=State.DRAFT, created_at=now)
    made.bulletin_id, made.segment, made.bulletin_cadence = bulletin.id, bulletin.segment, bulletin.cadence
    made.topic_id = None if holding else script.topics[0].id
    compose.coin(session, made)
    if holding is not None:
        holdings.keep(session, made, holding)
    if first is None:
        pictured.put(session, made, bulletin, script.specs, script.readings, now=now)
    else:
        made.together_id, made.media_id, made.media_texts = first.id, first.media_id, first.media_texts
    return made


def _put(session: Session, script: _Script, made: Broadcast, pages: Sequence[_Page]) -> Broadcast:
    for page in pages:
        compose.put_text(session, made, page.locale, _fitted(session, made, script, page))
    return made


def _pages(session: Session, script: _Script, holding: Holding | None) -> list[_Page]:
    """What it says to these people, for each language in which there is something to read below the introduction."""
    mine = [topic for topic in script.topics if holding is None or topic.id in holding.topics]
    found = []
    for locale in script.agency.locales:
        above, below = _around(script, locale)
        sections = [_section(session, script, topic, locale, is_headed=len(mine) > 1) for topic in mine]
        told = [each for each in sections if each.items]
        if above or below or told:
            found.append(_Page(locale, _joined(_introduction(script, locale), *above), told, _joined(*below)))
    return found


def _section(session: Session, script: _Script, topic: Topic, locale: str, *, is_headed: bool) -> Section:
    """What was announced on a topic, in one language."""
    items = [each for each in script.items if each.topic_id == topic.id]
    told = [_told(session, each, script.said[each.id], locale) for each in items]
    title = texts.say("digest.topic", locale, topic=topic.name_in(locale)) if is_headed else ""
    return Section(title, [each for each in told if each is not None])


def _fitted(session: Session, made: Broadcast, script: _Script, page: _Page) -> str:
    """As much of the announcements as there is room for between what stands above and below."""
    if not page.sections:
        return _joined(page.above, page.below)
    topic = session.get(Topic, made.topic_id) if made.topic_id else None
    frame, shown = compose.frame(made, script.agency, topic, page.locale), beside.of(session, made)

    def whole(text: str) -> str:
        return _joined(text, page.below)

    def fits(text: str) -> bool:
        said = whole(text)
        return content.fits(frame, page.locale, shown.added(page.locale, said) if shown else said, script.ways)

    def more(number: int) -> str:
        return texts.say_many("bulletin.more", number, page.locale)

    if page.sections[0].title:
        return whole(digest.grouped(page.above, page.sections, more=more, fits=fits))
    items = [digest.told(item) for item in page.sections[0].items]
    return whole(digest.composed(page.above, items, more=more, fits=fits))


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


def _told(session: Session, item: Broadcast, said: Mapping[str, str], locale: str) -> Item | None:
    """Its text, below the areas where it concerns some only: a bulletin is read by people of all."""
    text = said.get(locale) or said.get(item.fallback_locale or "")
    if text is None:
        return None
    names = areas.named(session, item.agency_id, item.area_ids, locale)
    return Item(texts.say("published.areas", locale, areas=texts.listed(names, locale)) if names else "", text)


def _introduction(script: _Script, locale: str) -> str:
    known = script.bulletin.introductions
    return known.get(locale) or known.get(script.agency.locales[0]) or ""


def _joined(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)
