"""What officers read of an occurrence that is held: why, what each value was and is, and what they may do about it."""

from collections.abc import Iterator, Mapping

from sqlalchemy.orm import Session

from broadcast import evidence, parts
from broadcast.evidence import Judged
from broadcast.models import Bulletin, Occurrence
from broadcast.states import Note
from channels.contract import Choice
from delivery.drafts import Draft
from feeds import defining, showing
from feeds.gate import Finding
from feeds.reading import Reading
from feeds.specs import NUMBERS, Spec
from locales import texts
from staff.models import Officer

DIALOG = "bulletins"  # of the bot: whose buttons these are
VALUES_SHOWN = 8  # of each feed
NOTHING = "–"


def card(session: Session, occurrence: Occurrence, locale: str) -> Draft:
    """Why it is held, what each value was and is, and what may be done about it; once settled, what became of it."""
    bulletin = session.get_one(Bulletin, occurrence.bulletin_id)
    specs = defining.specs_of(session, bulletin.agency_id)
    judged = evidence.unpack(occurrence, specs)
    title = "held.title" if occurrence.note is Note.HELD else "held.title.settled"
    lines = [texts.say(title, locale, bulletin=bulletin.key, due=hour(bulletin, occurrence, locale))]
    lines += reasons(session, bulletin, judged, specs, locale, before=occurrence)
    if occurrence.note is not Note.HELD or occurrence.held_until is None:
        return Draft("\n".join([*lines, "", _outcome(session, occurrence, locale)]))
    until = texts.instant(occurrence.held_until, bulletin.time_zone, locale)
    lines += ["", texts.say("held.until", locale, until=until)]
    can = ["send"] if all(each.is_whole for each in judged.values()) else []
    can += ["without"] if _says_more(bulletin) else []
    return Draft("\n".join(lines), tuple(_button(occurrence, action, locale) for action in [*can, "drop"]))


def reasons(
    session: Session,
    bulletin: Bulletin,
    judged: Mapping[str, Judged],
    specs: Mapping[str, Spec],
    locale: str,
    *,
    before: Occurrence | None = None,
) -> Iterator[str]:
    """Why each feed with findings is held, and what its values were, last or `before` this occurrence, and are."""
    for key, each in judged.items():
        if each.findings:
            spec = specs.get(key)
            last = evidence.last(session, bulletin, key, spec, before=before) if spec is not None else None
            yield ""
            yield from _reasons(key, spec, each, last, locale)


def _reasons(key: str, spec: Spec | None, judged: Judged, before: Reading | None, locale: str) -> Iterator[str]:
    for finding in judged.findings:
        yield _why(key, spec, judged, finding, locale)
    if spec is None or judged.reading is None:
        return
    if spec.origin:
        was, here = (_origin(each, spec, locale) for each in (before, judged.reading))
        yield texts.say("held.was_is", locale, field=texts.say("held.origin", locale), was=was, now=here)
    for name, field in list(spec.fields.items())[:VALUES_SHOWN]:
        was, here = (
            showing.shown(field, each.values[name], locale, spec.zone) if each and name in each.values else NOTHING
            for each in (before, judged.reading)
        )
        yield texts.say("held.was_is", locale, field=field.label(locale), was=was, now=here)


def _why(key: str, spec: Spec | None, judged: Judged, finding: Finding, locale: str) -> str:
    field = spec.fields.get(finding.field) if spec else None
    limit = finding.limit
    if field is not None and spec is not None and limit and field.type in NUMBERS:
        limit = showing.shown(field, showing.as_number(limit), locale, spec.zone)
    return "⚠️ " + texts.say(
        f"feed.why.{finding.why}",
        locale,
        feed=key,
        field=field.label(locale) if field else finding.field,
        limit=limit,
        origin=_origin(judged.reading, spec, locale) if spec else NOTHING,
    )


def _origin(reading: Reading | None, spec: Spec, locale: str) -> str:
    return texts.instant(reading.origin_at, spec.zone, locale) if reading and reading.origin_at else NOTHING


def _outcome(session: Session, occurrence: Occurrence, locale: str) -> str:
    officer = session.get(Officer, occurrence.settled_by_id) if occurrence.settled_by_id else None
    is_without = occurrence.note is Note.SENT and occurrence.readings.keys() != occurrence.evidence.keys()
    key = "held.settled.without" if is_without else f"held.settled.{occurrence.note}"
    if occurrence.note is Note.LET_GO and officer is None:
        key = "held.settled.stopped"
    return texts.say(key, locale, name=officer.name if officer else NOTHING)


def has_words(bulletin: Bulletin) -> bool:
    """Whether it says fixed words below its introduction."""
    return any(each.kind is parts.PartKind.TEXT for each in parts.of(bulletin))


def _says_more(bulletin: Bulletin) -> bool:
    """Whether something may be left to say without the data."""
    return has_words(bulletin) or parts.has_news(bulletin) or len(parts.feeds_of(bulletin)) > 1


def hour(bulletin: Bulletin, occurrence: Occurrence, locale: str) -> str:
    """When it was due, for people of this language."""
    return texts.instant(occurrence.due_at, bulletin.time_zone, locale)


def _button(occurrence: Occurrence, action: str, locale: str) -> Choice:
    return Choice(f"{DIALOG}:held:{action}:{occurrence.id}", texts.say(f"held.{action}.button", locale))
