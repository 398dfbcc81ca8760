"""What the pages show of an agency, read in a fixed number of questions and free of the database afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from broadcast import published
from broadcast.published import Published
from broadcast.states import Kind
from delivery import senders
from delivery.switchboard import Switchboard
from locales import texts
from staff import agencies
from staff.models import Agency
from subscribers import areas, links, topics
from subscribers.models import Topic
from web import ways
from web.ways import Way

SHOWN = 5
BEGINNING = 280  # characters of an announcement in the list; the rest stands on its own page


@dataclass(frozen=True, slots=True)
class Face:
    """An agency as a page heads it."""

    slug: str
    name: str
    locales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A topic by name, and those that belong to it."""

    name: str
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One text of an announcement, in its language."""

    locale: str
    text: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement as anybody may read it; `texts` has the page's language first, `areas` are by name in it."""

    code: str
    is_alert: bool
    topic: str | None
    areas: str
    at: str
    state: str
    texts: tuple[Said, ...]
    correction_code: str | None
    corrects_code: str | None


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything on an agency's own page."""

    topics: tuple[Offer, ...]
    ways: tuple[Way, ...]
    latest: tuple[Announcement, ...]
    privacy: str
    key: str


def face(agency: Agency, locale: str) -> Face:
    """What heads every page of an agency."""
    return Face(agency.slug, agency.name_in(locale), tuple(agency.locales))


def agency_of(session: Session, slug: str) -> Agency | None:
    """The agency with this slug, if anybody may have made such a one."""
    return agencies.by_slug(session, slug) if agencies.SLUG.fullmatch(slug) else None


def offers(session: Session, agency: Agency, board: Switchboard, *, locale: str, key: str, now: datetime) -> Offers:
    """The agency's own page. `key` is that of the link somebody came by; what is none of the agency's is forgotten."""
    link = links.find(session, agency_id=agency.id, key=key, now=now) if key else None
    known, all_topics = link.key if link else "", topics.list_for(session, agency.id)
    named, placed = {topic.id: topic.name_in(locale) for topic in all_topics}, _places(session, agency, locale)
    latest = published.latest(session, agency.id, limit=SHOWN)
    return Offers(
        topics=_nested(all_topics, named),
        ways=tuple(ways.into(senders.of_agency(session, agency.id), board, locale=locale, key=known)),
        latest=tuple(_shown(each, agency, named, placed, locale) for each in latest),
        privacy=privacy(agency, locale),
        key=known,
    )


def announcement(session: Session, agency: Agency, code: str, locale: str) -> Announcement | None:
    """The agency's announcement with this code, in all its languages; None: it has published no such one."""
    found = published.published(session, agency.id, code) if code.isascii() and code.isalnum() else None
    if found is None:
        return None
    topic = topics.find(session, agency.id, found.topic_id) if found.topic_id else None
    named = {topic.id: topic.name_in(locale)} if topic else {}
    return _shown(found, agency, named, _places(session, agency, locale), locale)


def privacy(agency: Agency, locale: str) -> str:
    """The agency's own notice in this language, else the one that says what Loudhailer does."""
    own = agency.privacy.get(locale)
    if own:
        return own
    return texts.say(
        "public.privacy.default",
        locale,
        agency=agency.name_in(locale),
        words=agency.keep_words_days,
        deliveries=agency.keep_deliveries_days,
    )


def beginning(text: str) -> str:
    """The first words of a text, as many as a list has room for."""
    if len(text) <= BEGINNING:
        return text
    cut = text[: BEGINNING - 1]
    words = cut.rsplit(maxsplit=1)
    return (words[0] if len(words) > 1 and len(words[0]) > BEGINNING // 2 else cut).rstrip() + "…"


def _nested(all_topics: Sequence[Topic], named: Mapping[int, str]) -> tuple[Offer, ...]:
    """Two deep; a topic whose parent is gone stands by itself."""
    below: dict[int, list[str]] = {}
    for topic in all_topics:
        if topic.parent_id is not None and topic.parent_id in named:
            below.setdefault(topic.parent_id, []).append(named[topic.id])
    return tuple(
        Offer(named[topic.id], tuple(below.get(topic.id, ()))) for topic in all_topics if topic.parent_id not in named
    )


def _places(session: Session, agency: Agency, locale: str) -> Mapping[int, str]:
    """The names of the agency's areas, in their order."""
    return {area.id: area.name_in(locale) for area in areas.list_for(session, agency.id)}


def _shown(
    found: Published, agency: Agency, named: Mapping[int, str], placed: Mapping[int, str], locale: str
) -> Announcement:
    first = found.locale_for(locale)
    order = sorted(found.texts, key=lambda each: (each != first, _place(agency, each)))
    return Announcement(
        code=found.code,
        is_alert=found.kind is Kind.ALERT,
        topic=named.get(found.topic_id) if found.topic_id else None,
        areas=texts.listed([name for area_id, name in placed.items() if area_id in found.area_ids], locale),
        at=texts.instant(found.launched_at, agency.time_zone, locale),
        state=found.state.value,
        texts=tuple(Said(each, found.texts[each]) for each in order),
        correction_code=found.correction_code,
        corrects_code=found.corrects_code,
    )


def _place(agency: Agency, locale: str) -> int:
    return agency.locales.index(locale) if locale in agency.locales else len(agency.locales)
