"""Quiet hours: some to tap, any others to type."""

from bot import hours, wordbook
from bot.dialogs.settings_card import NAME, back, clock, show
from bot.keywords import Intent, normalise
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from delivery import quiet, retries
from subscribers import wishes
from subscribers.wishes import QuietHours

READY = (QuietHours(22 * 60, 7 * 60), QuietHours(21 * 60, 8 * 60), QuietHours(23 * 60, 6 * 60))


def begin(talk: Talk, key: str = "settings.quiet_ask") -> list[Reply]:
    """Ask from when to when."""
    talk.open(NAME, part="quiet")
    now = wishes.quiet_hours(talk.subscriber)
    ready = [Choice(f"{NAME}:quiet:{each.start}:{each.end}", _label(each), each == now) for each in READY]
    none = talk.button(f"{NAME}:quiet:none", "settings.no_quiet.button", is_selected=now is None)
    values = clock(talk, READY[0])
    return [Reply(key, values, [*ready, none, back(talk)], edits=True, is_numbered=True)]


def choose(talk: Talk, start: int | None, end: int | None) -> list[Reply]:
    """Keep quiet hours; an empty list where no day has such."""
    if start is None or end is None:
        return []
    before = wishes.quiet_hours(talk.subscriber)
    try:
        wishes.set_quiet_hours(talk.subscriber, QuietHours(start, end))
    except wishes.BadWish:
        return []
    _release(talk, before)
    return show(talk, "settings.saved")


def clear(talk: Talk) -> list[Reply]:
    """Write at any hour."""
    before = wishes.quiet_hours(talk.subscriber)
    wishes.clear_quiet_hours(talk.subscriber)
    _release(talk, before)
    return show(talk, "settings.saved")


def typed(talk: Talk, text: str) -> list[Reply]:
    """Keep the hours that stand in a text, or none where it says so; where its numbers are no hours, ask again."""
    if normalise(text) in wordbook.present().none:
        return clear(talk)
    found = hours.quiet_hours(text)
    if found is not None:
        return choose(talk, *found)
    return begin(talk, "settings.quiet_again" if any(each.isdecimal() for each in text) else "settings.quiet_ask")


def hear(talk: Talk, intent: Intent | None, text: str) -> list[Reply]:
    """Hours, or a no; an empty list for anything else."""
    if intent is Intent.NO or normalise(text) in wordbook.present().none:
        return clear(talk)
    if hours.quiet_hours(text) is None and not any(each.isdecimal() for each in text):
        return []
    return typed(talk, text)


def _release(talk: Talk, before: QuietHours | None) -> None:
    """Have what waits for the end of the hours they had until now looked at again: it comes, unless it may not yet."""
    person = talk.subscriber
    if before is None or before == wishes.quiet_hours(person):
        return
    until = quiet.end(talk.now, talk.agency.time_zone, before.end)
    retries.release(talk.session, agency_id=talk.agency.id, subscriber_id=person.id, until=until, now=talk.now)
    if person.announce_return_at == until:
        person.announce_return_at = talk.now


def _label(each: QuietHours) -> str:
    return " – ".join("{:02}:{:02}".format(*divmod(minute, 60)) for minute in (each.start, each.end))
