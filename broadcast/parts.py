"""What a bulletin consists of below its introduction: its parts, in order.

    {"kind": "text", "texts": {"en": "..."}}                       fixed words
    {"kind": "since_last"}                                         the announcements since the last one
    {"kind": "feed", "feed": "river", "texts": {"en": "The river stands at {level}."}}
    {"kind": "chart", "feed": "river", "fields": ["level"], "past": 7}     the last values as a picture
    {"kind": "picture", "media_id": 12, "texts": {"en": "what it shows"}}

A bulletin without parts says `since_last`. A language that a text lacks reads the agency's first. A message shows one
picture, so a bulletin has one chart or one picture.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from broadcast import characters
from broadcast.models import Bulletin
from channels.contract import MediaKind
from delivery.models import MediaItem
from feeds import defining, showing
from feeds.specs import NUMBERS, Spec
from locales import texts
from staff import audit
from staff.models import Agency, Officer

PARTS_AT_MOST = 10
TEXT_LENGTH = 500
FIELDS_AT_MOST = 3  # of a chart: more lines nobody tells apart on a phone
PAST_AT_MOST = 31
KNOWN = {"kind", "texts", "feed", "fields", "past", "media_id"}


class BadParts(Exception):
    """A bulletin cannot consist of this. The message tells whoever wrote it what to change."""


class PartKind(StrEnum):
    """What a part is made of."""

    TEXT = "text"
    SINCE_LAST = "since_last"
    FEED = "feed"
    CHART = "chart"
    PICTURE = "picture"


SHOWN = frozenset({PartKind.CHART, PartKind.PICTURE})


@dataclass(frozen=True, slots=True)
class Part:
    """One part; what a kind does not need stays empty."""

    kind: PartKind
    texts: Mapping[str, str] = field(default_factory=dict)
    feed: str = ""
    fields: tuple[str, ...] = ()
    past: int = 2  # values that a chart shows at most, this one included
    media_id: int | None = None

    def text(self, locales: Sequence[str], locale: str) -> tuple[str, str]:
        """What it says to people of `locale`, and in which language that is: theirs, or the first of `locales`."""
        spoken = locale if self.texts.get(locale) else locales[0]
        return self.texts.get(spoken, ""), spoken


SINCE_LAST = Part(PartKind.SINCE_LAST)


def of(bulletin: Bulletin) -> list[Part]:
    """The parts of a bulletin, in order; never none."""
    return [_part(each) for each in bulletin.parts] or [SINCE_LAST]


def feeds_of(bulletin: Bulletin) -> list[str]:
    """The keys of the feeds that it needs, each once."""
    return list(dict.fromkeys(each.feed for each in of(bulletin) if each.feed))


def has_news(bulletin: Bulletin) -> bool:
    """Whether it says the announcements since the last one."""
    return SINCE_LAST in of(bulletin)


def stands_alone(bulletin: Bulletin) -> bool:
    """Whether it has something to say also when nothing was announced: data, or fixed words and nothing else."""
    return bool(feeds_of(bulletin)) or not has_news(bulletin)


def set_parts(
    session: Session, bulletin: Bulletin, said: Sequence[Mapping[str, Any]], *, officer: Officer | None, now: datetime
) -> None:
    """Have it consist of these from now on; of none: as at the beginning. Raises BadParts. No officer: the operator."""
    checked = read(session, session.get_one(Agency, bulletin.agency_id), said)
    bulletin.parts = [pack(each) for each in checked]
    session.flush()
    audit.note(
        session,
        agency_id=bulletin.agency_id,
        officer_id=officer.id if officer else None,
        verb="bulletin.parts_set",
        subject=f"bulletin:{bulletin.id}",
        now=now,
        details={"key": bulletin.key, "parts": ", ".join(each.kind for each in checked)},
    )


def read(session: Session, agency: Agency, said: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Parts as they were written down, checked for this agency. Raises BadParts."""
    if len(said) > PARTS_AT_MOST:
        raise BadParts(f"a bulletin has {PARTS_AT_MOST} parts at most")
    known = defining.specs_of(session, agency.id)
    found = [_checked(session, agency, known, each, f"part {number}") for number, each in enumerate(said, 1)]
    count = Counter(each.kind for each in found)
    if count[PartKind.SINCE_LAST] > 1:
        raise BadParts("since_last may stand in it once")
    if sum(count[kind] for kind in SHOWN) > 1:
        raise BadParts("a message shows one picture: one chart or one picture may stand in it")
    return found


def pack(part: Part) -> dict[str, Any]:
    """A part as it is kept and written down."""
    found: dict[str, Any] = {"kind": part.kind.value}
    if part.texts:
        found["texts"] = dict(part.texts)
    if part.feed:
        found["feed"] = part.feed
    if part.kind is PartKind.CHART:
        found |= {"fields": list(part.fields), "past": part.past}
    if part.media_id is not None:
        found["media_id"] = part.media_id
    return found


def described(bulletin: Bulletin, locales: Sequence[str], locale: str) -> list[str]:
    """A line for an officer about each part, in order."""
    found = []
    for each in of(bulletin):
        said, fields = each.text(locales, locale)[0].replace("\n", " "), ", ".join(each.fields)
        found.append(texts.say(f"bulletins.part.{each.kind}", locale, text=said, feed=each.feed, fields=fields))
    return found


