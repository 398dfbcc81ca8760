"""The card of /settings: everything somebody wishes in plain words, and a button to each part of it."""

from bot import pickers
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from locales import texts
from subscribers import areas, topics, wishes
from subscribers.models import Area
from subscribers.wishes import QuietHours

NAME = "settings"
LISTED = 12  # topics named on the card; a list picker's text has room for about a thousand characters


def show(talk: Talk, key: str = "settings.card") -> list[Reply]:
    """The card as it stands, in place of the tapped message where possible; `key` says what was done just now."""
    talk.open(NAME, part="card")
    values = {"agency": talk.agency.name_in(talk.locale), "wishes": "\n".join(_lines(talk))}
    return [Reply(key, values, _choices(talk), columns=2, edits=True, is_numbered=True)]


def back(talk: Talk) -> Choice:
    """The way back to the card from any part of it."""
    return talk.button(f"{NAME}:begin", "topics.back.button")


def clock(talk: Talk, hours: QuietHours) -> dict[str, object]:
    """Quiet hours as values for a text."""
    return {"start": texts.clock(hours.start, talk.locale), "end": texts.clock(hours.end, talk.locale)}


def chosen_areas(talk: Talk) -> list[Area]:
    """Their areas in the agency's order; none means all."""
    chosen = areas.chosen(talk.session, talk.subscriber)
    return [area for area in areas.list_for(talk.session, talk.agency.id) if area.id in chosen]


def _lines(talk: Talk) -> list[str]:
    paused = [_paused(talk)] if wishes.is_paused(talk.subscriber, now=talk.now) else []
    language = talk.say("settings.language", language=texts.native_name(talk.locale))
    media = talk.say("settings.media_on" if talk.subscriber.wants_media else "settings.media_off")
    return [*paused, _topics(talk), language, _quiet(talk), *_areas(talk), media]


def _paused(talk: Talk) -> str:
    until = talk.subscriber.paused_until
    assert until is not None, "asked only of who is paused"
    return talk.say("settings.paused_until", until=texts.instant(until, talk.agency.time_zone, talk.locale))


def _topics(talk: Talk) -> str:
    held = pickers.held_topics(talk)
    if not topics.list_for(talk.session, talk.agency.id):
        return talk.say("settings.topics", topics=f"• {talk.say('topics.general')}")
    if not held:
        return talk.say("topics.none_held", agency=talk.agency.name_in(talk.locale))
    lines = pickers.lines_held(talk, held[:LISTED])
    more = len(held) - LISTED
    rest = [texts.say_many("settings.more_topics", more, talk.locale)] if more > 0 else []
    return talk.say("settings.topics", topics="\n".join([*lines, *rest]))


def _quiet(talk: Talk) -> str:
    hours = wishes.quiet_hours(talk.subscriber)
    return talk.say("settings.no_quiet") if hours is None else talk.say("settings.quiet", **clock(talk, hours))


def _areas(talk: Talk) -> list[str]:
    if not areas.list_for(talk.session, talk.agency.id):
        return []
    names = [area.name_in(talk.locale) for area in chosen_areas(talk)]
    shown = ", ".join(names[:LISTED]) + (" …" if len(names) > LISTED else "")
    return [talk.say("settings.areas", areas=shown or talk.say("settings.everywhere"))]


def _choices(talk: Talk) -> list[Choice]:
    has_topics = bool(topics.list_for(talk.session, talk.agency.id))
    is_paused = wishes.is_paused(talk.subscriber, now=talk.now)
    wants_media = talk.subscriber.wants_media
    media, pause = f"{NAME}:media:{'off' if wants_media else 'on'}", "resume" if is_paused else "pause"
    parts = [
        talk.button("topics:begin", "topics.list.button") if has_topics else None,
        talk.button(f"{NAME}:often", "topics.often.button") if pickers.held_topics(talk) else None,
        talk.button("language:begin", "menu.language.button"),
        talk.button(f"{NAME}:quiet", "settings.quiet.button"),
        talk.button(f"{NAME}:areas", "settings.areas.button") if areas.list_for(talk.session, talk.agency.id) else None,
        talk.button(media, "settings.media.button", is_selected=wants_media),
        talk.button(f"{NAME}:{pause}", "settings.resume.button" if is_paused else "settings.pause.button"),
    ]
    return [part for part in parts if part is not None]
