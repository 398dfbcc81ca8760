"""What one digest says in each language: the announcements of the last day or week, a heading for each topic.

Corrected ones name their correction instead of repeating what was wrong. Who reads a language gets only what was said
in it, or what stands in for it there; a language in which there is nothing to say has no text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcast import content, digest
from broadcast.content import Frame, Way
from broadcast.digest import Item, Section
from broadcast.published import Published, Standing
from locales import texts
from subscribers.models import Area, Cadence, Topic

USUAL = {Cadence.DAILY: timedelta(hours=26), Cadence.WEEKLY: timedelta(days=7, hours=2)}  # summer time included


@dataclass(frozen=True, slots=True)
class News:
    """What a digest has to tell, the oldest first, since when, and how its agency writes times.

    `areas` are the agency's, for what concerns some of them only: a digest is read by people of all.
    """

    cadence: Cadence
    items: Sequence[Published]
    topics: Mapping[int, Topic]
    areas: Sequence[Area]
    since: datetime
    now: datetime
    zone: str

    @property
    def topic_ids(self) -> list[int]:
        """The topics that have news, in the agency's order."""
        told = {item.topic_id for item in self.items}
        return [topic_id for topic_id in self.topics if topic_id in told]


def locales_of(news: News, topic_ids: Sequence[int], locales: Sequence[str]) -> list[str]:
    """The locales in which there is something to tell on these topics."""
    return [locale for locale in locales if _sections(news, topic_ids, locale)]


def text(news: News, topic_ids: Sequence[int], locale: str, frame: Frame, ways: Sequence[Way]) -> str:
    """The digest of these topics in a locale, as much of it as fits all the ways."""
    sections = _sections(news, topic_ids, locale)
    return digest.grouped(
        _introduction(news, sum(len(section.items) for section in sections), locale),
        sections,
        more=lambda n: texts.say_many("digest.more", n, locale),
        fits=lambda whole: content.fits(frame, locale, whole, ways),
    )


def _introduction(news: News, n: int, locale: str) -> str:
    if news.now - news.since > USUAL[news.cadence]:
        since = texts.instant(news.since, news.zone, locale)
        return texts.say_many("digest.introduction.since", n, locale, since=since)
    return texts.say_many(f"digest.introduction.{news.cadence}", n, locale)


def _sections(news: News, topic_ids: Sequence[int], locale: str) -> list[Section]:
    found = []
    for topic_id in topic_ids:
        items = [_item(news, each, locale) for each in news.items if each.topic_id == topic_id]
        told = [item for item in items if item is not None]
        if told:
            title = texts.say("digest.topic", locale, topic=news.topics[topic_id].name_in(locale))
            found.append(Section(title, told))
    return found


def _item(news: News, told: Published, locale: str) -> Item | None:
    said = told.text_in(locale)
    if said is None:
        return None
    when = texts.moment(told.launched_at, news.now, news.zone, locale)
    label = texts.say("digest.item", locale, when=when, code=told.code)
    if told.area_ids:
        names = [area.name_in(locale) for area in news.areas if area.id in told.area_ids]
        label = f"{label}\n{texts.say('published.areas', locale, areas=texts.listed(names, locale))}"
    if told.corrects_code is not None:
        label = f"{label}\n{texts.say('published.corrects', locale, code=told.corrects_code)}"
    if told.state is Standing.CORRECTED and told.correction_code is not None:
        return Item(label, texts.say("published.corrected_by", locale, code=told.correction_code))
    if told.state is Standing.CORRECTED:
        label = f"{label}\n{texts.say('published.corrected', locale)}"
    return Item(label, said)