def _part(kept: Mapping[str, Any]) -> Part:
    return Part(
        kind=PartKind(kept["kind"]),
        texts=kept.get("texts", {}),
        feed=kept.get("feed", ""),
        fields=tuple(kept.get("fields", ())),
        past=kept.get("past", 2),
        media_id=kept.get("media_id"),
    )


def _checked(session: Session, agency: Agency, known: Mapping[str, Spec], said: object, what: str) -> Part:
    if not isinstance(said, Mapping) or said.get("kind") not in list(PartKind):
        raise BadParts(f"{what} needs a kind: {', '.join(PartKind)}")
    if odd := [str(key) for key in said if key not in KNOWN]:
        raise BadParts(f"{what} has {', '.join(odd)}, which nobody knows; known are {', '.join(sorted(KNOWN))}")
    match PartKind(said["kind"]):
        case PartKind.TEXT:
            return Part(PartKind.TEXT, _texts(agency, said, what))
        case PartKind.SINCE_LAST:
            return SINCE_LAST
        case PartKind.FEED:
            spec, key = _feed(known, said, what)
            return Part(PartKind.FEED, _with_blanks(_texts(agency, said, what), spec, what), key)
        case PartKind.CHART:
            return _chart(known, said, what)
        case PartKind.PICTURE:
            return _picture(session, agency, said, what)


def _chart(known: Mapping[str, Spec], said: Mapping[str, Any], what: str) -> Part:
    spec, key = _feed(known, said, what)
    fields, past = said.get("fields"), said.get("past", 7)
    is_list = isinstance(fields, list | tuple) and 1 <= len(fields) <= FIELDS_AT_MOST
    numbers = [name for name, each in spec.fields.items() if each.type in NUMBERS]
    if not is_list or any(name not in numbers for name in fields or ()) or len(set(fields or ())) < len(fields or ()):
        raise BadParts(f"{what} needs fields, 1 to {FIELDS_AT_MOST} of {', '.join(numbers) or 'the numbers of a feed'}")
    if len({(spec.fields[name].unit, spec.fields[name].type) for name in fields or ()}) > 1:
        raise BadParts(f"{what} shows fields of different units: they have no axis in common")
    if not isinstance(past, int) or isinstance(past, bool) or not 2 <= past <= PAST_AT_MOST:
        raise BadParts(f"past of {what} must be a whole number from 2 to {PAST_AT_MOST}")
    return Part(PartKind.CHART, feed=key, fields=tuple(fields or ()), past=past)


def _picture(session: Session, agency: Agency, said: Mapping[str, Any], what: str) -> Part:
    media_id = said.get("media_id")
    item = session.get(MediaItem, media_id) if isinstance(media_id, int) else None
    if item is None or item.agency_id != agency.id or item.kind is not MediaKind.PHOTO:
        raise BadParts(f"{what} needs a picture of this agency")
    return Part(PartKind.PICTURE, _texts(agency, said, what), media_id=item.id)


def _feed(known: Mapping[str, Spec], said: Mapping[str, Any], what: str) -> tuple[Spec, str]:
    key = said.get("feed")
    if not isinstance(key, str) or key not in known:
        raise BadParts(f"{what} needs a feed of the agency: {', '.join(known) or 'it has none yet'}")
    return known[key], key


def _texts(agency: Agency, said: Mapping[str, Any], what: str) -> dict[str, str]:
    given = said.get("texts")
    if not isinstance(given, Mapping) or not all(isinstance(each, str) for each in given.values()):
        raise BadParts(f"{what} needs texts, one for each language")
    unknown = [str(locale) for locale in given if locale not in agency.locales]
    if unknown:
        raise BadParts(f"{', '.join(unknown)} in {what} is not enabled in {agency.slug}")
    tidied = {str(locale): characters.tidied(text) for locale, text in given.items()}
    if not tidied.get(agency.locales[0]):
        raise BadParts(f"{what} needs a text in {agency.locales[0]}: the other languages fall back to it")
    for locale, text in tidied.items():
        if len(text) > TEXT_LENGTH or not characters.is_readable(text):
            raise BadParts(f"the text of {what} in {locale} may have {TEXT_LENGTH} readable characters")
    return {locale: text for locale, text in tidied.items() if text}


def blanks_of(spec: Spec) -> set[str]:
    """What the words of a part may name of this feed."""
    return {*spec.fields, *({"origin"} if spec.origin else ())}


def has_loose_bracket(text: str) -> bool:
    """Whether a curly bracket stands in it that is of no blank."""
    return any(sign in showing.filled(text, dict.fromkeys(showing.blanks(text), "")) for sign in "{}")


def _with_blanks(said: dict[str, str], spec: Spec, what: str) -> dict[str, str]:
    """The texts, if they name fields of this feed, and every language the same ones."""
    allowed = blanks_of(spec)
    named = {locale: showing.blanks(text) for locale, text in said.items()}
    for locale, blanks in named.items():
        if odd := sorted(blanks - allowed):
            raise BadParts(f"{what} names {', '.join(odd)} in {locale}; the feed has {', '.join(sorted(allowed))}")
        if has_loose_bracket(said[locale]):
            raise BadParts(f"{what} has a curly bracket in {locale} that is of no blank: {{level}} is one")
        if blanks != next(iter(named.values())) or not blanks:
            raise BadParts(f"{what} must have the same blanks in every language, and one at least")
    return said
